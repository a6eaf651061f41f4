import type { Duration, Instant } from "../machine.ts";

export const PACER_LIMITS = {
  /**
   * The most that is ever added to the delay. Viewers have buffers of their own of 0.2 to 1 s, and
   * timestamps are right whatever happens here, so pacing need only take the edge off bursts;
   * whoever steers a camera by its picture feels every tenth of a second.
   */
  delay: 500,
  /** Unevenness that counts as none: less than two pictures apart. */
  evenEnough: 60,
  items: 600,
  bytes: 16 << 20,
} as const;

/** Unevenness is measured over this many spans; a path that got better is believed after them. */
const SPANS = 5;
const SPAN: Duration = 2_000;

/** The shortest and longest transit in one span, by clocks with different zeros. */
interface Transit {
  readonly until: Instant;
  shortest: number;
  longest: number;
}

interface Waiting<Item> {
  readonly dueAt: Instant;
  readonly bytes: number;
  readonly item: Item;
}

/**
 * Releases media in the rhythm it was made in, though it arrives in bursts.
 *
 * Over relays and bad radio a camera's pictures come late and then many at once. A picture that came
 * early is kept for as long as transit times differed in the last seconds; where they hardly differ,
 * nothing is kept at all. Never changes the order, and never drops: beyond its limits the oldest go
 * early.
 */
export class Pacer<Item> {
  readonly #waiting: Waiting<Item>[] = [];
  #bytes = 0;
  readonly #spans: Transit[] = [];
  #lastDue: Instant = -Infinity;

  /** How long what comes with the shortest transit is kept now. */
  get delay(): Duration {
    const uneven = this.#longest() - this.#shortest();
    return uneven < PACER_LIMITS.evenEnough ? 0 : Math.min(PACER_LIMITS.delay, uneven);
  }

  /**
   * Takes something that came at `now` and was made at `madeAt`, in milliseconds by the camera's
   * clock; `undefined` for what goes along with the item before it.
   */
  push(now: Instant, madeAt: number | undefined, bytes: number, item: Item): void {
    if (madeAt !== undefined) this.observe(now, madeAt);
    const dueAt = madeAt === undefined ? now : madeAt + this.#shortest() + this.delay;
    this.#lastDue = Math.max(this.#lastDue, Math.min(dueAt, now + PACER_LIMITS.delay));
    this.#waiting.push({ dueAt: this.#lastDue, bytes, item });
    this.#bytes += bytes;
  }

  /** Learns a transit time from something that is not pushed. */
  observe(now: Instant, madeAt: number): void {
    const transit = now - madeAt;
    const last = this.#spans.at(-1);
    if (last !== undefined && now < last.until) {
      last.shortest = Math.min(last.shortest, transit);
      last.longest = Math.max(last.longest, transit);
      return;
    }
    this.#spans.push({ until: now + SPAN, shortest: transit, longest: transit });
    if (this.#spans.length > SPANS) this.#spans.shift();
  }

  /** The next item that is due, or must go since too much waits. */
  poll(now: Instant): Item | undefined {
    const [first] = this.#waiting;
    if (first === undefined) return undefined;
    const isFull = this.#waiting.length > PACER_LIMITS.items || this.#bytes > PACER_LIMITS.bytes;
    if (first.dueAt > now && !isFull) return undefined;
    this.#waiting.shift();
    this.#bytes -= first.bytes;
    return first.item;
  }

  /** When the next item is due. */
  nextAt(): Instant | undefined {
    return this.#waiting[0]?.dueAt;
  }

  /** Everything that waits, now. */
  flush(): Item[] {
    this.#bytes = 0;
    return this.#waiting.splice(0).map(({ item }) => item);
  }

  #shortest(): number {
    return this.#spans.reduce((least, { shortest }) => Math.min(least, shortest), Infinity);
  }

  #longest(): number {
    return this.#spans.reduce((most, { longest }) => Math.max(most, longest), -Infinity);
  }
}
