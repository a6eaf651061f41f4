import assert from "node:assert/strict";
import { test } from "node:test";
import { boxesAt, type Mp4Sample, parseBoxes, samplesIn } from "../../tests/support/mp4_boxes.ts";
import { concatBytes, fromHex } from "../bytes/bytes.ts";
import type { AccessUnit, PackedTrack, Track } from "../media/track.ts";
import { rtpFormat } from "../rtp/format.ts";
import { type Clip, type ClipOptions, loadClip } from "../sim/clip/clip.ts";
import { Fmp4Muxer, MAX_HOLE, type MuxedPiece } from "./muxer.ts";

interface Movie {
  readonly start: (MuxedPiece & { type: "start" }) | undefined;
  readonly bytes: Uint8Array;
  readonly samples: readonly Mp4Sample[];
  readonly isOver: boolean;
}

function muxerOf(tracks: readonly Track[], sound = true): Fmp4Muxer {
  const muxer = Fmp4Muxer.of({ tracks, sound });
  assert.ok(muxer !== undefined);
  return muxer;
}

function movieOf(muxer: Fmp4Muxer, units: readonly AccessUnit[]): Movie {
  const pieces = units.flatMap((unit) => muxer.push(unit));
  const start = pieces.find((piece) => piece.type === "start");
  const bytes = concatBytes(pieces.flatMap((one) => one.type === "changed" ? [] : [one.bytes]));
  return { start, bytes, samples: samplesIn(bytes), isOver: pieces.at(-1)?.type === "changed" };
}

function unitsOf(clip: Clip): AccessUnit[] {
  return clip.units.map(({ unit }) => unit);
}

/** The clip as a camera sends it in RTP. */
function packed(clip: Clip): { readonly tracks: PackedTrack[]; readonly units: AccessUnit[] } {
  const formats = clip.tracks.map((track) => rtpFormat(track));
  const tracks = clip.tracks.map((track, i): PackedTrack => ({
    id: track.id,
    kind: track.kind,
    codec: "packed",
    encoding: track.codec,
    clockRate: track.clockRate,
    channels: track.codec === "MPEG4-GENERIC" ? track.channels : 1,
    fmtp: formats[i]?.fmtp,
  }));
  const units = unitsOf(clip).map((unit) => ({
    ...unit,
    parts: (formats[unit.trackId]?.packetize(unit.parts, 1_200) ?? []).map(concatBytes),
  }));
  return { tracks, units };
}

const VIDEO = 1;
const SOUND = 2;

const of = (track: number, { samples }: Movie) => samples.filter((one) => one.track === track);

/** Fails unless each sample of a track begins where the one before ends. */
function assertContinuous(samples: readonly Mp4Sample[]): void {
  let next = 0;
  for (const { decodeAt, duration } of samples) {
    assert.equal(decodeAt, next);
    next = decodeAt + duration;
  }
}

for (const video of ["h264", "h265"] as const) {
  test(`Fmp4Muxer makes a movie of ${video} and AAC, without a hole in decode times`, () => {
    const clip = loadClip({ video });
    const movie = movieOf(muxerOf(clip.tracks), unitsOf(clip));
    const codec = video === "h264" ? "avc1.64001e" : "hvc1.1.6.L63.90";
    assert.equal(movie.start?.contentType, `video/mp4; codecs="${codec}, mp4a.40.2"`);
    assert.deepEqual([movie.start?.width, movie.start?.height], [640, 360]);
    const pictures = of(VIDEO, movie);
    const sound = of(SOUND, movie);
    assert.deepEqual([pictures.length, sound.length], [400, 250]);
    assertContinuous(pictures);
    assertContinuous(sound);
    assert.deepEqual(
      pictures.map(({ decodeAt, offset }) => decodeAt + offset),
      Array.from({ length: 400 }, (_, i) => 3_600 * i),
    );
    assert.equal(pictures.filter(({ isSync }) => isSync).length, 16);
  });

  test(`Fmp4Muxer makes the same of ${video} and AAC that came in RTP`, () => {
    const clip = loadClip({ video });
    const { tracks, units } = packed(clip);
    const plain = movieOf(muxerOf(clip.tracks), unitsOf(clip));
    assert.deepEqual(movieOf(muxerOf(tracks), units).bytes, plain.bytes);
  });
}

test("Fmp4Muxer writes the boxes a player expects, parameter sets outside of the samples", () => {
  const clip = loadClip();
  const { start, samples } = movieOf(muxerOf(clip.tracks), unitsOf(clip));
  const boxes = parseBoxes(start?.bytes ?? new Uint8Array(0));
  assert.deepEqual(boxes.map(({ name }) => name), ["ftyp", "moov"]);
  const stsd = boxesAt(boxes, "moov/trak/mdia/minf/stbl/stsd");
  const entries = stsd.flatMap(({ body }) => parseBoxes(body.subarray(8)));
  assert.deepEqual(entries.map(({ name }) => name), ["avc1", "mp4a"]);
  assert.equal(boxesAt(boxes, "moov/mvex/trex").length, 2);
  const nalTypes = samples.filter(({ track }) => track === VIDEO).map(({ bytes }) => bytes[4]);
  assert.ok(nalTypes.every((type) => [5, 1].includes((type ?? 0) & 0x1f)));
});

test("Fmp4Muxer begins with a key frame, at zero, sound with it", () => {
  const clip = loadClip();
  const late = unitsOf(clip).filter(({ trackId, timestamp }) =>
    timestamp >= (trackId === 0 ? 3 * 3_600 : 0.12 * 16_000)
  );
  const movie = movieOf(muxerOf(clip.tracks), late);
  const [picture] = of(VIDEO, movie);
  assert.equal(picture?.decodeAt, 0);
  assert.equal(picture?.isSync, true);
  const units = unitsOf(clip);
  const keyframe = units.find(({ trackId, keyframe, timestamp }) =>
    trackId === 0 && keyframe && timestamp > 0
  );
  assert.equal(keyframe?.timestamp, 90_000);
  const [first] = of(SOUND, movie);
  assert.equal(first?.decodeAt, 0);
});

test("Fmp4Muxer fills silence in where sound fails, and takes it up again", () => {
  const clip = loadClip();
  const units = unitsOf(clip).filter(({ trackId, timestamp }) =>
    trackId === 0 || timestamp < 2 * 16_000 || timestamp > 8 * 16_000
  );
  const movie = movieOf(muxerOf(clip.tracks), units);
  const sound = of(SOUND, movie);
  assertContinuous(sound);
  assert.ok(Math.abs(sound.length - 250) <= 2, `${sound.length}`);
  const silent = sound.filter(({ bytes }) => bytes.byteLength === 4);
  assert.ok(silent.length > 80 && silent.length < 100, `${silent.length}`);
});

test("Fmp4Muxer ends the movie where parameter sets change, or time has a hole of minutes", () => {
  const { tracks, units } = { ...loadClip(), units: unitsOf(loadClip()) };
  const pictures = units.filter(({ trackId }) => trackId === 0);
  const changed = pictures.map((unit, i) =>
    i < 25 ? unit : { ...unit, parts: unit.parts.map((part) => otherSet(part)) }
  );
  const movie = movieOf(muxerOf(tracks), changed);
  assert.ok(movie.isOver);
  assert.equal(of(VIDEO, movie).length, 25);
  const away = pictures.map((unit, i) =>
    i < 10 ? unit : { ...unit, timestamp: unit.timestamp + (MAX_HOLE + 1) * 90_000 }
  );
  assert.ok(movieOf(muxerOf(tracks), away).isOver);
  const muxer = muxerOf(tracks);
  movieOf(muxer, away);
  assert.deepEqual(movieOf(muxer, units).samples, []);
});

/** A picture parameter set with another byte at its end; anything else as it is. */
function otherSet(part: Uint8Array): Uint8Array {
  return ((part[0] ?? 0) & 0x1f) === 8 ? concatBytes([part, Uint8Array.of(0x80)]) : part;
}

test("Fmp4Muxer goes on through a hole of seconds with pictures on time", () => {
  const clip = loadClip({ audio: "none" });
  const units = unitsOf(clip).map((unit, i) =>
    i < 25 ? unit : { ...unit, timestamp: unit.timestamp + 10 * 90_000 }
  );
  const pictures = of(VIDEO, movieOf(muxerOf(clip.tracks), units));
  assertContinuous(pictures);
  assert.deepEqual(
    pictures.map(({ decodeAt, offset }) => decodeAt + offset),
    units.map(({ timestamp }) => timestamp),
  );
});

const packedTrack = (id: number, kind: "video" | "audio", encoding: string): PackedTrack => ({
  id,
  kind,
  codec: "packed",
  encoding,
  clockRate: kind === "video" ? 90_000 : 8_000,
  channels: 1,
  fmtp: undefined,
});

test("Fmp4Muxer says which tracks it leaves out", () => {
  const { tracks: [video, aac] } = loadClip();
  assert.ok(video !== undefined && aac !== undefined);
  const leftOut = (sound: boolean, ...tracks: readonly Track[]) => muxerOf(tracks, sound).leftOut;
  assert.deepEqual(leftOut(true, video, aac), []);
  assert.deepEqual(leftOut(true, video, packedTrack(1, "audio", "G726-32")), ["G726-32"]);
  assert.deepEqual(leftOut(true, video, packedTrack(1, "audio", "PCMA")), []);
  assert.deepEqual(leftOut(true, packedTrack(7, "video", "JPEG"), video), ["JPEG"]);
  assert.deepEqual(leftOut(false, video, packedTrack(1, "audio", "G726-32")), []);
  assert.equal(Fmp4Muxer.of({ tracks: [packedTrack(0, "video", "JPEG")], sound: true }), undefined);
});

test("Fmp4Muxer makes FLAC of G.711, twice the bytes and no more", () => {
  const [video] = loadClip({ audio: "none" }).tracks;
  assert.ok(video !== undefined);
  const muxer = muxerOf([video, packedTrack(1, "audio", "PCMA")]);
  const pictures = unitsOf(loadClip({ audio: "none" })).slice(0, 50);
  const units = pictures.flatMap((unit, i): AccessUnit[] => [
    unit,
    { trackId: 1, timestamp: 320 * i, keyframe: true, parts: [new Uint8Array(320).fill(i)] },
  ]);
  const movie = movieOf(muxer, units);
  assert.match(movie.start?.contentType ?? "", /avc1\.64001e, flac"$/);
  const sound = of(SOUND, movie);
  assert.deepEqual([sound.length, sound.at(-1)?.decodeAt], [50, 49 * 320]);
  assertContinuous(sound);
});

test("Fmp4Muxer waits for parameter sets it can read", () => {
  const options: ClipOptions = { audio: "none" };
  const [keyframe] = unitsOf(loadClip(options));
  assert.ok(keyframe !== undefined);
  const track = packedTrack(0, "video", "H264");
  const muxer = muxerOf([track]);
  const parts = (...hex: readonly string[]) => ({ ...keyframe, parts: hex.map(fromHex) });
  assert.deepEqual(muxer.push(parts("6588aabb")), []);
  assert.deepEqual(muxer.push(parts("67640028", "68ee", "6588aabb")), []);
  const good = "67640028acd940780227e5c044000003000400000300783c60c658";
  const [start, media] = muxer.push(parts(good, "68ebe3cb22c0", "6588aabb"));
  assert.equal(start?.type === "start" && start.contentType, 'video/mp4; codecs="avc1.640028"');
  assert.equal(media?.type, "media");
});
