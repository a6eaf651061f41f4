import type { Duration, Instant } from "../../machine.ts";

/** Microseconds between a picture and one that came before it but was made later. */
const MAX_BACKWARD = 1_000_000;

/** The counter's lead over the time that really went by that means the camera began anew. */
const MAX_LEAP: Duration = 60_000;

/** A picture is at least this much later than the one before: one unit of RTP's clock for video. */
const SMALLEST_STEP = 1_000_000 / 90_000;

/**
 * Turns a camera's microsecond counter, whose 32 bits wrap around every 71.6 minutes, into a time
 * that always grows.
 *
 * In all captures the word next to it is its high word, but nobody says so, and it is not needed:
 * of two pictures of a running preview the nearest reading of 32 bits is the right one, unless it
 * leaps, and then our own clock says more.
 */
export class CameraClock {
  /** The latest picture made: kept when the counter goes back a little, so that no error adds up. */
  #latest: { readonly counter: number; readonly position: number } | undefined;
  #lastPosition = 0;
  #lastAt: Instant = 0;
  #startsAnew = false;
  /** Times the counter leapt, or went back too far. */
  leaps = 0;

  /** Microseconds from the first picture to this one, which came at `now`. */
  place(now: Instant, counter: number): number {
    const position = this.#locate(now, counter);
    const isFirst = this.#latest === undefined;
    if (this.#latest === undefined || this.#startsAnew || position > this.#latest.position) {
      this.#latest = { counter, position };
    }
    this.#startsAnew = false;
    this.#lastAt = now;
    const least = isFirst ? 0 : this.#lastPosition + SMALLEST_STEP;
    this.#lastPosition = Math.max(position, least);
    return this.#lastPosition;
  }

  /** The next picture's counter says nothing about those before. */
  restart(): void {
    this.#startsAnew = true;
  }

  #locate(now: Instant, counter: number): number {
    if (this.#latest === undefined) return 0;
    const elapsed = now - this.#lastAt;
    const step = (counter - this.#latest.counter) | 0;
    const hasLeapt = step < -MAX_BACKWARD || step / 1_000 - elapsed > MAX_LEAP;
    if (hasLeapt && !this.#startsAnew) {
      this.leaps++;
      this.#startsAnew = true;
    }
    return this.#startsAnew ? this.#lastPosition + 1_000 * elapsed : this.#latest.position + step;
  }
}
