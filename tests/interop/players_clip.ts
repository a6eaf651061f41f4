/** The test picture and its sound as players show them, frame by frame. @module */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import clipH264 from "../../lib/sim/clip/clip.json" with { type: "json" };
import clipH265 from "../../lib/sim/clip/clip_h265.json" with { type: "json" };
import { splitAnnexB } from "../../lib/media/annex_b.ts";
import { groupH264, H264_NAL, h264NalType, isH264Keyframe } from "../../lib/media/h264.ts";
import { type Clip, loadClip } from "../../lib/sim/clip/clip.ts";
import { run } from "./players.ts";

const FRAME_RATE = 25;

export type ClipVideo = "h264" | "h265";

/** A decoded picture, or a frame of sound as it came, in the output of ffmpeg's framemd5. */
export interface ShownFrame {
  /** Number of the stream. */
  readonly stream: number;
  /** When it is to be shown. */
  readonly seconds: number;
  readonly checksum: string;
}

/** Arguments of ffmpeg for output that `shownFrames()` reads: pictures decoded, sound as it is. */
export const SHOW = [
  ...["-map", "0:v", "-fps_mode:v", "passthrough", "-enc_time_base:v", "-1"],
  ...["-map", "0:a", "-c:a", "copy", "-f", "framemd5", "-"],
];

export function shownFrames(framemd5: string): ShownFrame[] {
  const lines = framemd5.split("\n");
  const timeBases = lines.flatMap((line) => {
    const [, one = "", rate = ""] = /^#tb \d+: (\d+)\/(\d+)$/.exec(line) ?? [];
    return one === "" ? [] : [Number(one) / Number(rate)];
  });
  return lines.filter((line) => /^\d/.test(line)).map((line) => {
    const [stream, , timestamp, , , checksum = ""] = line.split(",").map((cell) => cell.trim());
    const seconds = Number(timestamp) * (timeBases[Number(stream)] ?? NaN);
    return { stream: Number(stream), seconds, checksum };
  });
}

/** Where in the clip frames are, in seconds, by their checksums. */
export interface ClipPlaces {
  readonly pictures: ReadonlyMap<string, number>;
  /** Of sound that is there once only: the ticks. */
  readonly sounds: ReadonlyMap<string, number>;
  /** Seconds until the pictures repeat; sound repeats after a multiple of them. */
  readonly duration: number;
}

export async function clipPlaces(video: ClipVideo): Promise<ClipPlaces> {
  const { annexB, frames, frameRate } = (video === "h264" ? clipH264 : clipH265).video;
  const format = video === "h264" ? "h264" : "hevc";
  const args = ["-v", "error", "-f", format, "-i", "-", "-f", "framemd5", "-"];
  const { stdout } = await run("ffmpeg", args, { stdin: Buffer.from(annexB, "base64") });
  const pictures = shownFrames(stdout).map(({ checksum }, i) => [checksum, i / frameRate] as const);
  return { pictures: new Map(pictures), sounds: soundPlaces(), duration: frames / frameRate };
}

function soundPlaces(): Map<string, number> {
  const { tracks, units } = loadClip();
  const audio = tracks.find(({ kind }) => kind === "audio");
  const sounds = units.filter(({ unit }) => unit.trackId === audio?.id).map((timed) => {
    const hash = createHash("md5");
    for (const part of timed.unit.parts) hash.update(part);
    return [hash.digest("hex"), timed.dueAt / 1_000] as const;
  });
  const counts = new Map<string, number>();
  for (const [checksum] of sounds) counts.set(checksum, (counts.get(checksum) ?? 0) + 1);
  return new Map(sounds.filter(([checksum]) => counts.get(checksum) === 1));
}

/** What a player has shown, beside the clip. */
export interface Showing {
  readonly pictures: number;
  /** Pictures that the clip has not, or not there. */
  readonly strange: number;
  /** Sounds that the clip has once only. */
  readonly ticks: number;
  /** How late the sound was against the picture at most, in milliseconds; negative when early. */
  readonly lag: number;
}

export function compare(frames: readonly ShownFrame[], places: ClipPlaces): Showing {
  const { pictures, sounds, duration } = places;
  const delays = (stream: number, known: ReadonlyMap<string, number>) =>
    frames.filter((frame) => frame.stream === stream).map(({ checksum, seconds }) => {
      const place = known.get(checksum);
      return place === undefined ? undefined : seconds - place;
    });
  const shown = delays(0, pictures);
  const start = shown.find((delay) => delay !== undefined) ?? NaN;
  // To the nearest repetition of the clip.
  const late = (delay: number) => {
    const turns = (delay - start) / duration;
    return (turns - Math.round(turns)) * duration;
  };
  const isThere = (delay: number | undefined) =>
    delay !== undefined && Math.abs(late(delay)) < 0.002;
  const lags = delays(1, sounds).flatMap((delay) => delay === undefined ? [] : [late(delay)]);
  const lag = lags.reduce((most, one) => Math.abs(one) > Math.abs(most) ? one : most, 0);
  return {
    pictures: shown.length,
    strange: shown.filter((delay) => !isThere(delay)).length,
    ticks: lags.length,
    lag: Math.round(1e4 * lag) / 10,
  };
}

/** Another clip of H.264, of that size and with parameter sets of its own; sound is the same. */
export function makeClip(size: string): Clip {
  const { stdout } = spawnSync("ffmpeg", [
    ...["-v", "error", "-f", "lavfi", "-i", `testsrc=size=${size}:rate=${FRAME_RATE}`, "-t", "2"],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-f", "h264", "-"],
  ]);
  const original = loadClip();
  const [first, ...others] = original.tracks;
  if (first?.codec !== "H264") throw new Error("the clip begins with its picture");
  const nalUnits = splitAnnexB(new Uint8Array(stdout));
  const find = (type: number) =>
    nalUnits.find((unit) => h264NalType(unit) === type) ?? new Uint8Array();
  const pictures = groupH264(nalUnits).map((parts, i) => ({
    dueAt: 1_000 * i / FRAME_RATE,
    unit: {
      trackId: first.id,
      timestamp: first.clockRate * i / FRAME_RATE,
      keyframe: isH264Keyframe(parts),
      parts,
    },
  }));
  const duration = 1_000 * pictures.length / FRAME_RATE;
  const sounds = original.units.filter(({ dueAt, unit }) =>
    unit.trackId !== first.id && dueAt < duration
  );
  return {
    tracks: [{ ...first, sps: find(H264_NAL.sps), pps: find(H264_NAL.pps) }, ...others],
    units: [...pictures, ...sounds].sort((a, b) => a.dueAt - b.dueAt),
    duration,
  };
}
