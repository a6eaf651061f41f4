/** Sound and picture differ by more than this from how they began: they drift. */
const DRIFTING = 100_000;

/** They are back in step. */
const IN_STEP = 10_000;

/** Beyond this it is no drift: some sound is missing, or too much came. */
const OUT_OF_STEP = 1_000_000;

/** Pictures in a row that have to say so, since a single one may be odd. */
const ODD_PICTURES = 3;

/** How much sound is stretched or squeezed while it is brought back, which nobody hears. */
const SLEW = 0.01;

/** Pictures an average is over. */
const AVERAGED = 32;

/**
 * Gives sound its time. A camera says none: sound begins with the picture it came behind, and goes
 * on by the count of its samples. All positions are in microseconds on the line of the pictures.
 *
 * Camera sound and pictures come from one clock, nearly: 6.080 s of sound to 6.058 s of pictures in
 * one measurement [observed]. What adds up over hours is taken back little by little.
 */
export class SoundClock {
  readonly #sampleRate: number;
  /** Where the next sample goes; `undefined` before sound begins. */
  #next: number | undefined;
  #lastTimestamp = -1;
  /** Whether there was sound since the last picture: without, silence would look like drift. */
  #isHeard = false;
  #oddPictures = 0;
  /** How far pictures are ahead of sound, on average, and how far they were at the beginning. */
  #ahead = 0;
  #pictures = 0;
  #aheadAtFirst = 0;
  #direction: -1 | 0 | 1 = 0;
  /** Times sound was put where the pictures are, since it was nowhere near. */
  jumps = 0;

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  /**
   * The timestamp of the next `samples` samples, in samples; `undefined` when they have to be left
   * out, as sound is too far ahead already. `picture` is where the latest picture is.
   */
  place(samples: number, picture: number): number | undefined {
    const start = this.#next ?? picture;
    const duration = 1_000_000 * samples / this.#sampleRate;
    const extra = SLEW * this.#direction * duration;
    this.#next = start + duration + extra;
    this.#ahead -= extra;
    this.#isHeard = true;
    const timestamp = Math.round(start * this.#sampleRate / 1_000_000);
    if (timestamp <= this.#lastTimestamp) return undefined;
    this.#lastTimestamp = timestamp;
    return timestamp;
  }

  /** A picture came. */
  observe(picture: number): void {
    if (this.#next === undefined || !this.#isHeard) return;
    this.#isHeard = false;
    const ahead = picture - this.#next;
    const isOdd = Math.abs(ahead - this.#aheadAtFirst) > OUT_OF_STEP;
    this.#oddPictures = isOdd ? this.#oddPictures + 1 : 0;
    if (this.#oddPictures >= ODD_PICTURES) return this.#jump();
    if (!isOdd) this.#average(ahead);
  }

  /** Sound begins anew with the latest picture. */
  restart(): void {
    this.#next = undefined;
    this.#ahead = 0;
    this.#pictures = 0;
    this.#aheadAtFirst = 0;
    this.#direction = 0;
    this.#oddPictures = 0;
  }

  #jump(): void {
    this.jumps++;
    this.restart();
  }

  #average(ahead: number): void {
    this.#pictures++;
    this.#ahead += (ahead - this.#ahead) / Math.min(this.#pictures, AVERAGED);
    if (this.#pictures <= AVERAGED) {
      this.#aheadAtFirst = this.#ahead;
      return;
    }
    const drift = this.#ahead - this.#aheadAtFirst;
    if (Math.abs(drift) < IN_STEP) this.#direction = 0;
    else if (Math.abs(drift) > DRIFTING) this.#direction = drift > 0 ? 1 : -1;
  }
}
