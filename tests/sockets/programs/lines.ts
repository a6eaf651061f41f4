/** Writes lines for as long as anyone reads them. */
import { openStderr, openStdout } from "../../../lib/io/line_writer.ts";

const stdout = openStdout();
while (!stdout.closed) {
  stdout.writeLine("a line");
  await stdout.flush();
}
openStderr().writeLine("nobody reads");
