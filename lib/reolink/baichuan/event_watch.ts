import type { Duration, Instant } from "../../machine.ts";
import { WATCH_EVENTS } from "./commands/watch_events.ts";
import type { Exchange } from "./exchange.ts";
import type { Done } from "./outcome.ts";

/** How often to ask for events: until the first has come, and from then on. [observed] */
export const EAGER_RENEWAL: Duration = 30_000;
export const RENEWAL: Duration = 5 * 60_000;

/** Keeps a camera reporting what it sees. Some forget, some never begin at the first asking. */
export class EventWatch {
  readonly #exchange: Exchange;
  #renewAt: Instant | undefined;
  #hasHeard = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  watch(now: Instant, onDone: Done<unknown>): void {
    this.#exchange.ask(now, WATCH_EVENTS, {}, (outcome, at) => {
      if (outcome.type === "done") this.#renewIn(at);
      onDone(outcome, at);
    });
  }

  /** An event came. */
  heard(now: Instant): void {
    if (this.#hasHeard) return;
    this.#hasHeard = true;
    if (this.#renewAt !== undefined) this.#renewIn(now);
  }

  handleTimeout(now: Instant): void {
    if (this.#renewAt === undefined || now < this.#renewAt) return;
    this.#renewIn(now);
    this.#exchange.ask(now, WATCH_EVENTS, {}, () => {}, { retries: 0 });
  }

  pollTimeout(): Instant | undefined {
    return this.#renewAt;
  }

  #renewIn(now: Instant): void {
    this.#renewAt = now + (this.#hasHeard ? RENEWAL : EAGER_RENEWAL);
  }
}
