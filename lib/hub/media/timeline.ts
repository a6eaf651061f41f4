import type { Duration, Instant } from "../../machine.ts";
import type { AccessUnit, Track } from "../../media/track.ts";

/**
 * A timestamp this far ahead of where time itself has gone is a jump of the source's clock. One behind
 * it is none: what was held up on its way comes late, with the timestamps it had.
 */
const JUMP: Duration = 3_000;

/** So is one this far behind its own track, where pictures out of order never are. */
const JUMP_BACK: Duration = 1_000;

/** What is added at least between the last unit before a jump and the first one after it. */
const SMALLEST_STEP: Duration = 1;

/**
 * Gives the units of one path timestamps that go on however often its source starts over or lets its
 * clock jump: viewers that stay connected see a pause, never time running backwards.
 *
 * All tracks share one offset, so that sound and picture stay in step.
 */
export class Timeline {
  readonly #rates: ReadonlyMap<number, number>;
  /** Milliseconds to be added to the source's media time. */
  #offset: Duration | undefined;
  #startedAt: Instant | undefined;
  /** Media time handed out last, in milliseconds, and when. */
  #last: { readonly media: Duration; readonly at: Instant } | undefined;
  /** The same of each track. */
  readonly #lastOf = new Map<number, Duration>();

  constructor(tracks: readonly Track[]) {
    this.#rates = new Map(tracks.map((track) => [track.id, track.clockRate]));
  }

  /** The source starts over: its next timestamp says nothing about the one before. */
  restart(): void {
    this.#offset = undefined;
  }

  /** The unit with its timestamp on this line, or `undefined` for a track it does not know. */
  place(now: Instant, unit: AccessUnit): AccessUnit | undefined {
    const rate = this.#rates.get(unit.trackId);
    if (rate === undefined) return undefined;
    this.#startedAt ??= now;
    const source = 1_000 * unit.timestamp / rate;
    if (this.#offset === undefined || this.#jumped(now, unit.trackId, source + this.#offset)) {
      this.#offset = this.#expected(now) - source;
    }
    const media = source + this.#offset;
    if (this.#last === undefined || media > this.#last.media) this.#last = { media, at: now };
    this.#lastOf.set(unit.trackId, media);
    return { ...unit, timestamp: Math.max(0, Math.round(media * rate / 1_000)) };
  }

  #jumped(now: Instant, trackId: number, media: Duration): boolean {
    if (this.#last === undefined) return false;
    const before = this.#lastOf.get(trackId);
    const earliest = before === undefined ? this.#last.media - JUMP : before - JUMP_BACK;
    return media < earliest || media - this.#last.media - (now - this.#last.at) > JUMP;
  }

  /** Where media time would be if it had gone on with the clock. */
  #expected(now: Instant): Duration {
    if (this.#last === undefined) return now - (this.#startedAt ?? now);
    return this.#last.media + Math.max(SMALLEST_STEP, now - this.#last.at);
  }
}
