import type { Duration, Instant } from "../../machine.ts";

/** Silence in the middle of data after which something may be wrong. */
export const SILENCE: Duration = 1_000;

/** Acknowledgements sent at once: as many as count for a fast retransmission. */
export const NUDGE_ACKS = 3;

/** The most nudges in a row: the peer may simply have nothing to say. */
const MAX_NUDGES = 12;

/**
 * Decides when a peer that falls silent in the middle of data is nudged.
 *
 * It may be cut off, and so may the mapping of a NAT between. Three equal acknowledgements open the
 * mapping again and have the peer resend at once, instead of when its own doubled timeout comes.
 */
export class Nudger {
  #nudges = 0;

  /** Data came: when to look again. */
  onData(now: Instant): Instant {
    this.#nudges = 0;
    return now + SILENCE;
  }

  /** Whether to nudge now, and when to look again; `undefined` for not until data comes. */
  look(now: Instant, lastHeard: Instant): { readonly nudge: boolean; readonly next?: Instant } {
    if (this.#nudges >= MAX_NUDGES) return { nudge: false };
    this.#nudges += 1;
    return { nudge: now - lastHeard >= SILENCE, next: now + SILENCE };
  }
}
