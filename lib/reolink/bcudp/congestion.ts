/** Datagrams that may be on their way before anything is known of the path. */
const INITIAL_WINDOW = 32;

/** Never fewer: the path is only learnt by sending. */
const MIN_WINDOW = 8;

/**
 * Loss in a round trip from which on the path is taken as full. Radio links lose datagrams without
 * being full; slowing down for those would only add delay to a live picture.
 */
const FULL_FROM = 1 / 4;

/** Rounds with fewer losses say too little. */
const MIN_LOST = 3;

/** The least by which the window shrinks when the path is full. */
const MIN_SHRINK = 1 / 8;

/** By how much it grows each round once the path was full. */
const GROWTH = 1 / 16;

/**
 * How many datagrams may be on their way at once.
 *
 * It counts what each round trip delivered and lost. A round that lost little lets the window grow:
 * doubling until the path was full for the first time, slowly after that. A round that lost much, or
 * lost anything while queues were building up, shrinks it by what was lost, so that a full path
 * settles near its capacity. Growth stops at the window of the protocol, which is small.
 */
export class Congestion {
  readonly #max: number;
  #window: number;
  #threshold = Infinity;
  #delivered = 0;
  #lost = 0;
  #limited = false;

  /** @param max Never more. */
  constructor(max: number) {
    this.#max = max;
    this.#window = Math.min(INITIAL_WINDOW, max);
  }

  get window(): number {
    return Math.floor(this.#window);
  }

  onDelivered(count: number): void {
    this.#delivered += count;
  }

  onLost(count: number): void {
    this.#lost += count;
  }

  /** The window kept something from being sent: only then may it be too small. */
  onLimited(): void {
    this.#limited = true;
  }

  /**
   * What was on its way when the last round ended has been heard of.
   *
   * @param isQueueing Whether round trips take much longer than the shortest one.
   */
  endRound(isQueueing: boolean): void {
    const total = this.#delivered + this.#lost;
    const ratio = total === 0 ? 0 : this.#lost / total;
    const isFull = this.#lost >= MIN_LOST && ratio > FULL_FROM;
    if (isFull || (isQueueing && this.#lost > 0)) this.#shrink(Math.max(ratio, MIN_SHRINK));
    else if (this.#limited) this.#grow();
    this.#delivered = 0;
    this.#lost = 0;
    this.#limited = false;
  }

  /** Nothing came back for so long that data went out again unasked. */
  onTimeout(): void {
    this.#threshold = Math.max(MIN_WINDOW, this.#window / 2);
    this.#window = Math.min(this.#window, MIN_WINDOW);
    this.#delivered = 0;
    this.#lost = 0;
  }

  #shrink(share: number): void {
    this.#window = Math.max(MIN_WINDOW, this.#window * (1 - share));
    this.#threshold = this.#window;
  }

  #grow(): void {
    const doubled = Math.min(2 * this.#window, Math.max(this.#threshold, this.#window));
    this.#window = Math.min(
      this.#max,
      Math.max(doubled, this.#window + Math.max(1, GROWTH * this.#window)),
    );
  }
}
