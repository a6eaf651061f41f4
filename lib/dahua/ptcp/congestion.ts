/** Segments that may be sent before the first acknowledgement, and again after a long silence. */
const INITIAL_SEGMENTS = 4;

/** Far above any window a peer can offer without scaling; keeps the arithmetic finite. */
const MAX_WINDOW = 1 << 24;

/**
 * NewReno congestion control (RFC 5681, RFC 6582), in bytes.
 *
 * It knows windows and thresholds; which segment is sent is the sender's business.
 */
export class Congestion {
  readonly #mss: number;
  #window: number;
  #threshold = MAX_WINDOW;
  #recovering = false;

  constructor(mss: number) {
    this.#mss = mss;
    this.#window = INITIAL_SEGMENTS * mss;
  }

  get window(): number {
    return this.#window;
  }

  /** Whether a fast retransmission is being completed. */
  get recovering(): boolean {
    return this.#recovering;
  }

  /** New data was acknowledged outside of recovery. */
  onAck(): void {
    const growth = this.#window < this.#threshold ? this.#mss : this.#mss ** 2 / this.#window;
    this.#window = Math.min(MAX_WINDOW, this.#window + growth);
  }

  /** A segment is taken as lost while later ones arrived. */
  enterRecovery(inFlight: number): void {
    this.#threshold = Math.max(inFlight / 2, 2 * this.#mss);
    this.#window = this.#threshold + 3 * this.#mss;
    this.#recovering = true;
  }

  /** One more duplicate during recovery: one more segment has left the network. */
  onDuplicateInRecovery(): void {
    this.#window = Math.min(MAX_WINDOW, this.#window + this.#mss);
  }

  /** Part of what was in flight when recovery began was acknowledged. */
  onPartialAck(acknowledged: number): void {
    this.#window = Math.max(this.#mss, this.#window - acknowledged + this.#mss);
  }

  /** All that was in flight when recovery began was acknowledged. */
  leaveRecovery(inFlight: number): void {
    this.#window = Math.min(this.#threshold, Math.max(inFlight, this.#mss) + this.#mss);
    this.#recovering = false;
  }

  /** The retransmission timeout ran out: start over from one segment. */
  onTimeout(inFlight: number): void {
    this.#threshold = Math.max(inFlight / 2, 2 * this.#mss);
    this.#window = this.#mss;
    this.#recovering = false;
  }

  /** Nothing was sent for longer than a timeout: what was known of the path is stale. */
  onIdle(): void {
    this.#window = Math.min(this.#window, INITIAL_SEGMENTS * this.#mss);
  }
}
