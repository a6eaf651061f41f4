import { Buffer } from "node:buffer";
import { AAC_FRAME_SAMPLES, audioSpecificConfig, splitAdts } from "../../media/adts.ts";
import { splitAnnexB } from "../../media/annex_b.ts";
import { groupH264, H264_NAL, h264NalType, isH264Keyframe } from "../../media/h264.ts";
import type { AacTrack, AccessUnit, H264Track, Track } from "../../media/track.ts";
import clip from "./clip.json" with { type: "json" };

const VIDEO_ID = 0;
const AUDIO_ID = 1;

/** RTP's clock for all video. */
const VIDEO_CLOCK_RATE = 90_000;

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

/** Unpacks the test picture that scripts/make_clip.ts made. */
export function loadClip(): Clip {
  const video = loadVideo();
  const audio = loadAudio();
  const units = [...video.units, ...audio.units].sort((a, b) => a.dueAt - b.dueAt);
  return {
    tracks: [video.track, audio.track],
    units,
    duration: 1000 * clip.video.frames / clip.video.frameRate,
  };
}

function loadVideo(): { track: H264Track; units: TimedUnit[] } {
  const nalUnits = splitAnnexB(Buffer.from(clip.video.annexB, "base64"));
  const track: H264Track = {
    id: VIDEO_ID,
    kind: "video",
    codec: "H264",
    clockRate: VIDEO_CLOCK_RATE,
    sps: firstOf(nalUnits, H264_NAL.sps),
    pps: firstOf(nalUnits, H264_NAL.pps),
  };
  // Cameras send no access unit delimiters, as RTP marks the end of each picture by itself.
  const pictures = groupH264(nalUnits.filter((unit) => h264NalType(unit) !== H264_NAL.aud));
  const units = pictures.map((parts, i) => ({
    dueAt: 1000 * i / clip.video.frameRate,
    unit: {
      trackId: VIDEO_ID,
      timestamp: VIDEO_CLOCK_RATE * i / clip.video.frameRate,
      keyframe: isH264Keyframe(parts),
      parts,
    },
  }));
  return { track, units };
}

function firstOf(nalUnits: readonly Uint8Array[], type: number): Uint8Array {
  const found = nalUnits.find((unit) => h264NalType(unit) === type);
  if (found === undefined) throw new Error(`Cannot load clip as it needs a NAL unit ${type}`);
  return found;
}

function loadAudio(): { track: AacTrack; units: TimedUnit[] } {
  const frames = splitAdts(Buffer.from(clip.audio.adts, "base64"));
  const [first] = frames;
  if (first === undefined) throw new Error("Cannot load clip as it needs audio: have 0 frames");
  const track: AacTrack = {
    id: AUDIO_ID,
    kind: "audio",
    codec: "MPEG4-GENERIC",
    clockRate: first.sampleRate,
    channels: first.channels,
    config: audioSpecificConfig(first),
  };
  const units = frames.map(({ payload }, i) => ({
    dueAt: 1000 * i * AAC_FRAME_SAMPLES / first.sampleRate,
    unit: {
      trackId: AUDIO_ID,
      timestamp: i * AAC_FRAME_SAMPLES,
      keyframe: true,
      parts: [payload],
    },
  }));
  return { track, units };
}
