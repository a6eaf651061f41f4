import type { Instant, Transmit } from "../machine.ts";
import { InFlight } from "./in_flight.ts";

/** Datagrams kept back at once; more are dropped. */
export const MAX_DELAYED = 4096;

/** What a machine sends, some of it later: the simulated servers' way of being slow. */
export class DelayedOutbox {
  readonly #now: Transmit[] = [];
  readonly #later = new InFlight<Transmit>(MAX_DELAYED);

  push(transmit: Transmit): void {
    this.#now.push(transmit);
  }

  pushLater(at: Instant, transmit: Transmit): void {
    this.#later.push(at, transmit);
  }

  handleTimeout(now: Instant): void {
    for (let due = this.#later.takeDue(now); due !== undefined; due = this.#later.takeDue(now)) {
      this.#now.push(due);
    }
  }

  pollTransmit(): Transmit | undefined {
    return this.#now.shift();
  }

  pollTimeout(): Instant | undefined {
    return this.#later.next;
  }
}
