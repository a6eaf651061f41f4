import assert from "node:assert/strict";
import { test } from "node:test";
import { AUDIO, FakeSource, picture, sound, VIDEO } from "../../../tests/support/fake_source.ts";
import { decodeRtpPacket, type RtpPacket } from "../../rtp/packet.ts";
import { MAX_PAYLOAD_LENGTH } from "../../rtp/payload.ts";
import { decodeRtcp, decodeSenderReport, RTCP_TYPE, type SenderReport } from "../../rtp/rtcp.ts";
import { MessageReader } from "../message_reader.ts";
import { Playback, type PlayedTrack } from "./playback.ts";
import { parseRequestUrl } from "./request_url.ts";
import { Viewer } from "./viewer.ts";

const WALL_CLOCK = 1_700_000_000_000;
const entropy = (length: number) => new Uint8Array(length).fill(3);

/** Tracks set up on channels 0-1 and 2-3. */
function played(indexes: readonly number[] = [0, 1]): PlayedTrack[] {
  const playback = new Playback(parseRequestUrl("rtsp://h/a"), new FakeSource(), entropy);
  for (const index of indexes) {
    const interleaved = { rtp: 2 * index, rtcp: 2 * index + 1 };
    playback.setUp(index, { interleaved, clientPorts: undefined });
  }
  return playback.played;
}

interface Frames {
  readonly packets: readonly (RtpPacket & { readonly channel: number })[];
  readonly reports: readonly (SenderReport & { readonly channel: number })[];
}

/** What is in the bytes a viewer made. */
function framesIn(bytes: Uint8Array | undefined): Frames {
  const reader = new MessageReader();
  reader.push(bytes ?? new Uint8Array(0));
  const packets: Frames["packets"][number][] = [];
  const reports: Frames["reports"][number][] = [];
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
    assert.ok(frame.type === "interleaved");
    const { channel, payload } = frame;
    if (channel % 2 === 0) packets.push({ ...decodeRtpPacket(payload), channel });
    else {
      const [report, names] = decodeRtcp(payload);
      assert.ok(report?.type === RTCP_TYPE.senderReport && names?.type === RTCP_TYPE.sdes);
      reports.push({ ...decodeSenderReport(report.body), channel });
    }
  }
  return { packets, reports };
}

test("Viewer begins with a key frame, and with sound not before it", () => {
  const viewer = new Viewer(played(), entropy);
  const units = [
    sound(0.9),
    picture(0.96, false),
    picture(1, true),
    sound(1),
    picture(1.04, false),
  ];
  const sent = units.map((unit) => viewer.push(unit, 0, WALL_CLOCK) !== undefined);
  assert.deepEqual(sent, [false, false, true, true, true]);
  assert.deepEqual([...viewer.firstTimestamps], [[VIDEO.id, 90_000], [AUDIO.id, 16_000]]);
  assert.deepEqual([viewer.sent, viewer.dropped], [3, 0]);
});

test("Viewer begins with sound where no picture is set up, and sends no other track", () => {
  const viewer = new Viewer(played([1]), entropy);
  assert.notEqual(viewer.push(sound(0), 0, WALL_CLOCK), undefined);
  assert.equal(viewer.push(picture(0, true), 0, WALL_CLOCK), undefined);
});

test("Viewer cuts a picture into packets, the marker on the last", () => {
  const viewer = new Viewer(played(), entropy);
  const { packets } = framesIn(viewer.push(picture(1, true, 3000), 0, WALL_CLOCK));
  assert.deepEqual(packets.map(({ marker }) => marker), [false, false, true]);
  assert.ok(packets.every(({ payload }) => payload.byteLength <= MAX_PAYLOAD_LENGTH));
  assert.ok(packets.every(({ channel, payloadType }) => channel === 0 && payloadType === 96));
  const numbers = packets.map(({ sequenceNumber }) => sequenceNumber);
  assert.deepEqual(numbers, [0x0303, 0x0304, 0x0305]);
});

test("Viewer reports before the first packet of each track, a second later, then every five", () => {
  const viewer = new Viewer(played(), entropy);
  const reports: number[] = [];
  for (let i = 0; i < 25 * 11; i++) {
    const frames = framesIn(viewer.push(picture(i / 25, i % 25 === 0), 0, WALL_CLOCK + 40 * i));
    reports.push(...frames.reports.map(() => i / 25));
  }
  assert.deepEqual(reports, [0, 1, 6]);
  assert.equal(framesIn(viewer.push(sound(11), 0, WALL_CLOCK + 11_000)).reports.length, 1);
});

test("Viewer reports one wall clock for both tracks, so that players keep them in step", () => {
  const viewer = new Viewer(played(), entropy);
  const video = framesIn(viewer.push(picture(100, true), 0, WALL_CLOCK)).reports[0];
  const audio = framesIn(viewer.push(sound(100.5), 0, WALL_CLOCK + 777)).reports[0];
  assert.equal(video?.wallClock, WALL_CLOCK);
  assert.equal(audio?.wallClock, WALL_CLOCK + 500);
  assert.deepEqual([video?.channel, audio?.channel], [1, 3]);
});

test("Viewer counts packets and bytes in its reports", () => {
  const viewer = new Viewer(played(), entropy);
  viewer.push(picture(0, true, 3000), 0, WALL_CLOCK);
  const [report] = framesIn(viewer.push(picture(5, false), 0, WALL_CLOCK)).reports;
  // Three fragments: 3000 bytes without the NAL header, and two bytes each in its place.
  assert.deepEqual([report?.packetCount, report?.octetCount], [3, 2999 + 6]);
});

test("Viewer leaves out whole units up to the next key frame when too much waits", () => {
  const viewer = new Viewer(played(), entropy, { maxBytes: 1_000 });
  const first = framesIn(viewer.push(picture(0, true), 0, WALL_CLOCK)).packets;
  const units = [
    { unit: picture(0.04, false), waiting: 950, sent: false },
    { unit: picture(0.08, false), waiting: 0, sent: false },
    { unit: sound(0.1), waiting: 500, sent: true },
    { unit: sound(0.2), waiting: 990, sent: false },
    { unit: sound(0.3), waiting: 100, sent: true },
    { unit: picture(1, true), waiting: 501, sent: false },
    { unit: picture(1.04, false), waiting: 100, sent: false },
    { unit: picture(2, true), waiting: 500, sent: true },
    { unit: picture(2.04, false), waiting: 600, sent: true },
  ];
  const frames = units.map(({ unit, waiting }) => viewer.push(unit, waiting, WALL_CLOCK));
  assert.deepEqual(frames.map((bytes) => bytes !== undefined), units.map(({ sent }) => sent));
  assert.deepEqual([viewer.sent, viewer.dropped], [5, 5]);
  // What was left out is no loss to the player: sequence numbers go on without a gap.
  const last = framesIn(frames[7]).packets;
  assert.equal(last[0]?.sequenceNumber, (first[0]?.sequenceNumber ?? 0) + 1);
});

test("Viewer sends a unit larger than all the room when nothing else waits", () => {
  const viewer = new Viewer(played(), entropy, { maxBytes: 1_000 });
  assert.notEqual(viewer.push(picture(0, true, 5_000), 0, WALL_CLOCK), undefined);
  assert.equal(viewer.push(picture(1, true, 5_000), 1, WALL_CLOCK), undefined);
});
