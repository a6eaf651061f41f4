import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeIp, LINK_RAW, tcpPacket, type TcpToEncode } from "../../tests/support/packets.ts";
import { concatBytes, fromHex } from "../bytes/bytes.ts";
import { MESSAGE_VECTORS } from "../reolink/baichuan/message_vectors.ts";
import { CaptureDissector, type FrameReport } from "./capture_dissector.ts";

const CLIENT = { address: "192.0.2.1", port: 40_000 };
const CAMERA = { address: "192.0.2.2", port: 9000 };

const [FIRST] = MESSAGE_VECTORS.filter(({ mode }) => mode === "none");
const MESSAGE = fromHex(FIRST?.hex ?? "");
const SYN = 2;

/** Reads segments of the camera's direction unless they say otherwise. */
function reader(): (segment: Partial<TcpToEncode> & { seq: number }) => FrameReport {
  const dissector = new CaptureDissector();
  return (segment) => {
    const bytes = encodeIp(tcpPacket({ from: CAMERA, to: CLIENT, ...segment }));
    const about = { number: 1, time: 0, linkType: LINK_RAW, fileOffset: 0 };
    return dissector.read({ ...about, bytes, wireLength: bytes.byteLength });
  };
}

const back = { from: CLIENT, to: CAMERA };

test("TcpDirection puts messages together, whatever order segments come in", () => {
  const read = reader();
  const start = 0xfffffff0;
  read({ seq: start, flags: SYN });
  const [a, b, c] = [MESSAGE.subarray(0, 30), MESSAGE.subarray(30, 60), MESSAGE.subarray(60)];
  assert.equal(read({ seq: start + 1, payload: a }).protocol, "baichuan");
  const behind = read({ seq: start + 61, payload: c });
  assert.deepEqual([behind.notes, behind.fields["bc.id"]], [["gap of 30 bytes"], undefined]);
  // What came before is sent again, together with what was missing.
  const filled = read({ seq: start + 11, payload: concatBytes([a.subarray(10), b]) });
  assert.deepEqual(filled.notes, ["retransmission of 50 bytes"]);
  assert.deepEqual(filled.fields["bc.id"], [1]);
  assert.equal(filled.fields["tcp.seq"], 11);
  assert.equal(read({ seq: start + 61, payload: c }).fields["bc.id"], undefined);
});

test("TcpDirection knows a stream whose first bytes come one by one", () => {
  const read = reader();
  read({ seq: 0, flags: SYN });
  const reports = Array.from(
    MESSAGE,
    (byte, i) => read({ seq: i + 1, payload: Uint8Array.of(byte) }),
  );
  assert.deepEqual(reports.at(-1)?.fields["bc.id"], [1]);
  assert.deepEqual(reports.flatMap(({ errors }) => errors), []);
});

test("TcpDirection takes up a stream in its middle where a message begins", () => {
  const read = reader();
  assert.equal(read({ seq: 5, payload: MESSAGE.subarray(9) }).protocol, "tcp");
  const seq = 5 + MESSAGE.byteLength - 9;
  assert.deepEqual(read({ seq, payload: MESSAGE }).fields["bc.id"], [1]);
  // The other direction is of the same kind, though it does not show.
  assert.equal(read({ ...back, seq: 0, payload: fromHex("00") }).protocol, "baichuan");
});

test("TcpDirection gives up what the other end has and the capture has not", () => {
  const read = reader();
  read({ seq: 0, payload: MESSAGE });
  const size = MESSAGE.byteLength;
  const ahead = (i: number) => read({ seq: 1_000 + i * size, payload: MESSAGE });
  const first = Array.from({ length: 10 }, (_, i) => ahead(i));
  assert.deepEqual(first.flatMap(({ errors }) => errors), []);
  read({ ...back, seq: 0, ack: 1_000 + 10 * size });
  const last = ahead(10);
  assert.match(last.errors[0]?.rule ?? "", /^\d+ bytes are missing from the capture$/);
  assert.equal((last.fields["bc.id"] as number[]).length, 11);
});

test("TcpDirection goes on behind what a capture cut off", () => {
  const dissector = new CaptureDissector();
  const read = (seq: number, payload: Uint8Array, cut: number) => {
    const bytes = encodeIp(tcpPacket({ from: CAMERA, to: CLIENT, seq, payload }));
    const about = { number: 1, time: 0, linkType: LINK_RAW, fileOffset: 0 };
    const kept = bytes.subarray(0, bytes.byteLength - cut);
    return dissector.read({ ...about, bytes: kept, wireLength: bytes.byteLength });
  };
  const first = read(1, MESSAGE, 10);
  assert.deepEqual(first.notes, ["10 bytes not captured"]);
  assert.match(first.errors[0]?.rule ?? "", /^10 bytes are missing/);
  assert.deepEqual(read(1 + MESSAGE.byteLength, MESSAGE, 0).fields["bc.id"], [1]);
});

test("TcpDirection does not wait for a hole of more than a megabyte", () => {
  const read = reader();
  read({ seq: 0, payload: MESSAGE });
  const piece = new Uint8Array(60_000);
  const reports = Array.from({ length: 20 }, (_, i) => {
    return read({ seq: 1_000 + i * piece.byteLength, payload: piece });
  });
  assert.equal(reports.flatMap(({ errors }) => errors).length, 1);
});

test("TcpDirection begins anew with a new connection on the same ports", () => {
  const read = reader();
  read({ seq: 0, flags: SYN });
  read({ seq: 1, payload: MESSAGE.subarray(0, 30) });
  read({ seq: 9_000, flags: SYN });
  const report = read({ seq: 9_001, payload: MESSAGE });
  assert.deepEqual([report.fields["bc.id"], report.notes], [[1], []]);
});

test("TcpDirection tells zero windows, resets and keep-alives", () => {
  const read = reader();
  read({ seq: 100, payload: fromHex("0000") });
  assert.deepEqual(read({ seq: 101, payload: fromHex("00") }).notes, ["keep-alive"]);
  assert.deepEqual(read({ seq: 102, window: 0 }).notes, ["zero window"]);
  assert.deepEqual(read({ seq: 102, flags: 4, window: 0 }).notes, ["reset"]);
});

test("TcpDirection reads RTSP and the media between its messages", () => {
  const read = reader();
  const ask = "SETUP rtsp://192.0.2.2/ RTSP/1.0\r\nCSeq: 3\r\n\r\n";
  const request = read({ ...back, seq: 1, ack: 1, payload: new TextEncoder().encode(ask) });
  assert.deepEqual([request.protocol, request.fields["rtsp.method"]], ["rtsp", ["SETUP"]]);
  const answer = new TextEncoder().encode("RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: 7\r\n\r\n");
  const media = fromHex("24 00 0002 8060 24 00 0003 806001 24 02 0001 80");
  const report = read({ seq: 1, payload: concatBytes([answer, media]) });
  assert.deepEqual([report.fields["rtsp.status"], report.fields["rtsp.session"]], [[200], ["7"]]);
  assert.match(
    report.summary,
    /RTSP 200 OK CSeq 3, 2 packets on channel 0 \(5 bytes\), 1 packet on channel 2 \(1 bytes\)$/,
  );
  assert.equal(read({ seq: 500, payload: fromHex("00") }).errors.length, 0);
});

test("TcpDirection says where RTSP cannot be read, and goes on at the next message", () => {
  const read = reader();
  const good = new TextEncoder().encode("RTSP/1.0 200 OK\r\nCSeq: 3\r\n\r\n");
  read({ seq: 1, payload: good });
  const bad = read({ seq: 1 + good.byteLength, payload: new TextEncoder().encode("no\r\n\r\n") });
  assert.equal(bad.errors[0]?.offset, 0);
  const again = read({ seq: 7 + good.byteLength, payload: good });
  assert.deepEqual([again.fields["rtsp.status"], again.errors], [[200], []]);
});
