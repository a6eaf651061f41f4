/**
 * Runs one bench in this runtime and prints its measurements as JSON, one to a line:
 *
 *     deno run -A scripts/bench/run_one.ts loopback
 */
import process from "node:process";
import type { Bench } from "./bench.ts";

const [name] = process.argv.slice(2);
if (name === undefined || !/^\w+$/.test(name)) {
  console.error(`Cannot run bench as its name is needed: ${name}`);
  process.exit(2);
}
const { bench }: { bench: Bench } = await import(`./${name}_bench.ts`);
for (const measurement of await bench()) console.log(JSON.stringify(measurement));
process.exit(0);
