/** Our MP4 before ffmpeg: every picture and every sample of sound, bit by bit. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { concatBytes, slices } from "../../lib/bytes/bytes.ts";
import { Fmp4Muxer } from "../../lib/fmp4/muxer.ts";
import { splitAnnexB } from "../../lib/media/annex_b.ts";
import { decodeALaw, decodeMuLaw } from "../../lib/media/g711.ts";
import { groupH264, H264_NAL, h264NalType, isH264Keyframe } from "../../lib/media/h264.ts";
import type { AccessUnit, PackedTrack, Track } from "../../lib/media/track.ts";
import { type ClipOptions, loadClip } from "../../lib/sim/clip/clip.ts";
import clip from "../../lib/sim/clip/clip.json" with { type: "json" };
import clipH265 from "../../lib/sim/clip/clip_h265.json" with { type: "json" };
import { makeTone } from "../../lib/sim/clip/tone.ts";
import { missing, run } from "./players.ts";

const skip = missing("ffmpeg", "-version");
const titled = (name: string) => skip ? `${name}, skipped as ${skip}` : name;

const QUIET = ["-v", "error"];
const MD5 = ["-f", "framemd5", "-"];

function mux(tracks: readonly Track[], units: readonly AccessUnit[]): Uint8Array {
  const muxer = Fmp4Muxer.of({ tracks, sound: true });
  assert.ok(muxer !== undefined);
  const pieces = units.flatMap((unit) => muxer.push(unit));
  return concatBytes(pieces.map((piece) => {
    assert.ok(piece.type !== "changed");
    return piece.bytes;
  }));
}

interface Decoded {
  /** Presentation time of each frame, in its clock's units. */
  readonly times: readonly number[];
  readonly checksums: readonly string[];
}

/** What ffmpeg makes of one stream, with not a word of complaint. */
async function decode(
  input: readonly string[],
  stdin: Uint8Array | undefined,
  stream: string,
): Promise<Decoded> {
  const args = [...QUIET, ...input, "-map", stream, "-fps_mode", "passthrough", ...MD5];
  const { code, stdout, stderr } = await run("ffmpeg", args, stdin === undefined ? {} : { stdin });
  assert.deepEqual([code, stderr], [0, ""]);
  const rows = stdout.split("\n").filter((line) => line.startsWith("0,"))
    .map((line) => line.split(",").map((cell) => cell.trim()));
  return {
    times: rows.map(([, , time]) => Number(time)),
    checksums: rows.map((cells) => cells.at(-1) ?? ""),
  };
}

const MOVIE = ["-i", "-"];

for (const video of ["h264", "h265"] as const) {
  const name = `ffmpeg decodes every picture of ${video} and all AAC in our MP4, bit by bit`;
  test(titled(name), { skip, timeout: 60_000 }, async () => {
    const options: ClipOptions = { video };
    const { tracks, units } = loadClip(options);
    const movie = mux(tracks, units.map(({ unit }) => unit));
    const { annexB } = video === "h265" ? clipH265.video : clip.video;
    const format = video === "h265" ? "hevc" : "h264";
    const raw = Buffer.from(annexB, "base64");
    const adts = Buffer.from(clip.audio.adts, "base64");
    const [pictures, sound, original, originalSound] = await Promise.all([
      decode(MOVIE, movie, "0:v"),
      decode(MOVIE, movie, "0:a"),
      decode(["-f", format, "-i", "-"], raw, "0:v"),
      decode(["-f", "aac", "-i", "-"], adts, "0:a"),
    ]);
    assert.equal(pictures.checksums.length, 400);
    const turns = 400 / original.checksums.length;
    assert.deepEqual(pictures.checksums, Array(turns).fill(original.checksums).flat());
    assert.deepEqual(sound.checksums, originalSound.checksums);
  });
}

test(titled("ffprobe reads size, codecs and rates out of our MP4"), { skip }, async () => {
  const { tracks, units } = loadClip();
  const movie = mux(tracks, units.map(({ unit }) => unit));
  const args = [...QUIET, "-of", "json", "-show_streams", "-"];
  const { stdout, stderr } = await run("ffprobe", args, { stdin: movie });
  assert.equal(stderr, "");
  const [video, audio] = JSON.parse(stdout).streams;
  assert.deepEqual(
    [video.codec_tag_string, video.width, video.height, video.r_frame_rate, video.time_base],
    ["avc1", 640, 360, "25/1", "1/90000"],
  );
  assert.deepEqual(
    [audio.codec_tag_string, audio.sample_rate, audio.channels, audio.profile],
    ["mp4a", "16000", 1, "LC"],
  );
});

/** Sound of a telephone beside the clip's pictures, in packets of 40 ms. */
function withTelephone(encoding: "PCMA" | "PCMU" | "L16", bytes: Uint8Array, rate: number) {
  const { tracks, units } = loadClip({ audio: "none" });
  const sound: PackedTrack = {
    id: 1,
    kind: "audio",
    codec: "packed",
    encoding,
    clockRate: rate,
    channels: 1,
    fmtp: undefined,
  };
  const samples = rate / 25;
  const packets = [...slices(bytes, encoding === "L16" ? 2 * samples : samples)];
  const all = units.flatMap(({ unit }, i): AccessUnit[] => {
    const part = packets[i];
    const heard = { trackId: 1, timestamp: i * samples, keyframe: true };
    return part === undefined ? [unit] : [unit, { ...heard, parts: [part] }];
  });
  return mux([...tracks, sound], all);
}

/** All sound of a movie, decoded. */
function samplesOf(movie: Uint8Array): Promise<Int16Array> {
  return withFolder(async (folder) => {
    const output = join(folder, "sound.raw");
    const args = [...QUIET, "-i", "-", "-map", "0:a", "-f", "s16le", output];
    const { code, stderr } = await run("ffmpeg", args, { stdin: movie });
    assert.deepEqual([code, stderr], [0, ""]);
    const bytes = await readFile(output);
    return Int16Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i));
  });
}

async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-fmp4-"));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const ENCODINGS = [
  { encoding: "PCMA", format: "alaw", rate: 8_000, decode: decodeALaw },
  { encoding: "PCMU", format: "mulaw", rate: 8_000, decode: decodeMuLaw },
  { encoding: "L16", format: "s16be", rate: 16_000, decode: undefined },
] as const;

for (const { encoding, format, rate, decode } of ENCODINGS) {
  const name = `ffmpeg hears in our FLAC what it hears in ${encoding}, sample by sample`;
  test(titled(name), { skip, timeout: 60_000 }, async () => {
    const tone = makeTone(rate);
    const bytes = await withFolder(async (folder) => {
      const output = join(folder, "packed.raw");
      const input = ["-f", "s16le", "-ar", `${rate}`, "-ac", "1", "-i", "-"];
      const stdin = new Uint8Array(tone.buffer);
      await run("ffmpeg", [...QUIET, ...input, "-f", format, output], { stdin });
      return new Uint8Array(await readFile(output));
    });
    const heard = await samplesOf(withTelephone(encoding, bytes, rate));
    assert.deepEqual(heard, decode?.(bytes) ?? tone);
  });
}

const silent = "ffmpeg hears nothing in our frames of silence, for one and for two channels";
test(titled(silent), { skip, timeout: 60_000 }, async () => {
  const { tracks: [video], units } = loadClip({ audio: "none" });
  for (const config of [Uint8Array.of(0x14, 0x08), Uint8Array.of(0x14, 0x10)]) {
    const channels = config[1] === 0x08 ? 1 : 2;
    const common = { id: 1, kind: "audio", codec: "MPEG4-GENERIC", clockRate: 16_000 } as const;
    const sound: Track = { ...common, channels, config };
    assert.ok(video !== undefined);
    const heard = await samplesOf(mux([video, sound], units.map(({ unit }) => unit)));
    assert.ok(heard.length > 15 * 16_000 * channels, `${heard.length}`);
    assert.ok(heard.every((sample) => sample === 0));
  }
});

const reordered = "ffmpeg shows pictures with B-frames in our MP4 in their order and on time";
test(titled(reordered), { skip, timeout: 60_000 }, async () => {
  const { raw, order } = await encodeReordered();
  const units = groupH264(splitAnnexB(raw));
  const [sps, pps] = [H264_NAL.sps, H264_NAL.pps].map((type) =>
    units.flat().find((unit) => h264NalType(unit) === type)
  );
  assert.ok(sps !== undefined && pps !== undefined);
  assert.notDeepEqual(order, order.toSorted((a, b) => a - b));
  const track: Track = { id: 0, kind: "video", codec: "H264", clockRate: 90_000, sps, pps };
  const pictures = units.map((parts, i): AccessUnit => {
    const timestamp = 3_600 * (order[i] ?? 0);
    return { trackId: 0, timestamp, keyframe: isH264Keyframe(parts), parts };
  });
  // From a pipe, ffmpeg guesses the order of the first pictures before it has seen enough of them.
  const [ours, theirs] = await withFolder(async (folder) => {
    const file = join(folder, "movie.mp4");
    await writeFile(file, mux([track], pictures));
    return await Promise.all([
      decode(["-i", file], undefined, "0:v"),
      decode(["-f", "h264", "-i", "-"], raw, "0:v"),
    ]);
  });
  assert.equal(ours.checksums.length, 75);
  assert.deepEqual(ours.checksums, theirs.checksums);
  const [first = 0] = ours.times;
  assert.deepEqual(ours.times, Array.from({ length: 75 }, (_, i) => first + i));
});

/** Pictures in the order of decoding, and the place of each in the order of showing. */
function encodeReordered(): Promise<{ raw: Uint8Array; order: readonly number[] }> {
  return withFolder(async (folder) => {
    const file = join(folder, "reordered.mp4");
    const source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-frames:v", "75"];
    const coder = ["-c:v", "libx264", "-bf", "3", "-g", "25", "-pix_fmt", "yuv420p"];
    await run("ffmpeg", [...QUIET, ...source, ...coder, file]);
    const plain = join(folder, "reordered.h264");
    await run("ffmpeg", [...QUIET, "-i", file, "-c", "copy", "-f", "h264", plain]);
    const show = ["-show_entries", "packet=pts", "-of", "csv=p=0", file];
    const { stdout } = await run("ffprobe", [...QUIET, ...show]);
    const times = stdout.trim().split("\n").map((line) => Number.parseInt(line));
    const sorted = times.toSorted((a, b) => a - b);
    return {
      raw: new Uint8Array(await readFile(plain)),
      order: times.map((time) => sorted.indexOf(time)),
    };
  });
}
