/**
 * Pulls a stream of a Reolink camera that is logged in to: starts a preview, and turns its media into
 * access units.
 *
 * @module
 */

import type { Clock } from "../../io/types.ts";
import type { CloseReason, Duration, Instant } from "../../machine.ts";
import type { AccessUnit, Track } from "../../media/track.ts";
import { BaichuanError } from "../../reolink/baichuan/baichuan_error.ts";
import type { BaichuanClient, Preview } from "../../reolink/baichuan/client.ts";
import type { StreamKind } from "../../reolink/baichuan/commands/preview.ts";
import { type KnownSound, type PreviewEvent, PreviewSource } from "../../reolink/source.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import { LinkError } from "../link/link_error.ts";
import type { Pull } from "./media_path.ts";

/** How long a preview may take to show a key frame; cameras send one every 1 to 4 s [observed]. */
export const KEYFRAME_WITHIN: Duration = 12_000;

/** A stream that becomes another one sooner than this is not pulled anew at once. */
const STEADY_AFTER: Duration = 2_000;

/** A camera that is logged in to, as far as a pull needs it. */
export interface PreviewSession {
  readonly client: Pick<BaichuanClient, "startPreview" | "isOpen">;
  /** Why the connection ended, once it has. */
  readonly ended: Promise<TunnelEnd>;
}

export interface PreviewPullOptions {
  readonly session: PreviewSession;
  readonly kind: StreamKind;
  /** What its sound was like the last time. */
  readonly sound: KnownSound;
  readonly clock: Clock;
  readonly onUnit: (unit: AccessUnit) => void;
  /** Calls it off. */
  readonly signal: AbortSignal;
}

/** A pull that remembers what its sound is like, for the next one. */
export interface PreviewPull extends Pull {
  readonly sound: KnownSound;
}

/**
 * Begins to pull. Resolves with the first key frame; rejects with `LinkError` when none comes, once
 * the camera has stopped sending.
 */
export async function startPreviewPull(options: PreviewPullOptions): Promise<PreviewPull> {
  const pull = new RunningPull(options);
  await pull.start();
  return pull;
}

class RunningPull implements PreviewPull {
  tracks: readonly Track[] = [];
  isOutdated = false;
  readonly #options: PreviewPullOptions;
  readonly #source: PreviewSource;
  readonly #started = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<TunnelEnd>();
  #startedAt: Instant = Infinity;
  #preview: Preview | undefined;
  #isOver = false;
  #cancelWake = () => {};
  #cancelPatience = () => {};

  constructor(options: PreviewPullOptions) {
    this.#options = options;
    this.#source = new PreviewSource({ sound: options.sound });
  }

  get ended(): Promise<TunnelEnd> {
    return this.#ended.promise;
  }

  get sound(): KnownSound {
    return this.#source.sound;
  }

  /** Resolves once there is a key frame; rejects with `LinkError`. */
  async start(): Promise<void> {
    const { signal } = this.#options;
    const onAbort = () => this.close();
    signal.addEventListener("abort", onAbort, { once: true });
    void this.ended.then(() => signal.removeEventListener("abort", onAbort), () => {});
    if (signal.aborted) onAbort();
    else this.#guard(this.#begin());
    await this.#started.promise;
  }

  close(): void {
    void this.#finish(CLOSED);
  }

  /** Has the camera send; where it does not, the pull is over. */
  async #begin(): Promise<void> {
    const { session, kind, clock } = this.#options;
    try {
      const preview = await session.client.startPreview(kind, (bytes) => this.#take(bytes));
      if (this.#isOver) return await preview.stop();
      this.#preview = preview;
      void preview.ended.then((reason) => this.#handleEnded(preview, reason));
      if (this.#startedAt < Infinity) return;
      this.#cancelPatience = clock.setTimer(
        KEYFRAME_WITHIN,
        () => void this.#finish(NO_KEYFRAME),
      );
    } catch (error) {
      if (!(error instanceof BaichuanError)) throw error;
      await this.#finish(session.client.isOpen ? refusalOf(error) : await session.ended);
    }
  }

  /** Nothing that comes can be read: the camera begins anew, on the same line of time. */
  async #beginAnew(): Promise<void> {
    const stuck = this.#preview;
    this.#preview = undefined;
    await stuck?.stop();
    if (this.#isOver) return;
    this.#source.restart(this.#options.clock.now());
    this.#drain();
    await this.#begin();
  }

  #take(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#source.handleMessage(this.#options.clock.now(), bytes);
    this.#drain();
  }

  #drain(): void {
    for (let event = this.#source.pollEvent(); event; event = this.#source.pollEvent()) {
      this.#handle(event);
      if (this.#isOver) return;
    }
    this.#setTimer();
  }

  #setTimer(): void {
    const { clock } = this.#options;
    this.#cancelWake();
    const at = this.#source.pollTimeout();
    if (at === undefined) return;
    this.#cancelWake = clock.setTimer(Math.max(0, at - clock.now()), () => {
      this.#source.handleTimeout(clock.now());
      this.#drain();
    });
  }

  #handle(event: PreviewEvent): void {
    switch (event.type) {
      case "unit":
        return this.#options.onUnit(event.unit);
      case "stuck":
        // One that is being started anew already has no preview.
        if (this.#preview !== undefined) this.#guard(this.#beginAnew());
        return;
      case "tracks":
        if (event.why === "start") return this.#handleStart(event.tracks);
        // Viewers were told of other tracks.
        this.isOutdated = this.#options.clock.now() - this.#startedAt >= STEADY_AFTER;
        return void this.#finish(event.why === "video" ? OTHER_PICTURE : OTHER_SOUND);
    }
  }

  #handleStart(tracks: readonly Track[]): void {
    this.tracks = tracks;
    this.#startedAt = this.#options.clock.now();
    this.#cancelPatience();
    this.#started.resolve();
  }

  /** The camera has ended the stream, alone or with the connection. */
  #handleEnded(preview: Preview, reason: CloseReason): void {
    if (preview !== this.#preview || this.#isOver) return;
    const { client, ended } = this.#options.session;
    this.#preview = undefined;
    if (client.isOpen) return void this.#finish({ ...ENDED_BY_CAMERA, reason });
    this.#guard(ended.then((end) => this.#finish(end)));
  }

  async #finish(end: TunnelEnd): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelWake();
    this.#cancelPatience();
    await this.#preview?.stop();
    this.#started.reject(new LinkError(end));
    this.#ended.resolve(end);
  }

  /** What goes wrong unforeseen is a bug of ours, for whoever waits to hear of. */
  #guard(work: Promise<void>): void {
    work.catch((error) => {
      this.#started.reject(error);
      this.#ended.reject(error);
    });
  }
}

function refusalOf({ reason, code, message: detail }: BaichuanError): TunnelEnd {
  const stage = "starting";
  // It was asked as often as one that has only just woken needs: it has no such stream.
  if (code === CANNOT) return { reason: "unreachable", stage, detail, advice: OTHER_STREAM };
  const known = reason === "silent" ? "timeout" : reason === "garbled" ? "protocol" : "peer";
  return { reason: known, stage, detail, advice: "" };
}

const CANNOT = 400;

const OTHER_STREAM = "Not every model has every stream: try another one.";

const CLOSED: TunnelEnd = { reason: "local", stage: "open", detail: "closed", advice: "" };

const NO_KEYFRAME: TunnelEnd = {
  reason: "timeout",
  stage: "starting",
  detail: `the camera sent no key frame within ${KEYFRAME_WITHIN / 1_000} s`,
  advice: "The camera sends no video: check its stream settings.",
};

const ENDED_BY_CAMERA: TunnelEnd = {
  reason: "peer",
  stage: "open",
  detail: "the camera ended the stream",
  advice: "",
};

const OTHER_PICTURE: TunnelEnd = {
  ...ENDED_BY_CAMERA,
  detail: "the camera's picture has another format now",
};

const OTHER_SOUND: TunnelEnd = {
  ...ENDED_BY_CAMERA,
  detail: "the camera's sound has another format now, or has only now begun",
};
