/**
 * Four hours of a camera's stream over the relay in virtual time, past the 2³² bytes at which the
 * sequence numbers begin anew, on links that lose datagrams and heartbeats:
 *
 *     deno task soak [--bytes 4400000000] [--hours 4] [--seed 1]
 *
 * Every byte is compared. Ends with 1 when one is wrong, or when the picture stood still for more
 * than two seconds.
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { parseArgs } from "node:util";
import { patternAt } from "../tests/support/pattern.ts";
import { TunnelWorld } from "../tests/support/tunnel_world.ts";

const FRAME_EVERY = 40;
const FRAMES_A_KEY = 50;

/** A key frame is so much larger than the others. */
const KEY_WEIGHT = 5;

/** The longest the picture may stand still, in milliseconds. */
const MAX_STALL = 2_000;

const HOUR = 3_600_000;

const { values } = parseArgs({
  options: {
    bytes: { type: "string", default: "4400000000" },
    hours: { type: "string", default: "4" },
    seed: { type: "string", default: "1" },
  },
});
const total = Number(values.bytes);
const hours = Number(values.hours);
const seed = Number(values.seed);
if (![total, hours, seed].every((number) => number > 0)) {
  console.error("Cannot soak as --bytes, --hours and --seed must be numbers above 0");
  process.exit(2);
}

const world = new TunnelWorld({
  seed,
  link: { delay: 20, jitter: 5, loss: 0.005 },
  camera: {
    nat: "full-cone",
    link: { delay: "10ms", loss: 0.005 },
    faults: { heartbeatLoss: 0.05 },
  },
  servers: { agent: { heartbeatLoss: 0.05 } },
  tunnel: { way: "relay" },
});

/** When the bytes up to an offset were there to be sent; oldest first. */
const produced: { readonly upTo: number; readonly at: number }[] = [];
let received = 0;
let wrong = 0;
let lastArrival = 0;
let longestGap = 0;
let longestLag = 0;
let lateBytes = 0;

world.onBytes = (_stream, bytes) => {
  const { now } = world.world;
  if (Buffer.compare(bytes, patternAt(received, bytes.byteLength)) !== 0) wrong += 1;
  while (produced[0] !== undefined && produced[0].upTo <= received) produced.shift();
  received += bytes.byteLength;
  longestGap = Math.max(longestGap, now - lastArrival);
  const lag = now - (produced[0]?.at ?? now);
  longestLag = Math.max(longestLag, lag);
  if (lag > MAX_STALL) lateBytes += bytes.byteLength;
  lastArrival = now;
};

if (world.open() === undefined) {
  console.error(`Cannot soak as the tunnel must open: ${world.find("closed")?.detail}`);
  process.exit(1);
}
world.openStream();
world.world.runUntil(() => world.find("streamOpen") !== undefined, 10_000);
const started = { virtual: world.world.now, real: performance.now() };
lastArrival = started.virtual;

const frames = Math.ceil(hours * HOUR / FRAME_EVERY);
const unit = total / (frames / FRAMES_A_KEY) / (FRAMES_A_KEY - 1 + KEY_WEIGHT);
let due = 0;
for (let frame = 0; frame < frames && world.tunnel.isOpen; frame++) {
  const size = Math.round(unit * (frame % FRAMES_A_KEY === 0 ? KEY_WEIGHT : 1));
  due += size;
  produced.push({ upTo: due, at: world.world.now });
  world.service.produce(size);
  world.world.runFor(FRAME_EVERY);
  // Nobody looks back, and there are millions.
  world.world.events.length = 0;
  if (frame % Math.ceil(frames / 16) === 0) console.log(line());
}
world.world.runFor(10_000);
console.log(line());

const { retransmissions, outOfOrder, srtt } = world.tunnel.stats ?? {};
const passed = received === due && wrong === 0 && longestGap <= MAX_STALL;
console.log([
  `${passed ? "passed" : "FAILED"}: ${received} of ${due} bytes, ${wrong} pieces wrong,`,
  `wrapped ${Math.floor(received / 2 ** 32)} times,`,
  `longest gap ${longestGap.toFixed(0)} ms, longest lag ${longestLag.toFixed(0)} ms,`,
  `${(100 * lateBytes / received).toFixed(2)} % later than ${MAX_STALL} ms,`,
  `${outOfOrder} segments out of order, ${retransmissions} of ours sent again,`,
  `round trip ${srtt?.toFixed(0)} ms`,
].join(" "));
process.exit(passed ? 0 : 1);

function line(): string {
  const { now } = world.world;
  const seconds = (performance.now() - started.real) / 1000;
  return [
    `${((now - started.virtual) / HOUR).toFixed(2)} h`,
    `${(received / 2 ** 20).toFixed(0)} MiB`,
    `${(received / 2 ** 20 / seconds).toFixed(1)} MiB/s of real time`,
    `longest gap ${longestGap.toFixed(0)} ms`,
    `lag ${longestLag.toFixed(0)} ms`,
  ].join("  ");
}
