import type { Duration, Instant } from "../../lib/machine.ts";
import type { NetworkEvent, SimNetwork } from "../../lib/sim/network.ts";

/** Steps of one run: a machine that asks to be woken at the same instant for ever ends here. */
const MAX_STEPS = 20_000_000;

/**
 * Runs a simulated network in virtual time: nothing waits, the clock jumps from event to event, and
 * the same seed makes the same run.
 */
export class VirtualWorld<Event> {
  readonly network: SimNetwork<Event>;
  /** What happens on an event; may give commands to nodes. By default events are only kept. */
  onEvent: (event: NetworkEvent<Event>) => void = () => {};
  /** Every event so far, in order. */
  readonly events: NetworkEvent<Event>[] = [];
  /** Datagrams that left for endpoints no node owns, and so are gone. */
  strays = 0;

  #now: Instant;

  constructor(network: SimNetwork<Event>, start: Instant = 0) {
    this.network = network;
    this.#now = start;
  }

  get now(): Instant {
    return this.#now;
  }

  /** Gives a command to a node at the present instant. */
  command<Result>(node: string, run: (now: Instant) => Result): Result {
    const result = this.network.command(this.#now, node, () => run(this.#now));
    this.#drain();
    return result;
  }

  /** Runs until `done` holds; throws when it does not within `limit` of virtual time. */
  runUntil(done: () => boolean, limit: Duration): void {
    const end = this.#now + limit;
    for (let step = 0; !done(); step++) {
      const at = this.network.pollTimeout();
      if (at === undefined || at > end || step > MAX_STEPS) {
        throw new Error(`Cannot go on as the condition must hold by ${end} ms: stopped at ${at}`);
      }
      this.#advance(at);
    }
  }

  /** Runs for this much virtual time. */
  runFor(duration: Duration): void {
    const end = this.#now + duration;
    for (let step = 0; step < MAX_STEPS; step++) {
      const at = this.network.pollTimeout();
      if (at === undefined || at > end) break;
      this.#advance(at);
    }
    this.#now = end;
  }

  #advance(at: Instant): void {
    this.#now = Math.max(this.#now, at);
    this.network.handleTimeout(this.#now);
    this.#drain();
  }

  #drain(): void {
    while (this.network.pollTransmit() !== undefined) this.strays += 1;
    for (
      let event = this.network.pollEvent();
      event !== undefined;
      event = this.network.pollEvent()
    ) {
      this.events.push(event);
      this.onEvent(event);
    }
  }
}
