import type { Clock } from "../../io/types.ts";
import type { Duration, Instant } from "../../machine.ts";
import type { Camera } from "../camera.ts";
import type { CameraError } from "../camera_status.ts";
import type { SnapshotResult } from "../hub.ts";
import { LinkError } from "../link/link_error.ts";
import { settleOrAbort } from "../settle_or_abort.ts";

/** A camera is not asked for a picture more often: encoding one costs it more than a frame. */
const AT_MOST_EVERY: Duration = 1_000;

/** How long a failure is answer enough; after a refused password longer, as devices lock accounts. */
const FAILURE_HOLDS: Duration = 10_000;
const REFUSAL_HOLDS: Duration = 600_000;

const PATIENCE: Duration = 10_000;

/** Largest picture kept; one of 8K at best quality has about 10 MB. */
export const MAX_SNAPSHOT_BYTES = 16 << 20;

interface Picture {
  readonly bytes: Uint8Array;
  readonly at: Instant;
}

/** The latest picture of a camera; however many ask at once, the camera is asked once. */
export class Snapshots {
  readonly #clock: Clock;
  #latest: Picture | undefined;
  #failure: CameraError | undefined;
  #failedAt: Instant = -Infinity;
  #pending: Promise<Picture> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Forgets the picture: it is of another camera. */
  forget(): void {
    this.#latest = undefined;
    this.#failure = undefined;
    this.#pending = undefined;
  }

  /** A picture of `camera`, where it is connected; of before, where it is not. */
  async take(camera: Camera | undefined, signal: AbortSignal): Promise<SnapshotResult> {
    const ask = camera?.snapshot?.bind(camera);
    if (ask === undefined || this.#isFresh) return this.#last(camera);
    if (this.#failure !== undefined && this.#failureHolds) {
      return { type: "failed", error: this.#failure };
    }
    try {
      this.#pending ??= this.#ask(ask);
      const picture = await settleOrAbort(this.#pending, signal);
      return picture === undefined ? this.#last(camera) : this.#result(picture);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      return { type: "failed", error: this.#fail(error) };
    }
  }

  get #isFresh(): boolean {
    return this.#latest !== undefined && this.#clock.now() - this.#latest.at < AT_MOST_EVERY;
  }

  get #failureHolds(): boolean {
    const holds = this.#failure?.reason === "auth" ? REFUSAL_HOLDS : FAILURE_HOLDS;
    return this.#clock.now() - this.#failedAt < holds;
  }

  #fail({ end }: LinkError): CameraError {
    this.#failure = { ...end, at: this.#clock.wallClock() };
    this.#failedAt = this.#clock.now();
    return this.#failure;
  }

  #ask(ask: (signal: AbortSignal) => Promise<Uint8Array>): Promise<Picture> {
    const tooLate = new AbortController();
    const cancel = this.#clock.setTimer(PATIENCE, () => tooLate.abort());
    const pending = ask(tooLate.signal).then((bytes) => {
      const picture = { bytes, at: this.#clock.now() };
      if (this.#pending !== pending) return picture;
      this.#latest = picture;
      this.#failure = undefined;
      return picture;
    }).finally(() => {
      cancel();
      if (this.#pending === pending) this.#pending = undefined;
    });
    return pending;
  }

  #last(camera: Camera | undefined): SnapshotResult {
    if (this.#latest !== undefined) return this.#result(this.#latest);
    if (camera === undefined) return NOT_OPEN;
    return camera.snapshot === undefined ? NO_COMMAND : NONE_YET;
  }

  #result({ bytes, at }: Picture): SnapshotResult {
    return { type: "picture", bytes, age: this.#clock.now() - at };
  }
}

const NOT_OPEN: SnapshotResult = {
  type: "none",
  detail: "the camera is not open, and no picture was taken of it before",
  advice: "Start the camera first: a picture alone does not reach or wake it.",
};

const NO_COMMAND: SnapshotResult = {
  type: "none",
  detail: "the camera has no command for pictures",
  advice: "Take a frame of its RTSP stream instead.",
};

const NONE_YET: SnapshotResult = {
  type: "none",
  detail: "no picture has come yet",
  advice: "Try again.",
};
