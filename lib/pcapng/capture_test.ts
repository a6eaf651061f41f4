import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import { CaptureReader, MAX_INTERFACES } from "./capture_reader.ts";
import { CAPTURE_VECTORS } from "./capture_vectors.ts";
import { type CaptureFrame, LinkType } from "./frame.ts";
import { encodeInterface, encodePacket, encodeSection } from "./pcapng_format.ts";
import { encodeUdpPacket } from "./udp_packet.ts";

function read(file: Uint8Array, step = file.byteLength): CaptureFrame[] {
  const reader = new CaptureReader();
  const frames: CaptureFrame[] = [];
  for (let at = 0; at < file.byteLength; at += step) {
    reader.push(file.subarray(at, at + step));
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame);
  }
  reader.end();
  return frames;
}

for (const { name, hex, frames } of CAPTURE_VECTORS) {
  test(`CaptureReader reads ${name}`, () => {
    const short = read(fromHex(hex)).map(({ bytes, time, linkType, wireLength }) => {
      return { time, linkType, wireLength, length: bytes.byteLength };
    });
    assert.deepEqual(short, frames);
  });

  test(`CaptureReader reads ${name} however it is cut into pieces`, () => {
    const file = fromHex(hex);
    const whole = read(file);
    for (const step of [1, 7, 33]) assert.deepEqual(read(file, step), whole);
  });
}

test("encodePacket() writes what CaptureReader reads", () => {
  const from = { address: "192.0.2.1", port: 40_000 };
  const to = { address: "198.51.100.2", port: 8800 };
  const payload = fromHex("0102030405");
  const bytes = encodeUdpPacket(from, to, payload);
  const time = 1_700_000_000_123.456;
  const file = concatBytes([
    encodeSection("test"),
    encodeInterface(LinkType.raw, "camera"),
    encodePacket({ time, bytes, direction: "out", comment: "sent" }),
  ]);
  const [frame, ...rest] = read(file);
  assert.ok(frame !== undefined && rest.length === 0);
  assert.equal(frame.time, time);
  assert.deepEqual([frame.bytes, frame.linkType], [bytes, LinkType.raw]);
});

test("encodeUdpPacket() has the check sums a receiver computes", () => {
  const endpoint = { address: "127.0.0.1", port: 1 };
  const packet = encodeUdpPacket(endpoint, { ...endpoint, port: 2 }, fromHex("ff00ff"));
  //        ver len  id   frag ttl/udp sum  source   target   ports    len  sum  payload
  assert.deepEqual(
    packet,
    fromHex("4500 001f 0000 0000 4011 7ccc 7f000001 7f000001 0001 0002 000b 03d1 ff00ff"),
  );
});

test("CaptureReader says where a file is broken", () => {
  const file = concatBytes([encodeSection("t"), fromHex("06000000 0d000000 00000000")]);
  const at = encodeSection("t").byteLength;
  assert.throws(() => read(file), new RegExp(`at byte ${at} as a block's length`));
  assert.throws(() => read(fromHex("00".repeat(24))), /at byte 0 as it must be a pcapng/);
  assert.throws(() => read(encodeSection("t").subarray(0, -1)), /must not end within a block/);
  assert.throws(() => read(new Uint8Array(0)), DecodeError);
});

test("CaptureReader refuses blocks and interfaces beyond its limits", () => {
  const huge = fromHex("06000000 04001000 00000000");
  assert.throws(() => read(concatBytes([encodeSection("t"), huge])), /may have 1048576 bytes/);
  const many = Array.from({ length: MAX_INTERFACES + 1 }, () => encodeInterface(101, "i"));
  assert.throws(() => read(concatBytes([encodeSection("t"), ...many])), /256 interfaces/);
});
