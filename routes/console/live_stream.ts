import { concatBytes } from "../../lib/bytes/bytes.ts";
import { Fmp4Muxer } from "../../lib/fmp4/muxer.ts";
import type { Clock } from "../../lib/io/types.ts";
import type { Duration } from "../../lib/machine.ts";
import type { Source, SourceReader } from "../../lib/media/source.ts";
import type { AccessUnit } from "../../lib/media/track.ts";

/** How long a stream may take to show its first key frame; cameras send one every 1 to 10 s. */
export const PICTURE_WITHIN: Duration = 12_000;

/** How long a client may take nothing before it counts as gone. */
export const PATIENCE: Duration = 60_000;

/** What may wait for a client that reads too slowly, in bytes: two seconds of a 4K camera. */
export const MAX_WAITING_BYTES = 4 << 20;

export type LiveStart =
  /** The first key frame is in hand. */
  | {
    readonly type: "live";
    /** With codecs. */
    readonly contentType: string;
    readonly readable: ReadableStream<Uint8Array>;
  }
  /** No key frame came in time, or the source ended before. */
  | { readonly type: "none" };

/**
 * A source as MP4 for one client of HTTP. Nothing is handed over before the client has taken what it
 * was handed before; when too much waits, whole pictures are left out up to the next key frame, as
 * viewers of RTSP have it.
 */
export class LiveStream implements SourceReader {
  readonly started: Promise<LiveStart>;
  readonly #muxer: Fmp4Muxer;
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  readonly #start: (start: LiveStart) => void;
  readonly #readable: ReadableStream<Uint8Array>;
  #stop = () => {};
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Pictures are being left out. */
  #isDropping = false;
  /** The client wants more. */
  #hungry = false;
  #ended = false;
  #cancelTimer = () => {};

  /** @param onEnd Called once, when nothing more will come. */
  constructor(muxer: Fmp4Muxer, clock: Clock, onEnd: () => void) {
    this.#muxer = muxer;
    this.#clock = clock;
    this.#onEnd = onEnd;
    const { promise, resolve } = Promise.withResolvers<LiveStart>();
    this.started = promise;
    this.#start = resolve;
    this.#readable = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => {
        this.#hungry = true;
        this.#cancelTimer();
        this.#feed();
      },
      cancel: () => this.end(),
    }, { highWaterMark: 0 });
    this.#await(PICTURE_WITHIN);
  }

  /** Begins to read. A source that keeps pictures has the stream started before this returns. */
  read(source: Source): void {
    const stop = source.read(this);
    this.#stop = stop;
    if (this.#ended) stop();
  }

  onUnit(unit: AccessUnit): void {
    if (this.#ended || !this.#mayTake(unit)) return;
    for (const piece of this.#muxer.push(unit)) {
      if (piece.type === "changed") return this.end();
      this.#waiting.push(piece.bytes);
      this.#waitingBytes += piece.bytes.byteLength;
      if (piece.type === "start") this.#begin(piece.contentType);
    }
    this.#feed();
  }

  onEnd(): void {
    this.end();
  }

  /** Ends it; what was handed over before still arrives. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelTimer();
    this.#waiting = [];
    this.#start({ type: "none" });
    this.#stop();
    this.#onEnd();
    try {
      this.#controller?.close();
    } catch {
      // The client has cancelled it already.
    }
  }

  #begin(contentType: string): void {
    this.#await(PATIENCE);
    this.#start({ type: "live", contentType, readable: this.#readable });
  }

  /** A client that was too slow begins again with half of its room free, not at the very brim. */
  #mayTake({ trackId, keyframe, parts }: AccessUnit): boolean {
    const isVideo = trackId === this.#muxer.videoTrack;
    if (this.#isDropping) {
      const mayBegin = isVideo && keyframe && this.#waitingBytes <= MAX_WAITING_BYTES / 2;
      if (mayBegin) this.#isDropping = false;
      return mayBegin;
    }
    const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
    const hasRoom = this.#waitingBytes === 0 || this.#waitingBytes + length <= MAX_WAITING_BYTES;
    if (!hasRoom) this.#isDropping = true;
    return hasRoom;
  }

  #feed(): void {
    if (!this.#hungry || this.#ended || this.#waiting.length === 0) return;
    this.#hungry = false;
    const bytes = concatBytes(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#await(PATIENCE);
    this.#controller?.enqueue(bytes);
  }

  #await(delay: Duration): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.setTimer(delay, () => this.end());
  }
}
