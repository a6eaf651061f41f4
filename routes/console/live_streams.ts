import { Fmp4Muxer } from "../../lib/fmp4/muxer.ts";
import type { Clock } from "../../lib/io/types.ts";
import type { Source } from "../../lib/media/source.ts";
import { LiveStream } from "./live_stream.ts";

export interface LiveOptions {
  readonly sound: boolean;
  /** The client went away. */
  readonly signal: AbortSignal;
}

export type LiveResult =
  | {
    readonly type: "live";
    readonly contentType: string;
    /** Encodings of tracks that browsers cannot play. */
    readonly leftOut: readonly string[];
    readonly readable: ReadableStream<Uint8Array>;
  }
  /** None of its tracks is video that browsers know. */
  | { readonly type: "unplayable" }
  /** No picture came in time. */
  | { readonly type: "none" }
  /** There are too many already. */
  | { readonly type: "full" };

/** The live pictures that are being watched over HTTP, up to a limit. */
export class LiveStreams {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #open = new Set<LiveStream>();

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** How many there are now. */
  get size(): number {
    return this.#open.size;
  }

  get isFull(): boolean {
    return this.#open.size >= this.#limit;
  }

  /** Shows a source to one client, from its first key frame on. */
  async open(source: Source, { sound, signal }: LiveOptions): Promise<LiveResult> {
    const muxer = Fmp4Muxer.of({ tracks: source.tracks, sound });
    if (muxer === undefined) return { type: "unplayable" };
    if (this.isFull) return { type: "full" };
    const end = () => stream.end();
    const stream = new LiveStream(muxer, this.#clock, () => {
      this.#open.delete(stream);
      signal.removeEventListener("abort", end);
    });
    this.#open.add(stream);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    else stream.read(source);
    const start = await stream.started;
    return start.type === "live" ? { ...start, leftOut: muxer.leftOut } : start;
  }

  /** Ends all of them. */
  close(): void {
    for (const stream of [...this.#open]) stream.end();
  }
}
