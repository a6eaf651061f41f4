import type { Duration } from "../../machine.ts";

export interface RtoLimits {
  readonly initial: Duration;
  readonly min: Duration;
  readonly max: Duration;
}

/**
 * Round-trip time and retransmission timeout (RFC 6298: gains of 1/8 and 1/4).
 *
 * The backed-off timeout returns to normal with the next sample, wherever that comes from.
 */
export class RttEstimator {
  readonly #limits: RtoLimits;
  #srtt: Duration | undefined;
  #rttvar: Duration = 0;
  #rto: Duration;

  constructor(limits: RtoLimits) {
    this.#limits = limits;
    this.#rto = limits.initial;
  }

  /** Smoothed round-trip time, or `undefined` before the first sample. */
  get srtt(): Duration | undefined {
    return this.#srtt;
  }

  /** Retransmission timeout now in force. */
  get rto(): Duration {
    return this.#rto;
  }

  sample(rtt: Duration): void {
    if (this.#srtt === undefined) {
      this.#srtt = rtt;
      this.#rttvar = rtt / 2;
    } else {
      this.#rttvar = 0.75 * this.#rttvar + 0.25 * Math.abs(this.#srtt - rtt);
      this.#srtt = 0.875 * this.#srtt + 0.125 * rtt;
    }
    this.#rto = this.#clamp(this.#srtt + Math.max(1, 4 * this.#rttvar));
  }

  /** Doubles the timeout after it has run out. */
  backOff(): void {
    this.#rto = this.#clamp(2 * this.#rto);
  }

  #clamp(rto: Duration): Duration {
    return Math.min(this.#limits.max, Math.max(this.#limits.min, rto));
  }
}

const CONNECT_RTO: Duration = 500;

/** Waits between repeated connects: 0.5, 1, 2, 2 … s. */
export function connectWait(transmissions: number): Duration {
  return Math.min(CONNECT_RTO * 2 ** (transmissions - 1), 2_000);
}
