/** What the flight recorder and a capture cost: the same datagrams with and without, in one run. */
import { encodeSegment } from "../../lib/dahua/ptcp/segment.ts";
import { processStats } from "../../lib/io/process_stats.ts";
import type { World } from "../../lib/io/types.ts";
import { systemWorld } from "../../lib/io/world.ts";
import { Capture } from "../../lib/recorder/capture.ts";
import { FlightRecorder } from "../../lib/recorder/flight_recorder.ts";
import { withTap } from "../../lib/recorder/tap.ts";
import { type Bench, measure } from "./bench.ts";

const LOOPBACK = { address: "127.0.0.1", port: 0 };
const BYTES = 128 << 20;
const BODY = 1_292;

/** Datagrams under way at once: what a window of 65535 bytes holds. */
const IN_FLIGHT = 48;

const SUBJECT = {
  vendor: "dahua",
  address: "dahua://BENCH",
  hasAccount: false,
  userLength: 0,
} as const;

export const bench: Bench = async () => {
  const recorder = new FlightRecorder(SUBJECT, systemWorld);
  let written = 0;
  const capture = new Capture({
    sink: { append: ({ byteLength }) => (written += byteLength) > 0, rotate: () => {} },
    wallClock: systemWorld.clock.wallClock,
    maxBytes: Infinity,
    secrets: false,
  });
  // The first run of anything warms up the runtime.
  await receive(systemWorld);
  const results = [];
  for (
    const [name, world] of [
      ["no recorder", systemWorld],
      ["flight recorder", recorder.world],
      ["capture, masked", withTap(systemWorld, capture.tap)],
    ] as const
  ) {
    const result = await measure(name, () => receive(world));
    results.push({ ...result, note: memory(name === "flight recorder" ? recorder.byteLength : 0) });
  }
  return results;
};

function memory(held: number): string {
  const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  return `holds ${mebibytes(held)} MiB, process ${mebibytes(processStats().residentBytes)} MiB`;
}

/** A device's segments into a socket of that world, every second one acknowledged. */
async function receive(world: World): Promise<number> {
  const [device, client] = await Promise.all([
    systemWorld.openUdp(LOOPBACK),
    world.openUdp(LOOPBACK),
  ]);
  const done = Promise.withResolvers<void>();
  const fields = { flags: 0, window: 65_535, tsval: 0, tsecr: 0 };
  const body = new Uint8Array(BODY);
  const none = new Uint8Array(0);
  // A data message fills each segment.
  body.set([0x10, 0, 5, 0]);
  let sent = 0;
  let received = 0;
  const fill = () => {
    for (; sent - received < IN_FLIGHT * BODY && sent < BYTES; sent += BODY) {
      device.send(client.local, encodeSegment({ ...fields, seq: 4 + sent, ack: 4, body }));
    }
  };
  client.receive(() => {
    received += BODY;
    if (received % (2 * BODY) === 0) {
      client.send(
        device.local,
        encodeSegment({ ...fields, seq: 4, ack: 4 + received, body: none }),
      );
    }
    if (received >= BYTES) done.resolve();
    else fill();
  });
  fill();
  await done.promise;
  device.close();
  client.close();
  return received;
}
