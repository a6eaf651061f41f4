/** Says what it was given on standard input, up to twelve bytes. */
import { openStdout } from "../../../lib/io/line_writer.ts";
import { readStdin } from "../../../lib/io/text_file.ts";

try {
  openStdout().writeLine(`read ${JSON.stringify(await readStdin(12))}`);
} catch (error) {
  openStdout().writeLine(String(error));
}
