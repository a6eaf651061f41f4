import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeConnectBody } from "../../lib/dahua/ptcp/connect_body.ts";
import { encodeMessage } from "../../lib/dahua/ptcp/message.ts";
import { encodeSegment, SegmentFlag } from "../../lib/dahua/ptcp/segment.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { DahuaWorld } from "../support/dahua_world.ts";

const segment = { ack: 4, window: 65535, tsval: 60_000, tsecr: 0 };

/** What parties of a simulation understand, to be made worse. */
const SEEDS: readonly Uint8Array[] = [
  new TextEncoder().encode('{"key":"x","type":"register","serial":"SIMULATED000001"}'),
  new TextEncoder().encode("DHGET /relay/agent HTTP/1.1\r\nCSeq: 1\r\n\r\n"),
  new TextEncoder().encode(
    "DHPOST /device/SIMULATED000001/p2p-channel HTTP/1.1\r\nCSeq: 1\r\n\r\n<body/>",
  ),
  encodeSegment({ ...segment, seq: 0, flags: SegmentFlag.control, body: encodeConnectBody(0) }),
  encodeSegment({ ...segment, seq: 4, flags: 0, body: encodeMessage({ type: "requestSign" }) }),
  new Uint8Array(44).fill(0xff),
];

function mutate(rng: Rng): Uint8Array {
  const seed = SEEDS[rng.u32() % SEEDS.length] ?? new Uint8Array(0);
  const bytes = seed.slice(0, rng.unit() < 0.2 ? rng.u32() % (seed.byteLength + 1) : undefined);
  for (let i = rng.u32() % 4; i > 0 && bytes.byteLength > 0; i--) {
    bytes[rng.u32() % bytes.byteLength] = rng.u32() & 0xff;
  }
  return rng.unit() < 0.1 ? rng.entropy(rng.u32() % 64) : bytes;
}

test("the cloud and its devices survive 20,000 mutated datagrams on every socket", () => {
  const dahua = new DahuaWorld();
  const rng = new Rng(11);
  const targets = [...dahua.cloud.sockets.values(), ...dahua.device.sockets.values()];
  for (let i = 0; i < 20_000; i++) {
    const target = targets[rng.u32() % targets.length];
    if (target === undefined) throw new Error("there are targets");
    dahua.exchange(rng.unit() < 0.5 ? "D" : "R", target, mutate(rng), 1);
    dahua.probe.received.length = 0;
  }
  dahua.world.runFor(60_000);
  assert.equal(dahua.request("/probe/p2psrv")[0]?.code, 200);
});
