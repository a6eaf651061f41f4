/**
 * One stream of one camera, on demand, for any number of readers: a single pull serves them all.
 *
 * The pull begins with the first reader and ends a while after the last. A new reader starts with
 * the current group of pictures. A pull that freezes is replaced, first on the same tunnel, then on
 * a new one; readers stay connected as long as the stream remains the same kind.
 *
 * @module
 */

import type { TunnelEnd } from "../tunnel_end.ts";
import type { Clock } from "../io/types.ts";
import type { CloseReason, Duration, Entropy, Instant } from "../machine.ts";
import type { Source, SourceReader } from "../media/source.ts";
import { sameTracks } from "../media/same_tracks.ts";
import type { AccessUnit, Track } from "../media/track.ts";
import { Backoff, RECONNECT_BACKOFF } from "./backoff.ts";
import { GopCache } from "./gop_cache.ts";
import { LinkError } from "./link_error.ts";
import { Timeline } from "./timeline.ts";
import { WaitingRoom } from "./waiting_room.ts";

/** One pull of a stream, from the moment its tracks are known. */
export interface Pull {
  readonly tracks: readonly Track[];
  /** Resolves once it is over, whoever ended it. */
  readonly ended: Promise<TunnelEnd>;
  close(): void;
}

/** Begins a pull; `onUnit` hears every access unit. Rejects with `LinkError`. */
export type StartPull = (
  onUnit: (unit: AccessUnit) => void,
  signal: AbortSignal,
) => Promise<Pull>;

export interface MediaPathLimits {
  /** How long the pull outlives its last reader. */
  readonly idle: Duration;
  /** How long a request for the stream may wait. Viewers commonly give up after 20 s. */
  readonly patience: Duration;
  /** Without a packet for so long, an open pull is taken as frozen. */
  readonly stall: Duration;
}

export const DEFAULT_PATH_LIMITS: MediaPathLimits = {
  idle: 30_000,
  patience: 18_000,
  stall: 5_000,
};

export type MediaPathState = "idle" | "starting" | "open" | "failed";

export type MediaPathEvent =
  | { readonly type: "state"; readonly state: MediaPathState; readonly end?: TunnelEnd }
  /** A pull began: the first of a series, or one that replaced another. */
  | { readonly type: "pulling"; readonly tracks: readonly Track[] }
  /** A frozen pull is replaced; `renewed` says that the tunnel is, too. */
  | { readonly type: "stalled"; readonly renewed: boolean };

export interface MediaPathOptions {
  readonly startPull: StartPull;
  /** Replaces the tunnel, since a new pull on the same one froze as well. */
  readonly renew: () => void;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly limits?: Partial<MediaPathLimits>;
  readonly onEvent: (event: MediaPathEvent) => void;
  readonly onBug: (error: unknown) => void;
}

/** The latest key frame, raw material for pictures. */
export interface Keyframe {
  readonly track: Track;
  readonly unit: AccessUnit;
  readonly at: Instant;
}

export class MediaPath {
  readonly #options: MediaPathOptions;
  readonly #limits: MediaPathLimits;
  readonly #backoff: Backoff;
  readonly #readers = new Set<SourceReader>();
  readonly #waiting: WaitingRoom<undefined, Source>;
  readonly #closing = new AbortController();
  #state: MediaPathState = "idle";
  #starting: Promise<void> | undefined;
  #pull: Pull | undefined;
  #stream:
    | { readonly source: Source; readonly timeline: Timeline; readonly gop: GopCache }
    | undefined;
  #keyframe: Keyframe | undefined;
  #stalls = 0;
  #cancelStall = () => {};
  #cancelIdle = () => {};
  #cancelRetry = () => {};
  #lastEnd: TunnelEnd | undefined;
  #pulls = 0;

  constructor(options: MediaPathOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_PATH_LIMITS, ...options.limits };
    this.#waiting = new WaitingRoom(options.clock);
    this.#backoff = new Backoff(RECONNECT_BACKOFF, options.entropy);
  }

  get state(): MediaPathState {
    return this.#state;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Pulls begun so far. */
  get pulls(): number {
    return this.#pulls;
  }

  /** The latest key frame, whatever became of the pull since. */
  get keyframe(): Keyframe | undefined {
    return this.#keyframe;
  }

  /** The stream, once it is there. Rejects with `LinkError` when patience ends or there is no hope. */
  find(): Promise<Source> {
    if (this.#closing.signal.aborted) return Promise.reject(new LinkError(CLOSED));
    if (this.#pull !== undefined && this.#stream !== undefined) {
      this.#watchIdle();
      return Promise.resolve(this.#stream.source);
    }
    const tooLate = () => new LinkError(this.#lastEnd ?? TOO_LATE);
    const source = this.#waiting.wait(undefined, this.#limits.patience, tooLate);
    this.#start();
    return source;
  }

  /** Ends the pull and every reader. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#cancelTimers();
    this.#waiting.settleAll(new LinkError(CLOSED));
    this.#endReaders("local");
    const pull = this.#pull;
    pull?.close();
    await Promise.allSettled([this.#starting, pull?.ended]);
  }

  #start(): void {
    if (this.#closing.signal.aborted || this.#starting || this.#pull) return;
    this.#cancelRetry();
    this.#enter("starting");
    this.#starting = this.#open().catch(this.#options.onBug).finally(() => {
      this.#starting = undefined;
    });
  }

  async #open(): Promise<void> {
    this.#pulls += 1;
    const early: AccessUnit[] = [];
    let onUnit: (unit: AccessUnit) => void = (unit) => early.push(unit);
    try {
      const pull = await this.#options.startPull((unit) => onUnit(unit), this.#closing.signal);
      if (this.#closing.signal.aborted) return pull.close();
      onUnit = (unit) => this.#handleUnit(pull, unit);
      this.#adopt(pull);
      for (const unit of early) this.#handleUnit(pull, unit);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      this.#handleFailure(error.end);
    }
  }

  #adopt(pull: Pull): void {
    this.#pull = pull;
    if (this.#stream === undefined || !sameTracks(this.#stream.source.tracks, pull.tracks)) {
      // Viewers were told of other parameter sets: they have to ask again.
      this.#endReaders("peer");
      this.#stream = this.#newStream(pull.tracks);
    }
    this.#stream.timeline.restart();
    this.#stream.gop.clear();
    pull.ended.then((end) => this.#handleEnded(pull, end)).catch(this.#options.onBug);
    this.#options.onEvent({ type: "pulling", tracks: pull.tracks });
    this.#enter("open");
    this.#watchStall();
    this.#watchIdle();
    this.#waiting.settleAll(this.#stream.source);
  }

  #newStream(tracks: readonly Track[]) {
    const gop = new GopCache(tracks);
    const source: Source = { tracks, read: (reader) => this.#read(gop, reader) };
    return { source, gop, timeline: new Timeline(tracks) };
  }

  #read(gop: GopCache, reader: SourceReader): () => void {
    if (this.#stream?.gop !== gop) {
      reader.onEnd("peer");
      return () => {};
    }
    for (const unit of gop.units) reader.onUnit(unit);
    this.#readers.add(reader);
    this.#watchIdle();
    return () => {
      if (this.#readers.delete(reader)) this.#watchIdle();
    };
  }

  #handleUnit(pull: Pull, unit: AccessUnit): void {
    if (pull !== this.#pull || this.#stream === undefined) return;
    const now = this.#options.clock.now();
    const placed = this.#stream.timeline.place(now, unit);
    if (placed === undefined) return;
    this.#stalls = 0;
    this.#backoff.reset();
    this.#watchStall();
    this.#stream.gop.push(placed);
    const track = this.#stream.source.tracks.find(({ id }) => id === unit.trackId);
    if (track?.kind === "video" && unit.keyframe) this.#keyframe = { track, unit: placed, at: now };
    for (const reader of this.#readers) reader.onUnit(placed);
  }

  /** A pull could not be had. Who waits goes on waiting; who only reads does so, too. */
  #handleFailure(end: TunnelEnd): void {
    this.#lastEnd = end;
    if (this.#closing.signal.aborted) return;
    this.#enter("failed", end);
    const hopeless = end.reason === "auth" || end.reason === "unreachable";
    if (hopeless) return this.#giveUp(end);
    if (this.#waiting.size === 0 && this.#readers.size === 0) return;
    this.#cancelRetry();
    this.#cancelRetry = this.#options.clock.setTimer(this.#backoff.next(), () => this.#start());
  }

  #giveUp(end: TunnelEnd): void {
    this.#waiting.settleAll(new LinkError(end));
    this.#endReaders(end.reason);
  }

  #handleEnded(pull: Pull, end: TunnelEnd): void {
    if (pull !== this.#pull) return;
    this.#pull = undefined;
    this.#cancelStall();
    this.#cancelIdle();
    if (this.#closing.signal.aborted) return;
    if (this.#readers.size === 0 && this.#waiting.size === 0) return this.#enter("idle");
    this.#handleFailure(end.reason === "local" ? { ...end, reason: "timeout" } : end);
  }

  #watchStall(): void {
    this.#cancelStall();
    this.#cancelStall = this.#options.clock.setTimer(this.#limits.stall, () => this.#handleStall());
  }

  /** Nothing has come for a while: pull again; when that did not help, over a new tunnel. */
  #handleStall(): void {
    this.#stalls += 1;
    const renewed = this.#stalls > 1;
    this.#options.onEvent({ type: "stalled", renewed });
    const pull = this.#pull;
    this.#pull = undefined;
    pull?.close();
    if (this.#readers.size === 0) return this.#handleIdle();
    if (renewed) this.#options.renew();
    this.#start();
  }

  #watchIdle(): void {
    this.#cancelIdle();
    if (this.#readers.size > 0 || this.#closing.signal.aborted) return;
    this.#cancelIdle = this.#options.clock.setTimer(this.#limits.idle, () => this.#handleIdle());
  }

  #handleIdle(): void {
    if (this.#waiting.size > 0) return;
    this.#cancelTimers();
    const pull = this.#pull;
    this.#pull = undefined;
    pull?.close();
    this.#enter("idle");
  }

  #endReaders(reason: CloseReason): void {
    for (const reader of [...this.#readers]) {
      this.#readers.delete(reader);
      reader.onEnd(reason);
    }
  }

  #cancelTimers(): void {
    this.#cancelStall();
    this.#cancelIdle();
    this.#cancelRetry();
  }

  #enter(state: MediaPathState, end?: TunnelEnd): void {
    if (this.#state === state && end === undefined) return;
    this.#state = state;
    this.#options.onEvent({ type: "state", state, ...(end && { end }) });
  }
}

const CLOSED: TunnelEnd = {
  reason: "local",
  stage: "closed",
  detail: "the stream is being closed",
  advice: "",
};

const TOO_LATE: TunnelEnd = {
  reason: "timeout",
  stage: "starting",
  detail: "the camera's stream did not come in time",
  advice: "Try again: a tunnel may take a while to come up.",
};
