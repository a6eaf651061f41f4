import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { TcpCapture } from "./tcp_capture.ts";
import type { TcpEvent } from "./tcp_tap.ts";

const LOCAL = { address: "192.0.2.1", port: 40_000 };
const REMOTE = { address: "192.0.2.2", port: 9_000 };

/** Of each packet: who sends, flags, seq, ack and length of what it carries. */
function packets(secrets: boolean, ...events: readonly TcpEvent[]): string[] {
  const capture = new TcpCapture(secrets);
  return events.flatMap((event) => [...capture.packetsOf(event)]).map(({ direction, bytes }) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const from = view.getUint16(20) === LOCAL.port ? "out" : "in";
    assert.equal(direction, from);
    const [seq, ack, flags] = [view.getUint32(24), view.getUint32(28), view.getUint8(33)];
    return `${direction} ${flags.toString(16)} ${seq} ${ack} ${bytes.byteLength - 40}`;
  });
}

const DIALED: TcpEvent = { type: "dialed", local: LOCAL, remote: REMOTE };

const data = (direction: "in" | "out", length: number): TcpEvent => {
  return { type: "data", direction, bytes: new Uint8Array(length).fill(1) };
};

test("TcpCapture numbers segments as both ends of the stream would have", () => {
  const all = packets(
    true,
    DIALED,
    data("out", 20),
    data("in", 3_000),
    { type: "end", direction: "in" },
    { type: "broken", detail: "" },
  );
  assert.deepEqual(all, [
    ...["out 2 0 0 0", "in 12 0 1 0", "out 10 1 1 0"],
    ...["out 18 1 1 20", "in 10 1 21 0"],
    ...["in 18 1 21 1448", "in 18 1449 21 1448", "in 18 2897 21 104", "out 10 21 3001 0"],
    ...["in 11 3001 21 0", "out 14 21 3002 0"],
  ]);
});

test("TcpCapture shows a connection that could not be had as one that was asked for", () => {
  const [syn, ...rest] = new TcpCapture(true).packetsOf({
    type: "undialed",
    remote: REMOTE,
    detail: "nothing listens there",
  });
  assert.match(syn?.comment ?? "", /no connection: nothing listens there/);
  assert.equal(rest.length, 0);
});

test("TcpCapture hides what is no Baichuan at all", () => {
  const capture = new TcpCapture(false);
  const bytes = new TextEncoder().encode("GET /?password=hunter2 HTTP/1.1\r\n\r\n");
  const shown = [...capture.packetsOf({ type: "data", direction: "out", bytes })]
    .map((packet) => toHex(packet.bytes)).join();
  assert.doesNotMatch(shown, /68756e746572/);
});

test("encodeTcpPacket() has the check sums a receiver computes", () => {
  const endpoint = { address: "127.0.0.1", port: 1 };
  const capture = new TcpCapture(true);
  const remote = { ...endpoint, port: 2 };
  const [syn] = capture.packetsOf({ type: "dialed", local: endpoint, remote });
  //        ver len  id   frag ttl/tcp sum  source   target   ports    seq      ack
  assert.deepEqual(
    syn?.bytes,
    fromHex(
      "4500 0028 0000 0000 4006 7cce 7f000001 7f000001 0001 0002 00000000 00000000" +
        // offset, flags, window, check sum, urgent
        "5002 ffff b1dd 0000",
    ),
  );
});
