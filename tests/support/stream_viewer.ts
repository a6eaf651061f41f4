import assert from "node:assert/strict";
import { equalBytes } from "../../lib/bytes/bytes.ts";
import type { OpenResult } from "../../lib/hub/hub.ts";
import type { CloseReason, Instant } from "../../lib/machine.ts";
import type { AccessUnit, Track } from "../../lib/media/track.ts";
import type { Clip } from "../../lib/sim/clip/clip.ts";

/** One who watches a stream of the hub, and keeps all of it. */
export class StreamViewer {
  readonly tracks: readonly Track[];
  readonly units: (AccessUnit & { readonly at: Instant })[] = [];
  ended: CloseReason | undefined;
  leave = () => {};

  constructor(result: OpenResult, now: () => Instant) {
    if (result.type !== "source") throw new Error(`Cannot watch: ${JSON.stringify(result)}`);
    this.tracks = result.source.tracks;
    this.leave = result.source.read({
      onUnit: (unit) => this.units.push({ ...unit, at: now() }),
      onEnd: (reason) => this.ended = reason,
    });
  }

  get pictures() {
    return this.units.filter(({ trackId }) => trackId === this.tracks[0]?.id);
  }

  get sounds() {
    return this.units.filter(({ trackId }) => trackId === this.tracks[1]?.id);
  }

  /**
   * Fails unless it saw each picture of the clip, byte for byte, none missing, with time going on
   * evenly. The camera shows the clip again and again.
   */
  assertSawAll(clip: Clip, count: number): void {
    const { pictures } = this;
    assert.ok(pictures.length >= count, `${pictures.length} of ${count} pictures`);
    const originals = clip.units.map(({ unit }) => unit)
      .filter(({ trackId }) => trackId === clip.tracks[0]?.id);
    const start = originals.findIndex((unit) => sameParts(unit, pictures[0]));
    assert.ok(start >= 0, "it begins with a picture of the clip");
    assert.equal(pictures[0]?.keyframe, true);
    let last: number | undefined;
    for (const [i, picture] of pictures.entries()) {
      const original = originals[(start + i) % originals.length];
      assert.ok(original && sameParts(original, picture), `picture ${i} is as it was made`);
      if (last !== undefined) assert.equal(picture.timestamp - last, 3_600, `picture ${i}`);
      last = picture.timestamp;
    }
  }
}

function sameParts(a: AccessUnit, b: AccessUnit | undefined): boolean {
  return b !== undefined && a.parts.length === b.parts.length &&
    a.parts.every((part, i) => equalBytes(part, b.parts[i] ?? new Uint8Array()));
}
