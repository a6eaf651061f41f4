import { decodeBase64 } from "../../bytes/base64.ts";
import { AAC_FRAME_SAMPLES, audioSpecificConfig, splitAdts } from "../../media/adts.ts";
import { splitAnnexB } from "../../media/annex_b.ts";
import { encodeDvi4 } from "../../media/dvi4.ts";
import { groupH264, H264_NAL, h264NalType, isH264Keyframe } from "../../media/h264.ts";
import { groupH265, H265_NAL, h265NalType, isH265Keyframe } from "../../media/h265.ts";
import { encodeAdpcm } from "../../media/ima_adpcm.ts";
import type { AccessUnit, Track } from "../../media/track.ts";
import clip from "./clip.json" with { type: "json" };
import clipH265 from "./clip_h265.json" with { type: "json" };
import { makeTone, TONE_SECONDS } from "./tone.ts";

const VIDEO_ID = 0;
const AUDIO_ID = 1;

/** RTP's clock for all video. */
const VIDEO_CLOCK_RATE = 90_000;

/** As real cameras have it: 240 bytes, 60 ms. */
const ADPCM_SAMPLE_RATE = 8_000;
const ADPCM_BLOCK_SAMPLES = 480;

export const CLIP_VIDEO = ["h264", "h265"] as const;
export const CLIP_AUDIO = ["aac", "adpcm", "none"] as const;

/** What the test picture is made of. */
export interface ClipOptions {
  readonly video?: typeof CLIP_VIDEO[number];
  /** `adpcm` is a packed track of DVI4, the same blocks as cameras send. */
  readonly audio?: typeof CLIP_AUDIO[number];
}

/** An access unit and when it is due, in milliseconds from the beginning of the clip. */
export interface TimedUnit {
  readonly dueAt: number;
  readonly unit: AccessUnit;
}

/** One run of the clip, by time; it begins with a key frame. */
export interface Clip {
  readonly tracks: readonly Track[];
  readonly units: readonly TimedUnit[];
  /** Milliseconds from the first unit to that of the next repetition, the same on all tracks. */
  readonly duration: number;
}

/** One track by itself, and when it repeats. */
interface Lane {
  readonly track: Track;
  readonly units: readonly TimedUnit[];
  /** Milliseconds. */
  readonly duration: number;
}

/** The test picture that scripts/make_clip.ts made, and its sound. */
export function loadClip({ video = "h264", audio = "aac" }: ClipOptions = {}): Clip {
  const lanes = [video === "h264" ? loadH264() : loadH265()];
  if (audio !== "none") lanes.push(audio === "aac" ? loadAac() : makeAdpcm());
  // Each lane's duration divides that of the longest.
  const duration = Math.max(...lanes.map((lane) => lane.duration));
  const units = lanes.flatMap((lane) => [...repeat(lane, duration)]);
  return {
    tracks: lanes.map(({ track }) => track),
    units: units.sort((a, b) => a.dueAt - b.dueAt),
    duration,
  };
}

function* repeat({ track, units, duration }: Lane, until: number): Generator<TimedUnit> {
  for (let at = 0; at < until; at += duration) {
    for (const { dueAt, unit } of units) {
      const timestamp = unit.timestamp + track.clockRate * at / 1000;
      yield { dueAt: dueAt + at, unit: { ...unit, timestamp } };
    }
  }
}

function loadH264(): Lane {
  const nalUnits = splitAnnexB(decodeBase64(clip.video.annexB, "clip"));
  const sets = {
    sps: firstOf(nalUnits, h264NalType, H264_NAL.sps),
    pps: firstOf(nalUnits, h264NalType, H264_NAL.pps),
  };
  // Cameras send no access unit delimiters, as RTP marks the end of each picture by itself.
  const pictures = groupH264(nalUnits.filter((unit) => h264NalType(unit) !== H264_NAL.aud));
  return {
    track: { id: VIDEO_ID, kind: "video", codec: "H264", clockRate: VIDEO_CLOCK_RATE, ...sets },
    ...timePictures(pictures, isH264Keyframe, clip.video.frameRate),
  };
}

function loadH265(): Lane {
  const nalUnits = splitAnnexB(decodeBase64(clipH265.video.annexB, "clip"));
  const sets = {
    vps: firstOf(nalUnits, h265NalType, H265_NAL.vps),
    sps: firstOf(nalUnits, h265NalType, H265_NAL.sps),
    pps: firstOf(nalUnits, h265NalType, H265_NAL.pps),
  };
  return {
    track: { id: VIDEO_ID, kind: "video", codec: "H265", clockRate: VIDEO_CLOCK_RATE, ...sets },
    ...timePictures(groupH265(nalUnits), isH265Keyframe, clipH265.video.frameRate),
  };
}

function timePictures(
  pictures: readonly Uint8Array[][],
  isKeyframe: (parts: readonly Uint8Array[]) => boolean,
  frameRate: number,
): Omit<Lane, "track"> {
  const units = pictures.map((parts, i) => ({
    dueAt: 1000 * i / frameRate,
    unit: {
      trackId: VIDEO_ID,
      timestamp: VIDEO_CLOCK_RATE * i / frameRate,
      keyframe: isKeyframe(parts),
      parts,
    },
  }));
  return { units, duration: 1000 * pictures.length / frameRate };
}

function firstOf(
  nalUnits: readonly Uint8Array[],
  typeOf: (unit: Uint8Array) => number,
  type: number,
): Uint8Array {
  const found = nalUnits.find((unit) => typeOf(unit) === type);
  if (found === undefined) throw new Error(`Cannot load clip as it needs a NAL unit ${type}`);
  return found;
}

function loadAac(): Lane {
  const frames = splitAdts(decodeBase64(clip.audio.adts, "clip"));
  const [first] = frames;
  if (first === undefined) throw new Error("Cannot load clip as it needs audio: have 0 frames");
  return {
    track: {
      id: AUDIO_ID,
      kind: "audio",
      codec: "MPEG4-GENERIC",
      clockRate: first.sampleRate,
      channels: first.channels,
      config: audioSpecificConfig(first),
    },
    ...timeSound(frames.map(({ payload }) => payload), AAC_FRAME_SAMPLES, first.sampleRate),
  };
}

/** Three turns of the tone are the fewest that are whole blocks. */
function makeAdpcm(): Lane {
  const tone = makeTone(ADPCM_SAMPLE_RATE);
  const blocks = 3 * TONE_SECONDS * ADPCM_SAMPLE_RATE / ADPCM_BLOCK_SAMPLES;
  const payloads: Uint8Array[] = [];
  let state = { predictor: 0, stepIndex: 0 };
  for (let block = 0; block < blocks; block++) {
    const samples = Int16Array.from({ length: ADPCM_BLOCK_SAMPLES }, (_, i) => {
      return tone[(block * ADPCM_BLOCK_SAMPLES + i) % tone.length] ?? 0;
    });
    const { nibbles, after } = encodeAdpcm(state, samples);
    payloads.push(encodeDvi4({ state, nibbles }));
    state = after;
  }
  return {
    track: {
      id: AUDIO_ID,
      kind: "audio",
      codec: "packed",
      encoding: "DVI4",
      clockRate: ADPCM_SAMPLE_RATE,
      channels: 1,
      fmtp: undefined,
    },
    ...timeSound(payloads, ADPCM_BLOCK_SAMPLES, ADPCM_SAMPLE_RATE),
  };
}

function timeSound(
  frames: readonly Uint8Array[],
  samples: number,
  sampleRate: number,
): Omit<Lane, "track"> {
  const units = frames.map((frame, i) => ({
    dueAt: 1000 * i * samples / sampleRate,
    unit: { trackId: AUDIO_ID, timestamp: i * samples, keyframe: true, parts: [frame] },
  }));
  return { units, duration: 1000 * frames.length * samples / sampleRate };
}
