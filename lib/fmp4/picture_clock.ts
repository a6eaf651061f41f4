/** When a picture is decoded and shown, in units of its track's clock. */
export interface PictureTimes {
  readonly decodeAt: number;
  /** Until the next picture is decoded. */
  readonly duration: number;
  /** From decoding to being shown; negative where the guess before was too late. */
  readonly offset: number;
}

/** Pictures a second until two have come. */
const FIRST_GUESS = 25;

/** Pictures further apart than this many seconds say nothing about how far apart the next ones are. */
const LONGEST_STEP = 1;

/**
 * Gives pictures decode times without holes, though how long each of them lasts is known only when
 * the next one comes: a guess is sent, and what it was wrong by becomes the offset at which the next
 * picture is shown.
 *
 * Browsers wait for the next key frame wherever decode times have a hole, and to wait for the next
 * picture before each one is sent would delay all of them. Pictures that are decoded in another order
 * than they are shown in come out right, too.
 */
export class PictureClock {
  readonly #rate: number;
  #step: number;
  #next: number | undefined;
  #shownLast = 0;

  /** @param rate Units of the clock in one second. */
  constructor(rate: number) {
    this.#rate = rate;
    this.#step = Math.max(1, Math.round(rate / FIRST_GUESS));
  }

  /** The times of the next picture, which is shown at `shownAt`. */
  place(shownAt: number): PictureTimes {
    const step = shownAt - this.#shownLast;
    if (this.#next !== undefined && step > 0 && step <= LONGEST_STEP * this.#rate) {
      this.#step = step;
    }
    this.#shownLast = shownAt;
    const decodeAt = this.#next ?? shownAt;
    const duration = Math.max(1, shownAt + this.#step - decodeAt);
    this.#next = decodeAt + duration;
    return { decodeAt, duration, offset: shownAt - decodeAt };
  }
}
