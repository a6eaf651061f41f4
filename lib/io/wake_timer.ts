import type { Instant } from "../machine.ts";
import type { Clock } from "./types.ts";

/** Calls back at a deadline that keeps moving, with one timer. */
export class WakeTimer {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #deadline: Instant | undefined;
  #armedFor: Instant | undefined;
  #cancel: () => void = () => {};

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Replaces the deadline. One that has passed is due in the next turn of the event loop. */
  set(deadline: Instant | undefined): void {
    this.#deadline = deadline;
    if (deadline === undefined) return this.#disarm();
    // Nearly every datagram moves a deadline away, and a timer costs as much as a datagram. So the
    // timer stays, finds nothing due when it fires, and is armed again for what is left.
    if (this.#armedFor !== undefined && this.#armedFor <= deadline) return;
    this.#disarm();
    this.#arm(deadline);
  }

  #arm(deadline: Instant): void {
    this.#armedFor = deadline;
    const delay = Math.max(deadline - this.#clock.now(), 0);
    this.#cancel = this.#clock.setTimer(delay, () => this.#fire());
  }

  #disarm(): void {
    if (this.#armedFor === undefined) return;
    this.#armedFor = undefined;
    this.#cancel();
  }

  #fire(): void {
    this.#armedFor = undefined;
    if (this.#deadline === undefined) return;
    if (this.#clock.now() < this.#deadline) return this.#arm(this.#deadline);
    this.#deadline = undefined;
    this.#onDue();
  }
}
