import type { AccessUnit, Track } from "../../media/track.ts";

/** What the current group of pictures may take up; a 4K camera's two seconds are about 4 MiB. */
export const MAX_GROUP_BYTES = 16 << 20;

/** Access units kept; tiny ones must not eat memory by their number. */
const MAX_UNITS = 4_096;

/**
 * The access units since the last key frame, so that a new reader starts with a picture at once
 * instead of waiting for the next key frame.
 *
 * A group that outgrows its limits is given up until the next key frame.
 */
export class GopCache {
  readonly #videoTrack: number | undefined;
  readonly #maxBytes: number;
  #units: AccessUnit[] = [];
  #bytes = 0;
  #isComplete = false;

  constructor(tracks: readonly Track[], maxBytes = MAX_GROUP_BYTES) {
    this.#maxBytes = maxBytes;
    this.#videoTrack = tracks.find((track) => track.kind === "video")?.id;
  }

  /** The units to begin with: none while there is no key frame, or no video. */
  get units(): readonly AccessUnit[] {
    return this.#isComplete ? this.#units : [];
  }

  push(unit: AccessUnit): void {
    if (unit.trackId === this.#videoTrack && unit.keyframe) this.#begin();
    if (!this.#isComplete) return;
    this.#units.push(unit);
    for (const part of unit.parts) this.#bytes += part.byteLength;
    if (this.#bytes > this.#maxBytes || this.#units.length > MAX_UNITS) this.clear();
  }

  clear(): void {
    this.#units = [];
    this.#bytes = 0;
    this.#isComplete = false;
  }

  #begin(): void {
    this.clear();
    this.#isComplete = true;
  }
}
