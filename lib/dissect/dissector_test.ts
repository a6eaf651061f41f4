import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex } from "../bytes/bytes.ts";
import { encodeMessage } from "../dahua/ptcp/message.ts";
import { encodeSegment } from "../dahua/ptcp/segment.ts";
import { SIGNALING_VECTORS } from "../dahua/signaling/signaling_vectors.ts";
import { MESSAGE_VECTORS } from "../reolink/baichuan/message_vectors.ts";
import { encodeBcUdp } from "../reolink/bcudp/datagram.ts";
import { DATAGRAM_VECTORS } from "../reolink/signaling/signaling_vectors.ts";
import { invert } from "../stun/message.ts";
import { STUN_VECTORS } from "../stun/stun_vectors.ts";
import type { Dissection } from "./dissection.ts";
import { Dissector, MAX_CONVERSATIONS } from "./dissector.ts";

const FROM = { address: "192.0.2.1", port: 1 };
const TO = { address: "192.0.2.2", port: 2 };

function reader(): (payload: Uint8Array, back?: boolean) => Dissection {
  const dissector = new Dissector();
  return (payload, back = false) => {
    const [from, to] = back ? [TO, FROM] : [FROM, TO];
    return dissector.dissect({ frame: 1, time: 0, from, to, payload });
  };
}

function segment(seq: number, body: Uint8Array, more = {}): Uint8Array {
  const fields = { ack: 0, flags: 0, window: 1, tsval: 0, tsecr: 0, ...more };
  return encodeSegment({ seq, body, ...fields });
}

test("Dissector reads everything both vendors say, without an error", () => {
  const read = reader();
  const payloads = [
    ...SIGNALING_VECTORS.map(({ text }) => new TextEncoder().encode(text)),
    ...DATAGRAM_VECTORS.map(({ hex }) => fromHex(hex)),
    ...STUN_VECTORS.map(({ hex }) => invert(fromHex(hex))),
  ];
  for (const payload of payloads) {
    const { errors, protocol } = read(payload);
    assert.deepEqual(errors, []);
    assert.ok(["dhhttp", "rls", "istun"].includes(protocol), protocol);
  }
});

test("Dissector puts PTCP's messages together and counts from the first segment seen", () => {
  const read = reader();
  const stream = concatBytes([
    encodeMessage({ type: "bind", realm: 7, port: 554, address: "127.0.0.1" }),
    encodeMessage({ type: "status", realm: 7, status: "CONN" }),
  ]);
  const start = 0xfffffff0;
  assert.deepEqual(read(segment(start, stream.subarray(0, 15))).fields["ptcp.msg.type"], undefined);
  const behind = read(segment(start + 25, stream.subarray(25)));
  assert.deepEqual(behind.notes, ["gap of 10 bytes"]);
  assert.deepEqual(behind.fields["ptcp.msg.type"], undefined);
  const filled = read(segment(start + 15, stream.subarray(15, 25), { window: 0 }));
  assert.deepEqual(filled.notes, ["retransmission of 10 bytes", "zero window"]);
  assert.deepEqual(filled.fields["ptcp.msg.type"], [0x11, 0x12]);
  assert.deepEqual(filled.fields["ptcp.msg.port"], [554]);
  assert.equal(filled.fields["ptcp.seq_relative"], 15);
  const back = read(segment(0, new Uint8Array(0), { ack: (start + 36) >>> 0 }), true);
  assert.equal(back.fields["ptcp.ack_relative"], 36);
});

test("Dissector reads the RTSP inside PTCP's realms, each on its own", () => {
  const read = reader();
  const text = (words: string) => new TextEncoder().encode(words);
  const data = (realm: number, bytes: Uint8Array) => encodeMessage({ type: "data", realm, bytes });
  const messages = [
    data(7, text("RTSP/1.0 200 OK\r\nCSeq: 3\r\n\r\n")),
    data(8, fromHex("24 00 0002 8060")),
    data(7, fromHex("24 00 0002 80")),
    data(7, fromHex("60")),
  ];
  const { summary, fields, errors } = read(segment(4, concatBytes(messages)));
  assert.match(
    summary,
    /realm 00000007 28 bytes, RTSP 200 OK CSeq 3, realm 00000008 6 bytes, realm 0+7 5 bytes/,
  );
  assert.match(summary, /realm 00000007 1 bytes, 1 packet on channel 0 \(2 bytes\)$/);
  assert.deepEqual([fields["rtsp.status"], errors], [[200], []]);
});

test("Dissector tells to what Dahua's servers answer", () => {
  const read = reader();
  const say = (words: string, back = false) => read(new TextEncoder().encode(words), back).summary;
  const answer = "HTTP/1.1 200 OK\r\nCSeq: 3\r\n\r\n";
  assert.equal(say(answer, true), "200 OK CSeq 3");
  say("DHGET /online/relay HTTP/1.1\r\nCSeq: 3\r\n\r\n");
  assert.equal(say(answer, true), "200 OK CSeq 3 to /online/relay");
});

test("Dissector goes on behind what a device has and the capture has not", () => {
  const read = reader();
  const heartbeat = encodeMessage({ type: "heartbeat" });
  const size = heartbeat.byteLength;
  read(segment(0, heartbeat));
  const ahead = (i: number) => read(segment(1_000 + i * size, heartbeat));
  for (let i = 0; i < 10; i++) assert.deepEqual(ahead(i).errors, []);
  read(segment(0, new Uint8Array(0), { ack: 1_000 + 10 * size }), true);
  const { errors, fields } = ahead(10);
  assert.deepEqual(errors, [{ offset: 0, rule: "988 bytes are missing from the capture" }]);
  assert.equal((fields["ptcp.msg.type"] as number[]).length, 11);
});

test("Dissector says where the stream of a connection cannot be read", () => {
  const read = reader();
  const { errors } = read(segment(0, new Uint8Array(12).fill(0xee)));
  assert.equal(errors[0]?.offset, 24);
  assert.match(errors[0]?.rule ?? "", /must begin here/);
  assert.deepEqual(read(fromHex("50544350 00")).errors, [{
    offset: 0,
    rule: "Cannot decode PTCP segment as its header needs 24 bytes: have 5",
  }]);
});

test("Dissector puts Baichuan's messages together, whatever order packets come in", () => {
  const read = reader();
  const [vector] = MESSAGE_VECTORS.filter(({ mode }) => mode === "none");
  const stream = fromHex(vector?.hex ?? "");
  const packet = (packetId: number) => {
    const payload = stream.subarray(packetId * 50, (packetId + 1) * 50);
    return encodeBcUdp({ type: "data", connectionId: -5, packetId, payload });
  };
  read(packet(0));
  assert.deepEqual(read(packet(2)).notes, ["gap of 1 packets"]);
  const last = read(packet(1));
  assert.deepEqual(last.notes, ["retransmission of packet 1"]);
  assert.deepEqual([last.fields["bc.id"], last.fields["bc.code"]], [[1], [0xdd00]]);
  assert.match(String(last.fields["bc.xml"]), /<nonce>a-B<\/nonce>/);
});

test("Dissector goes on behind packets a client has and the capture has not", () => {
  const read = reader();
  const [vector] = MESSAGE_VECTORS.filter(({ mode }) => mode === "none");
  const payload = fromHex(vector?.hex ?? "");
  const packet = (packetId: number) => {
    return read(encodeBcUdp({ type: "data", connectionId: 1, packetId, payload }));
  };
  packet(0);
  for (let i = 4; i < 12; i++) assert.deepEqual(packet(i).errors, []);
  const bitmap = new Uint8Array(0);
  read(encodeBcUdp({ type: "ack", connectionId: 2, packetId: 11, latency: 0, bitmap }), true);
  const { errors, fields } = packet(12);
  assert.deepEqual(errors, [{ offset: 0, rule: "3 packets are missing from the capture" }]);
  assert.equal((fields["bc.id"] as number[]).length, 9);
});

test("Dissector takes a broken Baichuan stream up again where a message begins", () => {
  const read = reader();
  const [vector] = MESSAGE_VECTORS.filter(({ mode }) => mode === "none");
  const packet = (packetId: number, payload: Uint8Array) => {
    return read(encodeBcUdp({ type: "data", connectionId: 1, packetId, payload }));
  };
  assert.equal(packet(0, new Uint8Array(30)).errors[0]?.offset, 20);
  assert.deepEqual(packet(1, new Uint8Array(30)).errors, []);
  assert.deepEqual(packet(2, fromHex(vector?.hex ?? "")).fields["bc.id"], [1]);
});

test("Dissector forgets the oldest conversations", () => {
  const dissector = new Dissector();
  for (let port = 1; port <= MAX_CONVERSATIONS + 50; port++) {
    const from = { address: "192.0.2.1", port };
    const payload = segment(0, new Uint8Array(0));
    dissector.dissect({ frame: 1, time: 0, from, to: TO, payload });
  }
  assert.equal(dissector.size, MAX_CONVERSATIONS);
});
