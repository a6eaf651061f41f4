/** The program: hands the command line and the world to `lib/cli/run.ts`, and exits with its code. */

import process from "node:process";
import { run } from "./lib/cli/run.ts";
import { openStderr, openStdout } from "./lib/io/line_writer.ts";
import { onHangup, stopSignal } from "./lib/io/signals.ts";
import { readStdin, readTextFile } from "./lib/io/text_file.ts";
import { systemWorld } from "./lib/io/world.ts";

const stdout = openStdout();
const stderr = openStderr();
const code = await run(process.argv.slice(2), {
  world: systemWorld,
  print: (line) => stdout.writeLine(line),
  printed: () => stdout.flush(),
  complain: (line) => stderr.writeLine(line),
  stop: stopSignal(),
  onHangup,
  env: process.env,
  readTextFile,
  readStdin,
});
await Promise.all([stdout.flush(), stderr.flush()]);
process.exit(code);
