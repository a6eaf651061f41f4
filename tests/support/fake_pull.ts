import type { Pull } from "../../lib/hub/media/media_path.ts";
import type { AacTrack, AccessUnit, H264Track, Track } from "../../lib/media/track.ts";
import type { TunnelEnd } from "../../lib/tunnel_end.ts";

export const PULL_LOST: TunnelEnd = {
  reason: "timeout",
  stage: "open",
  detail: "lost",
  advice: "",
};

export const PULL_VIDEO: H264Track = {
  id: 0,
  kind: "video",
  codec: "H264",
  clockRate: 90_000,
  sps: Uint8Array.of(0x67, 1, 2, 3),
  pps: Uint8Array.of(0x68, 1),
};

export const PULL_AUDIO: AacTrack = {
  id: 1,
  kind: "audio",
  codec: "MPEG4-GENERIC",
  clockRate: 16_000,
  channels: 1,
  config: Uint8Array.of(0x14, 0x08),
};

/** A pull that brings what a test tells it to. */
export class FakePull implements Pull {
  readonly tracks: readonly Track[];
  readonly #ended = Promise.withResolvers<TunnelEnd>();
  readonly #onUnit: (unit: AccessUnit) => void;
  closed = false;

  constructor(tracks: readonly Track[], onUnit: (unit: AccessUnit) => void) {
    this.tracks = tracks;
    this.#onUnit = onUnit;
  }

  get ended() {
    return this.#ended.promise;
  }

  /** A unit of one byte, shown after `seconds`. */
  unit(track: number, seconds: number, keyframe = true): void {
    const { clockRate } = track === 0 ? PULL_VIDEO : PULL_AUDIO;
    const timestamp = seconds * clockRate;
    this.#onUnit({ trackId: track, timestamp, keyframe, parts: [Uint8Array.of(1)] });
  }

  end(end: TunnelEnd): void {
    this.#ended.resolve(end);
  }

  close(): void {
    this.closed = true;
    this.end({ ...PULL_LOST, reason: "local" });
  }
}
