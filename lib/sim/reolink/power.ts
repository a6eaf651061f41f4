import type { Duration, Entropy, Instant } from "../../machine.ts";
import { Timers } from "../../timers.ts";

/**
 * - `off`: no answer to anything, and no way to wake it from afar
 * - `booting`: not known to the cloud yet
 * - `asleep`: its radio listens to the register and to nobody else
 * - `waking`: starting up, on somebody's request
 * - `awake`: answers, and goes to sleep soon unless a session comes
 * - `session`: somebody uses it
 *
 * A camera on mains power knows `asleep` and `waking` from hearsay.
 */
export type PowerState = "off" | "booting" | "asleep" | "waking" | "awake" | "session";

/** Who woke it, in the words of the vendor's webhook [observed]. */
export type WakeCause = "network" | "pir";

export interface PowerOptions {
  /** `battery`: it sleeps whenever nobody needs it. */
  readonly kind: "mains" | "battery";
  /** Charge at the beginning, in per cent. Means nothing on mains power. */
  readonly percent: number;
  /** Per cent of charge an hour takes, awake and asleep. Measured awake: 7.7 [observed]. */
  readonly drainAwake: number;
  readonly drainAsleep: number;
  /** From request to awake. Default: 1 to 4 s at random. */
  readonly wakeTime?: Duration | undefined;
  /** From the last use to sleep. Default: 10 to 30 s at random. */
  readonly sleepAfter?: Duration | undefined;
  readonly entropy: Entropy;
}

export interface PowerChange {
  readonly state: PowerState;
  /** Set when it wakes. */
  readonly cause?: WakeCause;
}

const WAKE_TIME = [1_000, 4_000] as const;
const SLEEP_AFTER = [10_000, 30_000] as const;

const HOUR: Duration = 3_600_000;

type PowerTimer =
  /** It has started up. */
  | "awake"
  /** Nobody needs it. */
  | "sleep"
  /** The battery is empty. */
  | "empty";

/** Whether the camera runs, for whom, and what that costs its battery. */
export class Power {
  readonly #options: PowerOptions;
  readonly #changes: PowerChange[] = [];
  readonly #timers = new Timers<PowerTimer>();
  #state: PowerState = "booting";
  #users = 0;
  #wakes = 0;
  #awakeSince: Instant;
  /** Time awake in earlier spells. */
  #awakeBefore: Duration = 0;
  /** Charge, and when it was that. */
  #charge: { readonly percent: number; readonly at: Instant };
  #wokenAt: Instant = -Infinity;

  /** The camera is switched on at `now`. */
  constructor(now: Instant, options: PowerOptions) {
    this.#options = options;
    this.#awakeSince = now;
    this.#charge = { percent: options.percent, at: now };
    this.#expectEmpty(now);
  }

  get state(): PowerState {
    return this.#state;
  }

  /** Whether it answers clients. */
  get isUp(): boolean {
    return this.#state === "awake" || this.#state === "session";
  }

  /** How many times it was woken. */
  get wakes(): number {
    return this.#wakes;
  }

  /** When it was awake last after having been woken; long ago if never. */
  get wokenAt(): Instant {
    return this.#wokenAt;
  }

  /** Time spent neither off nor asleep. */
  awakeFor(now: Instant): Duration {
    return this.#awakeBefore + (this.#consumes ? now - this.#awakeSince : 0);
  }

  /** Charge in per cent, not rounded. */
  percent(now: Instant): number {
    const { percent, at } = this.#charge;
    return Math.max(0, percent - this.#drain * (now - at) / HOUR);
  }

  /** The cloud knows it now: it has nothing more to do. */
  settle(now: Instant): void {
    if (this.#state === "booting") this.#enter(now, this.#isBattery ? "asleep" : "awake");
  }

  /** The cloud has forgotten it: it starts over. */
  reboot(now: Instant): void {
    if (this.#state === "off") return;
    this.#users = 0;
    this.#enter(now, "booting");
  }

  /** Somebody wants it, or something moved in front of it. */
  wake(now: Instant, cause: WakeCause): void {
    if (this.#state === "awake") this.#expectSleep(now);
    if (this.#state !== "asleep") return;
    this.#wakes += 1;
    this.#enter(now, "waking", cause);
    this.#timers.set("awake", now + this.#pick(this.#options.wakeTime, WAKE_TIME));
  }

  /** One more session, or one fewer. */
  countUsers(now: Instant, users: number): void {
    if (users === this.#users) return;
    this.#users = users;
    if (this.isUp) this.#enter(now, users > 0 ? "session" : "awake");
  }

  /** Goes to sleep at once, whoever may be using it. Does nothing on mains power. */
  dropOff(now: Instant): void {
    if (!this.#isBattery || !this.#consumes) return;
    this.#users = 0;
    this.#enter(now, "asleep");
  }

  switchOff(now: Instant): void {
    if (this.#state !== "off") this.#enter(now, "off");
  }

  /** Does nothing when the battery is empty. */
  switchOn(now: Instant): void {
    if (this.#state === "off" && this.#charge.percent > 0) this.#enter(now, "booting");
  }

  handleTimeout(now: Instant): void {
    for (const timer of this.#timers.takeDue(now)) {
      if (timer === "empty") this.#runOut(now);
      else if (timer === "sleep") this.#enter(now, "asleep");
      else {
        this.#wokenAt = now;
        this.#enter(now, "awake");
      }
    }
  }

  pollChange(): PowerChange | undefined {
    return this.#changes.shift();
  }

  pollTimeout(): Instant | undefined {
    return this.#timers.next();
  }

  get #isBattery(): boolean {
    return this.#options.kind === "battery";
  }

  get #consumes(): boolean {
    return this.#state !== "off" && this.#state !== "asleep";
  }

  /** Per cent an hour in the present state. */
  get #drain(): number {
    if (!this.#isBattery || this.#state === "off") return 0;
    return this.#consumes ? this.#options.drainAwake : this.#options.drainAsleep;
  }

  #enter(now: Instant, state: PowerState, cause?: WakeCause): void {
    this.#charge = { percent: this.percent(now), at: now };
    if (this.#consumes) this.#awakeBefore += now - this.#awakeSince;
    this.#awakeSince = now;
    this.#state = state;
    this.#timers.clearAll();
    if (state === "off" || state === "asleep") this.#users = 0;
    if (state === "awake") this.#expectSleep(now);
    this.#expectEmpty(now);
    this.#changes.push(cause === undefined ? { state } : { state, cause });
  }

  #runOut(now: Instant): void {
    this.switchOff(now);
    this.#charge = { percent: 0, at: now };
  }

  #expectSleep(now: Instant): void {
    if (!this.#isBattery) return;
    this.#timers.set("sleep", now + this.#pick(this.#options.sleepAfter, SLEEP_AFTER));
  }

  #expectEmpty(now: Instant): void {
    if (this.#drain > 0) {
      this.#timers.set("empty", now + HOUR * this.#charge.percent / this.#drain);
    }
  }

  #pick(setting: Duration | undefined, [from, to]: readonly [Duration, Duration]): Duration {
    const [dice = 0] = this.#options.entropy(1);
    return setting ?? from + (to - from) * dice / 255;
  }
}
