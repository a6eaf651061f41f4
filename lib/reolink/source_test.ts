import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex, toHex } from "../bytes/bytes.ts";
import type { Instant } from "../machine.ts";
import { encodeALaw } from "../media/g711.ts";
import { decodeAdpcm } from "../media/ima_adpcm.ts";
import type { AccessUnit, Track } from "../media/track.ts";
import { encodeFrame } from "./bcmedia/encode.ts";
import type { BcMediaFrame, VideoFrame } from "./bcmedia/frame.ts";
import { type PreviewEvent, PreviewSource, type PreviewSourceOptions } from "./source.ts";

const SETS = {
  H264: ["6764003311", "68ee3c30"],
  H265: ["40010c01ff", "42010101", "4401c0f2"],
} as const;
const IDR = { H264: "6588aa", H265: "2601af" } as const;
const SLICE = { H264: "419a11", H265: "0201d0" } as const;

/** When cameras in this test begin, by our clock and, in microseconds, by theirs. */
const START = 10_000;
const COUNTER_START = 4_294_000_000;

/** A picture made at `ms` of the camera's time. */
function picture(ms: number, units: readonly string[], more: Partial<VideoFrame> = {}): VideoFrame {
  return {
    type: "video",
    keyframe: false,
    channel: 0,
    codec: "H264",
    microseconds: (1_000 * ms + COUNTER_START) % 2 ** 32,
    microsecondsHigh: 0,
    extra: new Uint8Array(0),
    payload: fromHex(units.map((unit) => `00000001${unit}`).join("")),
    ...more,
  };
}

function key(ms: number, codec: "H264" | "H265" = "H264"): VideoFrame {
  const extra = fromHex("f09b0a61 29010000");
  return picture(ms, [...SETS[codec], IDR[codec]], { keyframe: true, codec, extra });
}

function inter(ms: number, codec: "H264" | "H265" = "H264"): VideoFrame {
  return picture(ms, [SLICE[codec]], { codec });
}

/** One frame of ADTS: AAC-LC, 16 kHz, mono. */
const ADTS = "fff1 6040 015ffc aabbcc";
const AAC: BcMediaFrame = { type: "aac", variant: 0, payload: fromHex(ADTS) };
const ADPCM: BcMediaFrame = {
  type: "adpcm",
  unknown: 122,
  predictor: 34,
  stepIndex: 16,
  nibbles: Uint8Array.from({ length: 240 }, (_, i) => i * 7),
};

/** A source and its world. */
class Rig {
  readonly source: PreviewSource;
  now: Instant = START;
  readonly events: { readonly at: Instant; readonly event: PreviewEvent }[] = [];

  constructor(options: PreviewSourceOptions = {}) {
    this.source = new PreviewSource(options);
  }

  /** Frames, each in a message of its own: pictures when they are made, sound with them. */
  feed(...frames: readonly BcMediaFrame[]): this {
    for (const frame of frames) {
      if (frame.type === "video") this.pass(Math.max(0, START + madeAt(frame) - this.now));
      this.burst(frame);
    }
    return this;
  }

  /** Frames that all come now. */
  burst(...frames: readonly BcMediaFrame[]): this {
    for (const frame of frames) this.feedBytes(encodeFrame(frame));
    return this;
  }

  feedBytes(bytes: Uint8Array): this {
    this.source.handleMessage(this.now, bytes);
    this.#drain();
    return this;
  }

  pass(ms: number): this {
    const end = this.now + ms;
    for (;;) {
      const at = this.source.pollTimeout();
      if (at === undefined || at > end) break;
      this.now = Math.max(this.now, at);
      this.source.handleTimeout(this.now);
      this.#drain();
    }
    this.now = end;
    return this;
  }

  restart(): this {
    this.source.restart(this.now);
    this.#drain();
    return this;
  }

  get units(): AccessUnit[] {
    return this.events.flatMap(({ event }) => event.type === "unit" ? [event.unit] : []);
  }

  /** Timestamps of one track. */
  times(trackId: number): number[] {
    return this.units.filter((unit) => unit.trackId === trackId).map(({ timestamp }) => timestamp);
  }

  /** What was told of tracks: why, and their codecs. */
  get told(): string[] {
    return this.events.flatMap(({ event }) => {
      return event.type === "tracks" ? [`${event.why}: ${event.tracks.map(codecOf)}`] : [];
    });
  }

  get types(): string[] {
    return this.events.map(({ event }) => event.type);
  }

  tracks(): readonly Track[] {
    const told = this.events.flatMap(({ event }) => event.type === "tracks" ? [event.tracks] : []);
    return told.at(-1) ?? [];
  }

  #drain(): void {
    for (;;) {
      const event = this.source.pollEvent();
      if (event === undefined) return;
      this.events.push({ at: this.now, event });
    }
  }
}

/** Milliseconds since its camera began. */
function madeAt({ microseconds }: VideoFrame): number {
  return ((microseconds - COUNTER_START) >>> 0) / 1_000;
}

function codecOf(track: Track): string {
  return track.codec === "packed" ? track.encoding : track.codec;
}

test("PreviewSource tells H.264 and AAC as soon as both have come, then their units", () => {
  const rig = new Rig().feed(key(0)).pass(40).feed(inter(40)).pass(20);
  assert.deepEqual(rig.events, []);
  rig.feed(AAC).pass(20).feed(inter(80), AAC);
  assert.deepEqual(rig.tracks(), [
    {
      id: 0,
      kind: "video",
      codec: "H264",
      clockRate: 90_000,
      sps: fromHex(SETS.H264[0]),
      pps: fromHex(SETS.H264[1]),
    },
    {
      id: 1,
      kind: "audio",
      codec: "MPEG4-GENERIC",
      clockRate: 16_000,
      channels: 1,
      config: fromHex("1408"),
    },
  ]);
  assert.deepEqual(rig.types, ["tracks", "unit", "unit", "unit", "unit", "unit"]);
  const units = rig.units.map((unit) => ({ ...unit, parts: unit.parts.map(toHex) }));
  assert.deepEqual(units, [
    { trackId: 0, timestamp: 0, keyframe: true, parts: [...SETS.H264, IDR.H264] },
    { trackId: 0, timestamp: 3_600, keyframe: false, parts: [SLICE.H264] },
    { trackId: 1, timestamp: 640, keyframe: true, parts: ["aabbcc"] },
    { trackId: 0, timestamp: 7_200, keyframe: false, parts: [SLICE.H264] },
    { trackId: 1, timestamp: 640 + 1_024, keyframe: true, parts: ["aabbcc"] },
  ]);
});

test("PreviewSource tells H.265 and ADPCM, which it decodes to A-law", () => {
  const rig = new Rig().feed(key(0, "H265"), ADPCM, inter(60, "H265"), ADPCM);
  const [video, sound] = rig.tracks();
  assert.ok(video?.codec === "H265" && sound?.codec === "packed");
  assert.deepEqual([video.vps, video.sps, video.pps].map(toHex), SETS.H265);
  assert.deepEqual([sound.encoding, sound.clockRate, sound.channels], ["PCMA", 8_000, 1]);
  assert.deepEqual([rig.times(0), rig.times(1)], [[0, 5_400], [0, 480]]);
  assert.ok(ADPCM.type === "adpcm");
  const { samples } = decodeAdpcm(ADPCM, ADPCM.nibbles);
  assert.deepEqual(rig.units.find(({ trackId }) => trackId === 1)?.parts, [encodeALaw(samples)]);
});

test("PreviewSource takes several AAC frames in one packet, and cuts long ADPCM into packets", () => {
  const payload = concatBytes([fromHex(ADTS), fromHex(ADTS), fromHex(ADTS)]);
  const aac = new Rig().feed(key(0), { type: "aac", variant: 1, payload });
  assert.deepEqual(aac.times(1), [0, 1_024, 2_048]);
  assert.ok(ADPCM.type === "adpcm");
  const nibbles = new Uint8Array(500);
  const adpcm = new Rig().feed(key(0), { ...ADPCM, nibbles });
  assert.deepEqual(adpcm.times(1), [0, 480, 960]);
  assert.deepEqual(
    adpcm.units.slice(1).map(({ parts: [part] }) => part?.byteLength),
    [480, 480, 40],
  );
});

test("PreviewSource decides that there is no sound after three seconds", () => {
  const rig = new Rig().feed(key(0)).pass(1_500).feed(inter(1_500)).pass(1_499);
  assert.equal(rig.source.sound, undefined);
  assert.deepEqual(rig.told, []);
  rig.pass(1);
  assert.deepEqual(rig.told, ["start: H264"]);
  assert.deepEqual(rig.times(0), [0, 135_000]);
  assert.equal(rig.source.sound, "none");
});

test("PreviewSource decides sooner where there was no sound last time", () => {
  const rig = new Rig({ sound: "none" }).feed(key(0)).pass(999);
  assert.deepEqual(rig.told, []);
  assert.deepEqual(rig.pass(1).told, ["start: H264"]);
});

test("PreviewSource decides sooner where pictures come faster than they were made", () => {
  const rig = new Rig().burst(key(0), inter(1_000), inter(2_000), inter(2_999));
  assert.deepEqual(rig.told, []);
  assert.deepEqual(rig.burst(inter(3_000)).told, ["start: H264"]);
});

test("PreviewSource does not wait for sound it remembers, or that came before the picture", () => {
  const first = new Rig().feed(key(0), AAC);
  const { sound } = first.source;
  assert.deepEqual(new Rig({ sound }).feed(key(0)).told, ["start: H264,MPEG4-GENERIC"]);
  const early = new Rig().feed(AAC, inter(0), key(40));
  assert.deepEqual(early.told, ["start: H264,MPEG4-GENERIC"]);
  assert.deepEqual([early.times(0), early.times(1)], [[0], []]);
  assert.deepEqual(early.source.report.sound, { bad: 0, skipped: 1 });
});

test("PreviewSource tells of sound that shows up late", () => {
  const rig = new Rig().feed(key(0)).pass(3_000).feed(inter(3_000), AAC, AAC);
  assert.deepEqual(rig.told, ["start: H264", "sound: H264,MPEG4-GENERIC"]);
  assert.deepEqual(rig.times(1), [48_000, 49_024]);
  assert.ok(rig.source.sound !== "none");
});

test("PreviewSource believes another format of sound after three packets", () => {
  const rig = new Rig().feed(key(0), AAC, ADPCM, ADPCM, AAC, ADPCM, ADPCM);
  assert.deepEqual(rig.told, ["start: H264,MPEG4-GENERIC"]);
  assert.deepEqual(rig.source.report.sound, { bad: 4, skipped: 0 });
  rig.feed(ADPCM);
  assert.deepEqual(rig.told.slice(1), ["sound: H264,PCMA"]);
  const remembered = new Rig({ sound: rig.source.sound }).feed(key(0), AAC, AAC, AAC);
  assert.deepEqual(remembered.told, ["start: H264,PCMA", "sound: H264,MPEG4-GENERIC"]);
});

test("PreviewSource leaves out sound that cannot be read, and goes on", () => {
  const broken = ["eff16040015ffcaabbcc", "fff1 6000 015ffc aabbcc", ""];
  const rig = new Rig().feed(
    key(0),
    ...broken.map((hex): BcMediaFrame => ({ type: "aac", variant: 0, payload: fromHex(hex) })),
  );
  assert.deepEqual([rig.told, rig.source.report.sound.bad], [[], 3]);
  assert.deepEqual(rig.feed(AAC).told, ["start: H264,MPEG4-GENERIC"]);
});

test("PreviewSource begins with the first key frame that has parameter sets", () => {
  const bare = picture(40, [IDR.H264], { keyframe: true });
  const cut = picture(80, ["676400", SETS.H264[1], IDR.H264], { keyframe: true });
  const rig = new Rig({ sound: "none" }).feed(inter(0), bare, cut, inter(120), key(160)).pass(
    1_000,
  );
  assert.deepEqual(rig.times(0), [0]);
  assert.equal(rig.source.report.video.skipped, 4);
});

test("PreviewSource puts parameter sets it knows in front of a key frame without", () => {
  const bare = picture(40, [IDR.H264], { keyframe: true });
  const half = picture(80, [SETS.H264[1], IDR.H264], { keyframe: true });
  const rig = new Rig().feed(key(0), AAC, bare, half);
  const whole = [...SETS.H264, IDR.H264];
  const parts = rig.units.filter(({ trackId }) => trackId === 0).map((unit) =>
    unit.parts.map(toHex)
  );
  assert.deepEqual(parts, [whole, whole, whole]);
  assert.equal(rig.told.length, 1);
});

test("PreviewSource tells of another codec, and of other parameter sets, with the key frame", () => {
  const other = picture(120, ["6764003322", SETS.H264[1], IDR.H264], { keyframe: true });
  const rig = new Rig().feed(key(0), AAC, key(40, "H265"), inter(80, "H265"), other, inter(160));
  assert.deepEqual(rig.told, [
    "start: H264,MPEG4-GENERIC",
    "video: H265,MPEG4-GENERIC",
    "video: H264,MPEG4-GENERIC",
  ]);
  assert.deepEqual(rig.types, [
    ...["tracks", "unit", "unit"],
    ...["tracks", "unit", "unit"],
    ...["tracks", "unit", "unit"],
  ]);
  const [video] = rig.tracks();
  assert.ok(video?.codec === "H264");
  assert.equal(toHex(video.sps), "6764003322");
});

test("PreviewSource forgets what it held when the codec changes before anybody knew", () => {
  const rig = new Rig().feed(key(0), inter(40), key(80, "H265")).pass(3_000);
  assert.deepEqual(rig.told, ["start: H265"]);
  assert.deepEqual(rig.times(0), [7_200]);
});

test("PreviewSource leaves out pictures of the wrong codec until the next key frame", () => {
  const rig = new Rig().feed(key(0), AAC, inter(40, "H265"), inter(80), key(120));
  assert.deepEqual(rig.times(0), [0, 10_800]);
  assert.equal(rig.source.report.video.skipped, 2);
});

test("PreviewSource leaves out pictures of another channel, and frames without a picture", () => {
  const rig = new Rig().feed(
    key(0),
    AAC,
    { ...inter(20), channel: 1 },
    picture(30, [SETS.H264[0]]),
    { ...inter(35), payload: fromHex("419a11") },
    { ...inter(35), payload: new Uint8Array(0) },
    inter(40),
  );
  assert.deepEqual(rig.times(0), [0, 3_600]);
  assert.deepEqual(rig.source.report.video, { bad: 4, skipped: 0 });
});

test("PreviewSource leaves out pictures from a gap to the next key frame, and no sound", () => {
  const rig = new Rig().feed(key(0), AAC).feedBytes(fromHex("3c3f786d6c"));
  rig.feed(inter(40), AAC, inter(80), key(120), inter(160), AAC);
  assert.deepEqual(rig.times(0), [0, 10_800, 14_400]);
  assert.equal(rig.times(1).length, 3);
  const { gaps, discarded, video } = rig.source.report;
  assert.deepEqual([gaps, discarded, video.skipped], [1, 5, 2]);
});

test("PreviewSource says that it is stuck when nothing can be read for five seconds", () => {
  const rig = new Rig({ sound: "none" }).feed(key(0)).pass(1_000);
  for (let i = 0; i < 12; i++) rig.feedBytes(fromHex("ffffffffffff")).pass(1_000);
  const stuck = rig.events.filter(({ event }) => event.type === "stuck");
  assert.deepEqual(stuck.map(({ at }) => at), [16_000, 21_000]);
  rig.feed(inter(40)).pass(20_000);
  assert.equal(rig.events.filter(({ event }) => event.type === "stuck").length, 2);
});

test("PreviewSource.restart() goes on with the next key frame, on the same line of time", () => {
  const rig = new Rig().feed(key(0), AAC).pass(40).feed(inter(40), AAC).pass(60);
  rig.feedBytes(encodeFrame(inter(100)).subarray(0, 20)).restart();
  rig.pass(5_000).burst(AAC, inter(900_000), key(900_040), AAC);
  assert.deepEqual(rig.times(0), [0, 3_600, 459_000]);
  assert.deepEqual(rig.times(1), [0, 1_024, 81_600]);
  assert.equal(rig.told.length, 1);
  assert.equal(rig.source.report.leaps, 0);
});

test("PreviewSource hands out a frame in several messages 10 ms later, or with the next one", () => {
  const rig = new Rig().feed(key(0), AAC).pass(40);
  const bytes = encodeFrame(inter(40));
  rig.feedBytes(bytes.subarray(0, 20)).feedBytes(bytes.subarray(20)).pass(9);
  assert.deepEqual(rig.times(0), [0]);
  assert.deepEqual(rig.pass(1).times(0), [0, 3_600]);
  rig.pass(30);
  const next = encodeFrame(inter(80));
  rig.feedBytes(next.subarray(0, 20)).feedBytes(next.subarray(20)).feed(inter(120));
  assert.deepEqual(rig.times(0), [0, 3_600, 7_200, 10_800]);
});

test("PreviewSource holds back no more than its limits while it waits for sound", () => {
  const few = new Rig({ limits: { heldUnits: 3 } }).feed(key(0), inter(40));
  assert.deepEqual(few.told, []);
  assert.deepEqual(few.feed(inter(80)).told, ["start: H264"]);
  const small = new Rig({ limits: { heldBytes: 20 } }).feed(key(0), inter(40), inter(80));
  assert.deepEqual(small.told, []);
  assert.deepEqual(small.feed(inter(120)).told, ["start: H264"]);
});

test("PreviewSource lets go of pictures in the rhythm they were made in, with their sound", () => {
  const rig = new Rig().feed(key(0), AAC).pass(400);
  rig.burst(...Array.from({ length: 10 }, (_, i) => [inter(40 * i + 40), AAC]).flat());
  rig.pass(400);
  const times = rig.events.filter(({ event }) => event.type === "unit").map(({ at }) =>
    at - 10_000
  );
  // The first of a burst is the latest, so that it goes at once, and with it its sound.
  const expected = Array.from({ length: 10 }, (_, i) => [400 + 40 * i, 400 + 40 * i]).flat();
  assert.deepEqual(times, [0, 0, ...expected]);
  assert.equal(rig.source.report.delay, 360);
});

test("PreviewSource tells of new tracks behind the units that still wait", () => {
  const rig = new Rig().feed(key(0), AAC).pass(400);
  rig.burst(inter(40), inter(80), inter(120), key(160, "H265"));
  assert.deepEqual(rig.types.slice(3), ["unit", "unit", "unit", "tracks"]);
  assert.deepEqual(rig.pass(500).types.slice(3), ["unit", "unit", "unit", "tracks", "unit"]);
});

test("PreviewSource reports what the camera said of itself", () => {
  const time = { year: 2020, month: 4, day: 8, hour: 20, minute: 52, second: 39 };
  const info = {
    type: "info",
    version: 2,
    width: 3_840,
    height: 2_160,
    unknown: 0,
    fps: 20,
    start: time,
    end: time,
  } as const;
  const { source } = new Rig().feed(info, key(0), inter(40));
  assert.deepEqual(source.report, {
    info,
    posixTime: 1_628_085_232,
    video: { bad: 0, skipped: 0 },
    sound: { bad: 0, skipped: 0 },
    gaps: 0,
    discarded: 0,
    leaps: 0,
    delay: 0,
  });
});
