import assert from "node:assert/strict";
import { test } from "node:test";
import { CAMERA_SDP, CAMERA_URL, latin1, response } from "../../../tests/support/camera_world.ts";
import { FakeSource, picture, sound } from "../../../tests/support/fake_source.ts";
import { memoryStreams } from "../../../tests/support/memory_stream.ts";
import { settled, VirtualClock } from "../../../tests/support/virtual_clock.ts";
import { concatBytes } from "../../bytes/bytes.ts";
import { silentLog } from "../../log/log.ts";
import type { AccessUnit } from "../../media/track.ts";
import { AccessUnitTracker, type PackedUnit } from "../../rtp/access_unit_tracker.ts";
import { AAC_HBR, joinAacFrames } from "../../rtp/aac_frames.ts";
import { joinNalUnits, readH264Payload } from "../../rtp/nal_payload.ts";
import { decodeRtpPacket } from "../../rtp/packet.ts";
import { ClipSource } from "../../sim/clip/clip_source.ts";
import type { ClientEvent, SetUpTrack } from "./events.ts";
import type { Credentials } from "../credentials.ts";
import { REQUEST_TIMEOUT } from "./session.ts";
import { type PullOptions, pullRtsp } from "./pull.ts";
import { serveRtsp } from "../server/serve.ts";

const SECRET = "s3cret";
const entropy = (length: number) => new Uint8Array(length).fill(5);

function credentials(user: string, password = SECRET): Credentials {
  return { user, password: { reveal: () => password } };
}

/** Somebody who pulls, with the other end of the connection in hand. */
class Puller {
  readonly clock = new VirtualClock();
  readonly stop = new AbortController();
  readonly #streams = memoryStreams();
  readonly packets: (ClientEvent & { readonly type: "packet" })[] = [];
  playing: readonly SetUpTrack[] | undefined;
  readonly result;

  constructor(options: Partial<PullOptions> = {}) {
    this.result = pullRtsp(this.#streams[0], {
      url: "rtsp://127.0.0.1/a",
      credentials: credentials("viewer"),
      entropy,
      clock: this.clock,
      signal: this.stop.signal,
      choose: ({ media }) => media.map((_, index) => index),
      onPlaying: (tracks) => this.playing = tracks,
      onPacket: (packet) => this.packets.push(packet),
      ...options,
    });
  }

  /** The camera's end. */
  get camera() {
    return this.#streams[1];
  }

  /** Our own server takes the camera's end; returns what it has to show. */
  serve(users?: readonly Credentials[]): FakeSource {
    const source = new FakeSource();
    void serveRtsp(this.camera, {
      find: () => Promise.resolve(source),
      clock: this.clock,
      entropy,
      signal: new AbortController().signal,
      log: silentLog,
      ...(users === undefined ? {} : { users }),
    });
    return source;
  }
}

test("pullRtsp() plays what serveRtsp() serves, with credentials, until told to stop", async () => {
  const puller = new Puller();
  const source = puller.serve([credentials("viewer")]);
  await settled();
  assert.deepEqual(puller.playing?.map(({ index, info }) => [index, info?.url]), [
    [0, "rtsp://127.0.0.1/a/trackID=0"],
    [1, "rtsp://127.0.0.1/a/trackID=1"],
  ]);
  source.send(picture(1, true), sound(1), picture(1.04, false, 3_000));
  await settled();
  assert.deepEqual(puller.packets.map(({ track, kind }) => `${track} ${kind}`), [
    ...["0 rtcp", "0 rtp", "1 rtcp", "1 rtp", "0 rtp", "0 rtp", "0 rtp"],
  ]);
  for (let second = 0; second < 300; second++) {
    puller.clock.pass(1_000);
    await settled();
  }
  assert.equal(source.readers, 1, "kept alive");
  puller.stop.abort();
  await settled();
  assert.equal(source.readers, 0);
  puller.clock.pass(10_000);
  const { reason, counters, junk } = await puller.result;
  assert.deepEqual([reason, counters.packets, junk.bytes], ["local", 7, 0]);
  assert.equal(puller.clock.timers, 0);
});

test("pullRtsp() ends with auth where the server refuses the password", async () => {
  const puller = new Puller({ credentials: credentials("viewer", "wrong") });
  puller.serve([credentials("viewer")]);
  await settled();
  puller.clock.pass(10_000);
  const { reason, status } = await puller.result;
  assert.deepEqual([reason, status], ["auth", 401]);
});

test("pullRtsp() ends where no track is wanted, or the camera leaves", async () => {
  const picky = new Puller({ choose: () => [] });
  picky.serve();
  await settled();
  picky.clock.pass(10_000);
  assert.equal((await picky.result).reason, "local");
  const left = new Puller();
  await left.camera.end();
  await settled();
  left.clock.pass(10_000);
  assert.equal((await left.result).reason, "peer");
  const broken = new Puller();
  broken.camera.abort();
  await settled();
  broken.clock.pass(10_000);
  assert.equal((await broken.result).reason, "peer");
});

test("pullRtsp() ends where the camera says nothing, or is called off before it begins", async () => {
  const silent = new Puller();
  silent.clock.pass(REQUEST_TIMEOUT + 2_000);
  assert.equal((await silent.result).reason, "timeout");
  const early = new AbortController();
  early.abort();
  const none = new Puller({ signal: early.signal });
  none.clock.pass(2_000);
  await settled();
  none.clock.pass(2_000);
  assert.equal((await none.result).reason, "local");
});

test("pullRtsp() reads no more from a camera that asks much and takes in nothing", async () => {
  const puller = new Puller();
  const requests = latin1("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n".repeat(60));
  let sent = 0;
  for (; sent < 1_000; sent++) {
    const write = puller.camera.write(requests);
    const isTaken = await Promise.race([write.then(() => true), settled().then(() => false)]);
    if (!isTaken) break;
    await settled();
  }
  assert.ok(sent < 100, `${sent} times 60 requests were read`);
  puller.stop.abort();
  puller.camera.abort();
  puller.clock.pass(10_000);
  await puller.result;
});

/** Plays the clip through server, client and trackers for `seconds`. */
async function playClip(seconds: number): Promise<readonly PackedUnit[][]> {
  const puller = new Puller();
  const source = new ClipSource(puller.clock);
  void serveRtsp(puller.camera, {
    find: () => Promise.resolve(source),
    clock: puller.clock,
    entropy,
    signal: puller.stop.signal,
    log: silentLog,
  });
  const formats = [format("H264"), format("MPEG4-GENERIC")];
  const trackers = formats.map((one, i) => new AccessUnitTracker(i === 0 ? "video" : "audio", one));
  for (let i = 0; i < seconds * 20; i++) {
    await settled();
    puller.clock.pass(50);
  }
  await settled();
  const units: PackedUnit[][] = [[], []];
  for (const { track, kind, bytes } of puller.packets) {
    if (kind === "rtp") units[track]?.push(...trackers[track]?.push(decodeRtpPacket(bytes)) ?? []);
  }
  puller.stop.abort();
  source.close();
  puller.clock.pass(10_000);
  await puller.result;
  return units;
}

function format(encoding: string) {
  return {
    payloadType: 96,
    encoding,
    clockRate: 90_000,
    channels: 1,
    fmtp: undefined,
    parameters: new Map<string, string>(),
  };
}

test("a clip comes through server, client and AccessUnitTracker unit by unit as it was", async () => {
  const [video = [], audio = []] = await playClip(3);
  assert.ok(video.length >= 60 && audio.length >= 40);
  const wanted: AccessUnit[] = [];
  const clock = new VirtualClock();
  const clip = new ClipSource(clock);
  clip.read({ onUnit: (unit) => wanted.push(unit), onEnd: () => {} });
  clock.pass(6_000);
  const isWanted = (parts: readonly Uint8Array[]) =>
    wanted.some((unit) =>
      unit.parts.length === parts.length &&
      concatBytes(unit.parts).every((byte, i) => concatBytes(parts)[i] === byte)
    );
  for (const unit of video.slice(0, 30)) {
    assert.ok(!unit.damaged && isWanted(joinNalUnits(unit.payloads, readH264Payload)));
  }
  for (const unit of audio.slice(0, 10)) {
    assert.ok(isWanted(joinAacFrames(unit.payloads, AAC_HBR)));
  }
  assert.ok(video[0]?.keyframe && video[0].newParameters);
  assert.ok(video.every(({ keyframe }, i) => keyframe === (i % 25 === 0)));
});

test("pullRtsp() hands on what odd cameras send, byte by byte", async () => {
  const puller = new Puller({ url: CAMERA_URL, choose: () => [0] });
  const answers = [
    response("200 OK", ["CSeq: 1"]),
    response("200 OK", ["CSeq: 2"], CAMERA_SDP),
    response("200 OK", ["CSeq: 3", "Session: 1"]),
    response("200 OK", ["CSeq: 4"]),
  ];
  for (const answer of answers) {
    await settled();
    puller.camera.take();
    for (const byte of latin1(answer)) await puller.camera.write(Uint8Array.of(byte));
  }
  await settled();
  assert.deepEqual(puller.playing?.map(({ index }) => index), [0]);
  puller.camera.abort();
  puller.clock.pass(10_000);
  await puller.result;
});
