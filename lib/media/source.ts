import type { CloseReason, Duration, Endpoint } from "../machine.ts";
import type { AccessUnit, Track } from "./track.ts";

/** Takes access units from a source. */
export interface SourceReader {
  /** Must return at once and must not throw; a slow reader drops by itself. */
  onUnit(unit: AccessUnit): void;
  /** The last call. */
  onEnd(reason: CloseReason): void;
}

/** Samples a second of speech for a {@link Loudspeaker}, as in G.711. */
export const SPEECH_RATE = 8_000;

/** A camera's loudspeaker, which one talker has at a time. */
export interface Loudspeaker {
  /** Whether somebody talks now. */
  readonly isBusy: boolean;
  /**
   * Somebody who may talk. The loudspeaker is theirs from their first word to two seconds after the
   * last; what they say while it is somebody else's is not heard.
   */
  talker(): Talker;
}

/** One who talks to a camera. Its methods return at once and do not throw. */
export interface Talker {
  /** Says samples of 16 bits after those before, 8000 of them in a second. */
  say(samples: Int16Array): void;
  /** Nothing more is said; what was said still is heard. */
  end(): void;
}

/** Tracks and access units, from a camera or a clip, for any number of readers. */
export interface Source {
  readonly tracks: readonly Track[];
  /**
   * Hands access units to `reader` until the returned function is called or the source ends. A
   * source that keeps the current group of pictures hands it over before `read` returns, so that
   * the reader starts on a key frame at once.
   */
  read(reader: SourceReader): () => void;
  /**
   * The loudspeaker at the other end, for those who want to talk; `undefined` where there is none,
   * or it does not show in time. Settles soon after `signal` fires; never rejects.
   */
  loudspeaker?(signal: AbortSignal): Promise<Loudspeaker | undefined>;
}

/** A source exists but is not available now. */
export class SourceUnavailableError extends Error {
  override readonly name = "SourceUnavailableError";
  /** How long until it may be available, where that is known. */
  readonly retryAfter: Duration | undefined;

  constructor(message: string, retryAfter?: Duration) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/**
 * Finds the source that `path` names; `undefined` when there is none. `path` starts with a slash,
 * holds the query too, is still percent-encoded, and ends in no slash unless it is `/`. Settles
 * soon after `signal` fires; rejects when the source is known and cannot be had now, with
 * `SourceUnavailableError` where it is known for how long. `client` is who asks.
 */
export type FindSource = (
  path: string,
  signal: AbortSignal,
  client: Endpoint,
) => Promise<Source | undefined>;
