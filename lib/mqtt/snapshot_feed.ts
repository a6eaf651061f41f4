import type { CameraStatus } from "../hub/camera_status.ts";
import type { Hub } from "../hub/hub.ts";
import { Turnstile } from "../hub/link/turnstile.ts";
import type { Clock } from "../io/types.ts";
import type { Duration } from "../machine.ts";

/** How long after a camera opened its first picture is asked for: before, it has enough to do. */
export const FIRST_PICTURE: Duration = 3_000;

/** Wait before an open camera is asked for another: encoding one costs it more than a frame. */
export const EVERY: Duration = 60_000;

/** The same for a camera that had none to give. */
export const AFTER_NONE: Duration = 600_000;

/** Larger pictures stay where they are: brokers and Home Assistant keep each in memory. */
export const MAX_PICTURE_BYTES = 2 << 20;

export interface SnapshotFeedOptions {
  readonly hub: Hub;
  readonly clock: Clock;
  /** A picture came; maybe the same as before. */
  readonly onPicture: (name: string, jpeg: Uint8Array) => void;
  readonly onBug: (error: unknown) => void;
}

/**
 * Asks cameras for pictures now and then while they are open for somebody, one camera at a time. One
 * that is not is left alone: a picture is no reason to reach or wake it.
 */
export class SnapshotFeed {
  readonly #options: SnapshotFeedOptions;
  readonly #ending = new AbortController();
  readonly #turnstile = new Turnstile();
  /** Of each open camera: how to call off the next picture. */
  readonly #calledOff = new Map<string, () => void>();

  constructor(options: SnapshotFeedOptions) {
    this.#options = options;
  }

  follow({ name, state }: Pick<CameraStatus, "name" | "state">): void {
    if (state !== "open") this.leave(name);
    else if (!this.#calledOff.has(name)) this.#schedule(name, FIRST_PICTURE);
  }

  leave(name: string): void {
    this.#calledOff.get(name)?.();
    this.#calledOff.delete(name);
  }

  close(): void {
    this.#ending.abort();
    for (const name of [...this.#calledOff.keys()]) this.leave(name);
  }

  #schedule(name: string, delay: Duration): void {
    const cancel = this.#options.clock.setTimer(delay, () => {
      this.#turnstile.pass(() => this.#ask(name)).catch(this.#options.onBug);
    });
    this.#calledOff.set(name, cancel);
  }

  async #ask(name: string): Promise<void> {
    const { hub, onPicture } = this.#options;
    const mine = this.#calledOff.get(name);
    if (mine === undefined) return;
    const result = await hub.snapshot(name, this.#ending.signal);
    // It may have closed meanwhile, and even opened again.
    if (this.#calledOff.get(name) !== mine) return;
    const isPicture = result.type === "picture" && result.bytes.length <= MAX_PICTURE_BYTES;
    if (isPicture) onPicture(name, result.bytes);
    this.#schedule(name, isPicture ? EVERY : AFTER_NONE);
  }
}
