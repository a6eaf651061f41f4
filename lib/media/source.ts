import type { CloseReason, Duration, Endpoint } from "../machine.ts";
import type { AccessUnit, Track } from "./track.ts";

/** Whoever takes access units from a source. */
export interface SourceReader {
  /** Must return at once and must not throw; a slow reader drops by itself. */
  onUnit(unit: AccessUnit): void;
  /** The last call. */
  onEnd(reason: CloseReason): void;
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
}

/** A source that is known cannot be had now. */
export class SourceUnavailableError extends Error {
  override readonly name = "SourceUnavailableError";
  /** How long until it may be had, where that is known. */
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
