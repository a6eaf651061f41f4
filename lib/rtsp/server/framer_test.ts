import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeSource, picture, VIDEO } from "../../../tests/support/fake_source.ts";
import { decodeRtpPacket } from "../../rtp/packet.ts";
import { MAX_PAYLOAD_LENGTH } from "../../rtp/payload.ts";
import { Framer } from "./framer.ts";
import { MessageReader } from "../message_reader.ts";
import { Playback, type PlayedTrack } from "./playback.ts";
import { parseRequestUrl } from "./request_url.ts";

/** The picture of a client whose channels, SSRC and numbers are made of `number`. */
function played(number: number): PlayedTrack {
  const entropy = (length: number) => new Uint8Array(length).fill(number);
  const playback = new Playback(parseRequestUrl("rtsp://h/a"), new FakeSource(), entropy);
  const interleaved = { rtp: number, rtcp: number + 1 };
  const track = playback.setUp(0, { interleaved, clientPorts: undefined });
  assert.ok(track !== undefined);
  return track;
}

function packetsIn(frames: Uint8Array) {
  const reader = new MessageReader();
  reader.push(frames);
  return Array.from({ length: 3 }, () => {
    const frame = reader.next();
    assert.ok(frame?.type === "interleaved");
    return { channel: frame.channel, ...decodeRtpPacket(frame.payload) };
  });
}

test("Framer frames a unit once for all who watch the track", () => {
  const [unit, next] = [picture(1, true), picture(1.04, false)];
  const framed = Framer.of(VIDEO).frame(unit);
  assert.equal(Framer.of(VIDEO).frame(unit), framed);
  assert.notEqual(Framer.of(VIDEO).frame(next), framed);
  assert.notEqual(Framer.of({ ...VIDEO }), Framer.of(VIDEO));
});

test("FramedUnit.copyFor() gives each client its own channel, SSRC and numbers, and the same bytes", () => {
  const unit = picture(1, true, 3_000);
  const framed = Framer.of(VIDEO).frame(unit);
  const [a, b] = [2, 4].map((number) => {
    const into = new Uint8Array(framed.byteLength).fill(0xff);
    framed.copyFor(played(number), 0x10, into);
    return packetsIn(into);
  });
  assert.ok(a !== undefined && b !== undefined);
  assert.deepEqual(a.map(({ channel }) => channel), [2, 2, 2]);
  assert.deepEqual(b.map(({ channel }) => channel), [4, 4, 4]);
  assert.ok(a.every(({ ssrc, timestamp }) => ssrc === 0x02020202 && timestamp === 0x02020212));
  assert.ok(b.every(({ ssrc, timestamp }) => ssrc === 0x04040404 && timestamp === 0x04040414));
  assert.deepEqual(a.map(({ sequenceNumber }) => sequenceNumber), [0x0202, 0x0203, 0x0204]);
  assert.deepEqual(a.map(({ marker }) => marker), [false, false, true]);
  assert.ok(a.every(({ payloadType }) => payloadType === 96));
  assert.deepEqual(a.map(({ payload }) => payload), b.map(({ payload }) => payload));
  assert.ok(a.every(({ payload }) => payload.byteLength <= MAX_PAYLOAD_LENGTH));
});
