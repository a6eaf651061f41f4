import { equalBytes } from "../bytes/bytes.ts";
import type { MqttLink } from "../io/mqtt_client.ts";
import type { Clock } from "../io/types.ts";
import type { Duration, Instant } from "../machine.ts";

/** Least time between two messages of a topic: what changes meanwhile is published once. */
export const MIN_GAP: Duration = 1_000;

export type Payload = string | Uint8Array;

/** The payload that makes a broker forget a topic. */
const NOTHING = "";

/**
 * What the broker should hold, topic by topic: brought to it one message at a time, and anew over
 * each new connection. However fast things change and however long the broker is away, no more is
 * kept than the latest message of each topic.
 */
export class RetainedBoard {
  readonly #clock: Clock;
  readonly #onBug: (error: unknown) => void;
  readonly #wanted = new Map<string, Payload>();
  /** Topics whose latest message the broker has not been given yet, in the order they changed. */
  readonly #due = new Set<string>();
  readonly #givenAt = new Map<string, Instant>();
  readonly #idle = new Set<() => void>();
  #link: MqttLink | undefined;
  #isPumping = false;
  #isHurried = false;
  #cancelTimer = () => {};

  constructor(clock: Clock, onBug: (error: unknown) => void) {
    this.#clock = clock;
    this.#onBug = onBug;
  }

  /** Has the broker hold `payload`, which must not be written to any more. */
  set(topic: string, payload: Payload): void {
    if (isSame(this.#wanted.get(topic), payload)) return;
    this.#wanted.set(topic, payload);
    this.#due.add(topic);
    this.#wake();
  }

  /**
   * Has the broker forget the topic, whether it is from us or from a life before. Without a
   * connection it is only not published any more: what of it the broker still has then is for the
   * next connection to find.
   */
  clear(topic: string): void {
    if (this.#link !== undefined) return this.set(topic, NOTHING);
    this.#wanted.delete(topic);
    this.#due.delete(topic);
  }

  /** Gives everything to a new connection. */
  attach(link: MqttLink): void {
    this.#link = link;
    this.#givenAt.clear();
    this.#due.clear();
    for (const topic of this.#wanted.keys()) this.#due.add(topic);
    this.#wake();
  }

  detach(): void {
    this.#link = undefined;
    this.#cancelTimer();
    this.#tellIdle();
  }

  /**
   * Resolves once the broker has all, or the connection is gone. From now on gaps do not count: this
   * is for the end.
   */
  flush(): Promise<void> {
    this.#isHurried = true;
    this.#wake();
    if (this.#link === undefined || !this.#isPumping) return Promise.resolve();
    return new Promise((resolve) => this.#idle.add(resolve));
  }

  #wake(): void {
    if (this.#link === undefined || this.#isPumping) return;
    this.#isPumping = true;
    this.#cancelTimer();
    this.#pump(this.#link).catch(this.#onBug);
  }

  async #pump(link: MqttLink): Promise<void> {
    for (let topic = this.#next(); topic !== undefined; topic = this.#next()) {
      const payload = this.#wanted.get(topic) ?? NOTHING;
      this.#due.delete(topic);
      this.#givenAt.set(topic, this.#clock.now());
      const isHeld = await link.publish(topic, payload);
      if (this.#link !== link) break;
      // The connection is over, and the next one is given everything.
      if (!isHeld) {
        this.#link = undefined;
        break;
      }
      if (payload === NOTHING) this.#forget(topic);
    }
    this.#isPumping = false;
    // Another connection may have come meanwhile.
    if (this.#link !== undefined && this.#link !== link) return this.#wake();
    this.#tellIdle();
    this.#waitForGap();
  }

  /** A topic whose gap is over. */
  #next(): string | undefined {
    const now = this.#clock.now();
    for (const topic of this.#due) {
      if (this.#isHurried || this.#dueAt(topic) <= now) return topic;
    }
    return undefined;
  }

  #waitForGap(): void {
    this.#cancelTimer();
    if (this.#link === undefined || this.#due.size === 0) return;
    const earliest = Math.min(...[...this.#due].map((topic) => this.#dueAt(topic)));
    const delay = Math.max(0, earliest - this.#clock.now());
    this.#cancelTimer = this.#clock.setTimer(delay, () => this.#wake());
  }

  #dueAt(topic: string): Instant {
    return (this.#givenAt.get(topic) ?? -Infinity) + MIN_GAP;
  }

  #forget(topic: string): void {
    if (this.#wanted.get(topic) !== NOTHING) return;
    this.#wanted.delete(topic);
    this.#givenAt.delete(topic);
  }

  #tellIdle(): void {
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }
}

function isSame(a: Payload | undefined, b: Payload): boolean {
  if (typeof a === "string" || typeof b === "string" || a === undefined) return a === b;
  return a === b || equalBytes(a, b);
}
