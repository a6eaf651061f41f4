import type { Clock } from "../io/types.ts";
import type { EventData, EventLog, HubEvent } from "./hub_event.ts";

/** Events kept for readers that were away for a while. */
export const MAX_EVENTS = 2_000;

/** Numbers a daemon has for each millisecond of its life before those of the next one begin. */
const IDS_PER_MS = 1_000;

/**
 * The latest events of one daemon.
 *
 * Numbers begin at the time of day, so that those a reader remembers of a daemon before are smaller
 * than any of this one's: what it missed is known then, too.
 */
export class EventRing implements EventLog {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #listeners = new Set<(event: HubEvent) => void>();
  /** In order, without gaps; the first is the oldest one kept. */
  readonly #events: HubEvent[] = [];
  #lastId: number;

  constructor(clock: Clock, limit = MAX_EVENTS) {
    this.#clock = clock;
    this.#limit = limit;
    this.#lastId = Math.floor(clock.wallClock()) * IDS_PER_MS;
  }

  get lastId(): number {
    return this.#lastId;
  }

  add(data: EventData): void {
    const event = { ...data, id: ++this.#lastId, at: this.#clock.wallClock() };
    this.#events.push(event);
    if (this.#events.length > this.#limit) this.#events.shift();
    for (const listener of [...this.#listeners]) listener(event);
  }

  since(id: number): { readonly events: readonly HubEvent[]; readonly missed: boolean } {
    const oldest = this.#lastId - this.#events.length + 1;
    // A number not given out yet is of a daemon whose time of day was ahead of ours.
    if (id > this.#lastId) return { events: [...this.#events], missed: true };
    const first = Math.max(0, id + 1 - oldest);
    return { events: this.#events.slice(first), missed: id < oldest - 1 };
  }

  subscribe(listener: (event: HubEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
