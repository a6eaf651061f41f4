import type { Clock } from "../../io/types.ts";
import type { Duration, Instant } from "../../machine.ts";
import type { WakeRecord } from "../camera_status.ts";
import type { Cause } from "../cause.ts";

/** Records kept; the oldest is forgotten. */
export const MAX_RECORDS = 200;

interface Entry {
  readonly at: number;
  readonly cause: Cause;
  outcome: WakeRecord["outcome"];
  connectedAt: Instant | undefined;
  connectedFor: Duration | undefined;
  detail: string | undefined;
  charge: WakeRecord["charge"];
  /** Not of the camera's own connection, which ends when it likes. */
  isVisit: boolean;
}

/** Who had a camera reached, when, why, and what came of it. */
export class WakeLedger {
  readonly #clock: Clock;
  readonly #entries: Entry[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get records(): readonly WakeRecord[] {
    return this.#entries.map(({ connectedAt, connectedFor, isVisit: _, ...entry }) => {
      const soFar = connectedAt === undefined ? undefined : this.#clock.now() - connectedAt;
      return { ...entry, connectedFor: connectedFor ?? soFar };
    });
  }

  begin(cause: Cause): void {
    this.#push(cause, "connecting");
  }

  /** One who keeps asking is told of once; returns whether this is news. */
  refuse(cause: Cause, detail: string): boolean {
    const last = this.#entries.at(-1);
    const isRepeat = last?.outcome === "refused" && last.cause.by === cause.by &&
      last.cause.who === cause.who;
    if (!isRepeat) this.#push(cause, "refused").detail = detail;
    return !isRepeat;
  }

  connected(): void {
    const entry = this.#entries.findLast(({ outcome }) => outcome === "connecting");
    if (entry === undefined) return;
    entry.outcome = "connected";
    entry.connectedAt = this.#clock.now();
  }

  /** The camera is reached beside its own connection; returns what to call once that is over. */
  visit(cause: Cause): (detail: string) => void {
    const entry = this.#push(cause, "connected");
    const since = this.#clock.now();
    entry.connectedAt = since;
    entry.isVisit = true;
    return (detail) => {
      entry.outcome = "closed";
      entry.connectedFor = this.#clock.now() - since;
      entry.detail = detail;
    };
  }

  /** The battery told its charge, in per cent. */
  noteCharge(percent: number): void {
    const entry = this.#entries.findLast(({ outcome, isVisit }) => {
      return outcome === "connected" && !isVisit;
    });
    if (entry === undefined) return;
    entry.charge = { first: entry.charge?.first ?? percent, last: percent };
  }

  /** The connection, or the attempt at one, is over. */
  end(detail: string): void {
    const entry = this.#entries.findLast(({ outcome, isVisit }) => {
      return !isVisit && (outcome === "connecting" || outcome === "connected");
    });
    if (entry === undefined) return;
    entry.outcome = entry.connectedAt === undefined ? "failed" : "closed";
    entry.connectedFor = entry.connectedAt === undefined
      ? undefined
      : this.#clock.now() - entry.connectedAt;
    entry.detail = detail;
  }

  #push(cause: Cause, outcome: WakeRecord["outcome"]): Entry {
    const at = this.#clock.wallClock();
    const entry: Entry = {
      at,
      cause,
      outcome,
      connectedAt: undefined,
      connectedFor: undefined,
      detail: undefined,
      charge: undefined,
      isVisit: false,
    };
    this.#entries.push(entry);
    if (this.#entries.length > MAX_RECORDS) this.#entries.shift();
    return entry;
  }
}
