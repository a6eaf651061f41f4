import process from "node:process";

/** Columns of the terminal that standard output is, or `undefined` where it is none. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}
