import type { Duration, Instant } from "../../machine.ts";
import { CONTROL_PTZ, type PtzControl } from "./commands/ptz_control.ts";
import type { Exchange } from "./exchange.ts";
import { type Done, done, failed } from "./outcome.ts";

/** Longest movement at one command. */
export const MAX_MOVE: Duration = 10_000;

/** How long a camera may take to begin a movement. */
const MOVE_TIMEOUT: Duration = 2_000;

export interface Move {
  readonly direction: Exclude<PtzControl["command"], "stop">;
  readonly duration: Duration;
  /** 32 by default. */
  readonly speed?: number;
}

/** Movements that end by themselves: a camera told to move goes on until it is told to stop. */
export class PtzMover {
  readonly #exchange: Exchange;
  readonly #channel: number;
  /** The movement going on. */
  #moving: { stopAt: Instant; readonly onDone: Done<unknown> } | undefined;

  constructor(exchange: Exchange, channel: number) {
    this.#exchange = exchange;
    this.#channel = channel;
  }

  /** Whether the camera moves, or may. */
  get isMoving(): boolean {
    return this.#moving !== undefined;
  }

  /** Done once the camera stands still again, or moves for somebody who came after. */
  move(now: Instant, { direction, duration, speed = 32 }: Move, onDone: Done<unknown>): void {
    if (!(duration > 0 && duration <= MAX_MOVE)) {
      throw new RangeError(`Cannot move as it must be for 0 to ${MAX_MOVE} ms: ${duration}`);
    }
    const before = this.#moving;
    // Until it is answered, the time for the answer counts as well.
    const moving = { stopAt: now + MOVE_TIMEOUT + duration, onDone };
    this.#moving = moving;
    before?.onDone(done({}), now);
    const request = { channel: this.#channel, speed, command: direction };
    this.#exchange.ask(now, CONTROL_PTZ, request, (outcome, at) => {
      if (this.#moving !== moving) return;
      if (outcome.type === "done") {
        moving.stopAt = at + duration;
      } else if (outcome.reason === "silent") {
        // It may move all the same.
        moving.stopAt = at;
      } else {
        this.#moving = undefined;
        onDone(outcome, at);
      }
    }, { timeout: MOVE_TIMEOUT });
  }

  /** Stops the camera now. */
  stop(now: Instant, onDone: Done<unknown>): void {
    const before = this.#moving;
    this.#moving = undefined;
    const request = { channel: this.#channel, speed: 32, command: "stop" } as const;
    this.#exchange.ask(now, CONTROL_PTZ, request, (outcome, at) => {
      before?.onDone(outcome, at);
      onDone(outcome, at);
    }, { retries: 5, isUrgent: true });
  }

  handleTimeout(now: Instant): void {
    if (this.#moving !== undefined && now >= this.#moving.stopAt) this.stop(now, () => {});
  }

  pollTimeout(): Instant | undefined {
    return this.#moving?.stopAt;
  }

  /** The connection is over, and nobody can stop the camera any more. */
  close(now: Instant, detail: string): void {
    const before = this.#moving;
    this.#moving = undefined;
    before?.onDone(failed("closed", detail), now);
  }
}
