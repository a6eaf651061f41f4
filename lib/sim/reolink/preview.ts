import type { Duration, Instant } from "../../machine.ts";
import { encodeFrame, encodeInfo, splitMicroseconds } from "../../reolink/bcmedia/encode.ts";
import type { BcMediaFrame, CameraTime } from "../../reolink/bcmedia/frame.ts";
import type { CameraFaults, CameraQuirks } from "./camera_faults.ts";
import { type Material, PICTURE, type Piece, type TimedPiece } from "./material.ts";

export interface PreviewOptions {
  readonly material: Material;
  readonly quirks: CameraQuirks;
  readonly faults: Pick<CameraFaults, "corruptMediaAfter" | "slowAfter">;
  /** When the camera was switched on: its media clock counts from there. */
  readonly bootedAt: Instant;
  /** Its time of day at instant 0, in milliseconds since 1970. */
  readonly epoch: number;
}

/** One frame as bytes of the stream. */
export interface PreviewFrame {
  readonly bytes: Uint8Array;
  readonly isVideo: boolean;
  readonly keyframe: boolean;
}

/** What an additional header goes on with behind the time; its meaning is not known [capture]. */
const EXTRA_TAIL = 0x0700_0002;

/**
 * One stream on its way to one client: the clip in real time, beginning with a key frame at once as
 * cameras do, and going on from where the clip is just then.
 */
export class Preview {
  readonly #options: PreviewOptions;
  readonly #startedAt: Instant;
  /** Number of the first frame sent, counted through all repetitions, and its place in time. */
  readonly #firstAt: Duration;
  #next: number;
  #isCorrupted = false;

  constructor(now: Instant, options: PreviewOptions) {
    this.#options = options;
    this.#startedAt = now;
    this.#next = keyframeBefore(options.material, now - options.bootedAt);
    this.#firstAt = this.#at(this.#next).dueAt;
  }

  /** The block a stream begins with. */
  info(now: Instant): Uint8Array {
    const { width, height, fps } = PICTURE;
    const start = cameraTime(this.#options.epoch + now);
    return encodeInfo({
      type: "info",
      version: 2,
      width,
      height,
      unknown: 0,
      fps,
      start,
      end: start,
    });
  }

  /** When the next frame is due. */
  get nextAt(): Instant {
    return this.#startedAt + this.#at(this.#next).dueAt - this.#firstAt;
  }

  /** The next frame that is due; `undefined` when there is none, or it is left out. */
  take(now: Instant): PreviewFrame | undefined {
    const at = this.nextAt;
    if (at > now) return undefined;
    const { piece } = this.#at(this.#next++);
    if (this.#leavesOut(at, piece)) return undefined;
    const bytes = encodeFrame(this.#frameOf(at, piece), this.#options.quirks.padding);
    const isVideo = piece.type === "video";
    if (isVideo && this.#corrupts(at)) bytes.fill(0xee, 0, 4);
    return { bytes, isVideo, keyframe: isVideo && piece.keyframe };
  }

  #leavesOut(at: Instant, piece: Piece): boolean {
    const { quirks, faults } = this.#options;
    const age = at - this.#startedAt;
    if (piece.type !== "video") return age < quirks.audioAfter;
    return !piece.keyframe && age >= (faults.slowAfter ?? Infinity);
  }

  #corrupts(at: Instant): boolean {
    const { corruptMediaAfter = Infinity } = this.#options.faults;
    if (this.#isCorrupted || at - this.#startedAt < corruptMediaAfter) return false;
    this.#isCorrupted = true;
    return true;
  }

  #frameOf(at: Instant, piece: Piece): BcMediaFrame {
    const { quirks, bootedAt } = this.#options;
    switch (piece.type) {
      case "video": {
        const { keyframe, codec, payload } = piece;
        const length = keyframe ? quirks.keyExtra : quirks.interExtra;
        const uptime = Math.round(1000 * (quirks.uptime + at - bootedAt));
        return {
          type: "video",
          keyframe,
          channel: 0,
          codec,
          ...splitMicroseconds(uptime),
          extra: this.#extra(at, keyframe, length),
          payload,
        };
      }
      case "aac":
        return { type: "aac", variant: 0, payload: piece.payload };
      case "adpcm": {
        const { predictor, stepIndex, nibbles } = piece;
        const unknown = (4 + nibbles.byteLength) / 2;
        return { type: "adpcm", unknown, predictor, stepIndex, nibbles };
      }
    }
  }

  /** Key frames carry the time of day. */
  #extra(at: Instant, keyframe: boolean, length: number): Uint8Array {
    const extra = new Uint8Array(length);
    if (length === 0) return extra;
    const view = new DataView(extra.buffer);
    const time = this.#options.epoch + at;
    if (!keyframe) {
      view.setUint32(0, EXTRA_TAIL, true);
      return extra;
    }
    view.setUint32(0, Math.floor(time / 1000), true);
    view.setUint16(4, Math.floor(time % 1000), true);
    if (length > 8) view.setUint32(8, EXTRA_TAIL, true);
    return extra;
  }

  /** The frame with this number, as it is in its repetition of the clip. */
  #at(number: number): TimedPiece {
    return pieceAt(this.#options.material, number);
  }
}

function pieceAt({ pieces, duration }: Material, number: number): TimedPiece {
  const timed = pieces[number % pieces.length];
  if (timed === undefined) throw new RangeError(`Cannot play frame as it must exist: ${number}`);
  const { dueAt, piece } = timed;
  return { dueAt: dueAt + Math.floor(number / pieces.length) * duration, piece };
}

/** Number of the last key frame that is due after this many milliseconds of the clip. */
function keyframeBefore(material: Material, elapsed: Duration): number {
  const { pieces, duration } = material;
  const round = Math.max(0, Math.floor(elapsed / duration));
  const rest = elapsed - round * duration;
  const index = pieces.findLastIndex(({ dueAt, piece }) => {
    return dueAt <= rest && piece.type === "video" && piece.keyframe;
  });
  return round * pieces.length + Math.max(0, index);
}

function cameraTime(time: number): CameraTime {
  const date = new Date(time);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}
