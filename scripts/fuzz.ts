/**
 * Hostile inputs into every decoder and machine, with the heap measured:
 *
 *     deno task fuzz [--count 1000000] [--seed 1] [--only PTCP]
 *     bun scripts/fuzz.ts --count 1000000
 *
 * Ends at the first input that brings out a bug, printing it in hex, or when a heap has grown.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { attack } from "../tests/hostile/attack.ts";
import { CONVERSATIONS } from "../tests/hostile/conversations.ts";
import { DECODERS } from "../tests/hostile/decoders.ts";
import { MACHINES } from "../tests/hostile/machines.ts";

/** What a runtime's own caches may come to. */
const MAX_HEAP_GROWTH = 8 << 20;

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    only: { type: "string", default: "" },
  },
});
const count = Number(values.count);
const seed = Number(values.seed);
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(seed)) {
  console.error("Cannot fuzz as --count and --seed must be whole numbers");
  process.exit(2);
}

console.log(`${"target".padEnd(28)}    inputs   refused        s   heap growth`);
for (const target of [...DECODERS, ...MACHINES, ...CONVERSATIONS]) {
  if (!target.name.includes(values.only)) continue;
  const started = performance.now();
  const { refused, heapGrowth } = attack(target, { count, seed });
  const seconds = (performance.now() - started) / 1000;
  const growth = heapGrowth === undefined ? "unknown" : `${(heapGrowth / 1024).toFixed(0)} KiB`;
  const columns = [
    target.name.padEnd(28),
    String(count).padStart(9),
    String(refused).padStart(9),
    seconds.toFixed(1).padStart(8),
    growth.padStart(13),
  ];
  console.log(columns.join(" "));
  if ((heapGrowth ?? 0) > MAX_HEAP_GROWTH) {
    console.error(`Memory is not flat: ${target.name}`);
    process.exit(1);
  }
}
