/**
 * One stream of one camera, on demand, for any number of readers: a single pull serves them all.
 *
 * The pull begins with the first who wants it and ends a while after the last. A pull that freezes
 * is replaced, first on the same tunnel, then on a new one; readers stay connected as long as the
 * stream remains the same kind.
 *
 * @module
 */

import type { TunnelEnd } from "../../tunnel_end.ts";
import type { Clock } from "../../io/types.ts";
import type { Duration, Entropy } from "../../machine.ts";
import type { Source } from "../../media/source.ts";
import { sameTracks } from "../../media/same_tracks.ts";
import type { AccessUnit, Track } from "../../media/track.ts";
import { Backoff, RECONNECT_BACKOFF } from "../link/backoff.ts";
import { MAX_GROUP_BYTES } from "./gop_cache.ts";
import { BudgetError, LinkError } from "../link/link_error.ts";
import { type Keyframe, SharedStream } from "./shared_stream.ts";
import { WaitingRoom } from "../link/waiting_room.ts";

/** One pull of a stream, from the moment its tracks are known. */
export interface Pull {
  readonly tracks: readonly Track[];
  /** Resolves once it is over, whoever ended it. */
  readonly ended: Promise<TunnelEnd>;
  /** Whether it has ended as its tracks became other ones, and a new pull would have them. */
  readonly isOutdated?: boolean;
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
  /**
   * How long after its last packet readers of a stream stay while the camera cannot be found: one that
   * restarts is offline for a minute.
   */
  readonly offline: Duration;
  /** Without a packet for so long, an open pull is taken as frozen. */
  readonly stall: Duration;
  /** What the current group of pictures may take up. */
  readonly groupBytes: number;
}

export const DEFAULT_PATH_LIMITS: MediaPathLimits = {
  idle: 30_000,
  patience: 18_000,
  offline: 120_000,
  stall: 5_000,
  groupBytes: MAX_GROUP_BYTES,
};

/** How long whoever was given the stream may take to read it: players set up track by track. */
const OFFER_TIME: Duration = 10_000;

export type MediaPathState = "idle" | "starting" | "open" | "failed";

export type MediaPathEvent =
  | {
    readonly type: "state";
    readonly state: MediaPathState;
    /** Of `failed`. */
    readonly end: TunnelEnd | undefined;
    /** Of `failed`: when it is tried again; not by itself where it is not given. */
    readonly retryIn: Duration | undefined;
  }
  /** A pull began: the first of a series, or one that replaced another. */
  | { readonly type: "pulling"; readonly tracks: readonly Track[] }
  /** The first key frame of a pull is in hand. */
  | { readonly type: "keyframe" }
  /** How many readers there are has changed. */
  | { readonly type: "readers"; readonly count: number }
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

export class MediaPath {
  readonly #options: MediaPathOptions;
  readonly #backoff: Backoff;
  /** Who waits for the stream, and who for a picture of it. */
  readonly #waiting: WaitingRoom<undefined, Source>;
  readonly #pictures: WaitingRoom<undefined, Keyframe>;
  #limits: MediaPathLimits;
  #holds = 0;
  /** Of everything begun since it was stopped last. */
  #session = new AbortController();
  #isClosed = false;
  #state: MediaPathState = "idle";
  #starting: Promise<void> | undefined;
  #pull: Pull | undefined;
  #hasPicture = false;
  #stream: SharedStream | undefined;
  /** By streams that were replaced. */
  #sentBefore = 0;
  #stalls = 0;
  /** When the last packet came. */
  #heardAt = -Infinity;
  /** When somebody who has not begun to read yet was given the stream last. */
  #offeredAt = -Infinity;
  #cancelStall = () => {};
  #cancelIdle = () => {};
  #cancelRetry = () => {};
  #lastEnd: TunnelEnd | undefined;

  constructor(options: MediaPathOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_PATH_LIMITS, ...options.limits };
    this.#waiting = new WaitingRoom(options.clock);
    this.#pictures = new WaitingRoom(options.clock);
    this.#backoff = new Backoff(RECONNECT_BACKOFF, options.entropy);
  }

  get state(): MediaPathState {
    return this.#state;
  }

  get readers(): number {
    return this.#stream?.readers ?? 0;
  }

  /** Bytes of media handed to readers so far. */
  get sent(): number {
    return this.#sentBefore + (this.#stream?.sent ?? 0);
  }

  /** The stream as it was last, also while nothing is pulled; `undefined` before the first pull. */
  get stream(): SharedStream | undefined {
    return this.#stream;
  }

  /** Changes how long the pull outlives its last reader, from the next one on. */
  set idle(idle: Duration) {
    this.#limits = { ...this.#limits, idle };
  }

  /** The stream, once it is there. Rejects with `LinkError` when patience ends or there is no hope. */
  find(): Promise<Source> {
    if (this.#isClosed) return Promise.reject(new LinkError(STOPPED));
    if (this.#pull !== undefined && this.#stream !== undefined) {
      this.#offeredAt = this.#options.clock.now();
      this.#watchIdle();
      return Promise.resolve(this.#stream);
    }
    const tooLate = () => new LinkError(this.#lastEnd ?? TOO_LATE);
    const source = this.#waiting.wait(undefined, this.#limits.patience, tooLate);
    this.#start();
    return source;
  }

  /** A key frame of the present pull, once there is one. Rejects as `find()` does. */
  picture(patience: Duration = this.#limits.patience): Promise<Keyframe> {
    if (this.#isClosed) return Promise.reject(new LinkError(STOPPED));
    const keyframe = this.#hasPicture ? this.#stream?.keyframe : undefined;
    if (keyframe !== undefined) return Promise.resolve(keyframe);
    const tooLate = () => new LinkError(this.#lastEnd ?? NO_PICTURE);
    const picture = this.#pictures.wait(undefined, patience, tooLate);
    this.#start();
    return picture.finally(() => this.#watchIdle());
  }

  /**
   * Keeps the stream pulled, and has it pulled again whenever it is lost, until the returned
   * function is called. Only a refused password ends that, and a stop.
   */
  hold(): () => void {
    if (this.#isClosed) return () => {};
    this.#holds += 1;
    let isHeld = true;
    this.#start();
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holds -= 1;
      if (this.#pull !== undefined) this.#watchIdle();
    };
  }

  /** Tries again now where it waits for its next attempt. */
  retry(): void {
    if (this.#isWanted) this.#start();
  }

  /**
   * Ends the pull if nobody wants it, without waiting for its idle time to be over; a little later
   * where somebody may be about to read it.
   */
  rest(): void {
    if (this.#isWanted) return;
    if (this.#offerLeft > 0) this.#watchIdle();
    else this.#handleIdle();
  }

  /** Ends the pull and every reader now. Whoever asks next begins anew; holds must be given up. */
  async stop(): Promise<void> {
    this.#session.abort();
    this.#session = new AbortController();
    const pull = this.#takePull();
    this.#settleWaiting(new LinkError(STOPPED));
    this.#stream?.endReaders("local");
    this.#cancelTimers();
    this.#lastEnd = undefined;
    this.#backoff.reset();
    this.#enter("idle");
    await Promise.allSettled([this.#starting, pull?.ended]);
  }

  /** Stops for good: those who peek are ended, too. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const stopped = this.stop();
    this.#stream?.end("local");
    await stopped;
  }

  get #isWanted(): boolean {
    return this.#holds > 0 || this.readers > 0 || this.#waiting.size > 0 || this.#pictures.size > 0;
  }

  /** How long somebody may still be about to read, at most. */
  get #offerLeft(): Duration {
    return this.#offeredAt + OFFER_TIME - this.#options.clock.now();
  }

  #start(): void {
    if (this.#isClosed || this.#starting || this.#pull) return;
    this.#cancelRetry();
    this.#enter("starting");
    const { signal } = this.#session;
    this.#starting = this.#open(signal).catch(this.#options.onBug).finally(() => {
      this.#starting = undefined;
      // Who asked after a stop could not begin before what was stopped had ended.
      if (signal.aborted && this.#isWanted) this.#start();
    });
  }

  async #open(signal: AbortSignal): Promise<void> {
    const early: AccessUnit[] = [];
    let onUnit: (unit: AccessUnit) => void = (unit) => early.push(unit);
    try {
      const pull = await this.#options.startPull((unit) => onUnit(unit), signal);
      if (signal.aborted) return pull.close();
      onUnit = (unit) => this.#handleUnit(pull, unit);
      this.#adopt(pull);
      for (const unit of early) this.#handleUnit(pull, unit);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      if (!signal.aborted) this.#handleFailure(error);
    }
  }

  #adopt(pull: Pull): void {
    this.#pull = pull;
    this.#lastEnd = undefined;
    const stream = this.#streamOf(pull.tracks);
    pull.ended.then((end) => this.#handleEnded(pull, end)).catch(this.#options.onBug);
    this.#options.onEvent({ type: "pulling", tracks: pull.tracks });
    this.#enter("open");
    this.#watchStall();
    if (this.#waiting.size > 0) this.#offeredAt = this.#options.clock.now();
    this.#waiting.settleAll(stream);
    this.#watchIdle();
  }

  #streamOf(tracks: readonly Track[]): SharedStream {
    if (this.#stream !== undefined && sameTracks(this.#stream.tracks, tracks)) return this.#stream;
    // Viewers were told of other parameter sets: they have to ask again.
    this.#stream?.end("peer");
    this.#sentBefore = this.sent;
    this.#stream = new SharedStream({
      tracks,
      clock: this.#options.clock,
      groupBytes: this.#limits.groupBytes,
      onReaders: (count) => {
        if (count > 0) this.#offeredAt = -Infinity;
        this.#watchIdle();
        this.#options.onEvent({ type: "readers", count });
        // Who begins to read so long after asking has to ask again: much may speak against it by now.
        if (count > 0 && this.#state === "idle") this.#stream?.endReaders("timeout");
      },
    });
    return this.#stream;
  }

  #handleUnit(pull: Pull, unit: AccessUnit): void {
    const stream = this.#stream;
    if (pull !== this.#pull || stream === undefined) return;
    const before = stream.keyframe;
    if (!stream.push(unit)) return;
    this.#heardAt = this.#options.clock.now();
    this.#stalls = 0;
    this.#backoff.reset();
    this.#watchStall();
    const { keyframe } = stream;
    if (keyframe !== undefined && keyframe !== before) this.#handleKeyframe(keyframe);
  }

  #handleKeyframe(keyframe: Keyframe): void {
    if (!this.#hasPicture) this.#options.onEvent({ type: "keyframe" });
    this.#hasPicture = true;
    this.#pictures.settleAll(keyframe);
  }

  /** A pull could not be had. Who waits goes on waiting; who only reads does so, too. */
  #handleFailure(error: LinkError): void {
    this.#lastEnd = error.end;
    if (isHopeless(error)) this.#giveUp(error);
    const retryIn = this.#isWanted ? this.#retryIn(error) : undefined;
    this.#enter("failed", error.end, retryIn);
    if (retryIn === undefined) return;
    this.#cancelRetry();
    this.#cancelRetry = this.#options.clock.setTimer(retryIn, () => this.#handleRetry(error));
  }

  /** Whoever it was to be tried again for may have gone meanwhile, and took its reason along. */
  #handleRetry(error: LinkError): void {
    if (this.#isWanted) this.#start();
    else this.#enter("failed", error.end);
  }

  #retryIn(error: LinkError): Duration | undefined {
    if (error instanceof BudgetError) return error.retryAfter;
    // Devices lock accounts after a few refusals.
    return error.end.reason === "auth" ? undefined : this.#backoff.next();
  }

  #giveUp(error: LinkError): void {
    const { reason } = error.end;
    this.#settleWaiting(error);
    const offlineFor = this.#options.clock.now() - this.#heardAt;
    if (reason === "unreachable" && offlineFor < this.#limits.offline) return;
    this.#stream?.endReaders(reason);
  }

  #settleWaiting(error: LinkError): void {
    this.#waiting.settleAll(error);
    this.#pictures.settleAll(error);
  }

  #handleEnded(pull: Pull, end: TunnelEnd): void {
    if (pull !== this.#pull) return;
    this.#takePull();
    this.#cancelStall();
    this.#cancelIdle();
    if (!this.#isWanted) return this.#enter("idle");
    if (pull.isOutdated === true) return this.#start();
    this.#handleFailure(
      new LinkError(end.reason === "local" ? { ...end, reason: "timeout" } : end),
    );
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
    if (!this.#isWanted) return this.#handleIdle();
    this.#takePull();
    if (renewed) this.#options.renew();
    this.#start();
  }

  #watchIdle(): void {
    this.#cancelIdle();
    if (this.#isWanted || this.#pull === undefined) return;
    const wait = Math.max(this.#limits.idle, this.#offerLeft);
    this.#cancelIdle = this.#options.clock.setTimer(wait, () => this.rest());
  }

  #handleIdle(): void {
    this.#cancelTimers();
    const pull = this.#takePull();
    if (pull !== undefined || this.#starting === undefined) this.#enter("idle");
  }

  /** Ends the pull there is; what comes of it does not concern the path any more. */
  #takePull(): Pull | undefined {
    const pull = this.#pull;
    this.#pull = undefined;
    this.#hasPicture = false;
    if (pull === undefined) return undefined;
    this.#stream?.restart();
    pull.close();
    return pull;
  }

  #cancelTimers(): void {
    this.#cancelStall();
    this.#cancelIdle();
    this.#cancelRetry();
  }

  #enter(state: MediaPathState, end?: TunnelEnd, retryIn?: Duration): void {
    if (this.#state === state && end === undefined) return;
    this.#state = state;
    this.#options.onEvent({ type: "state", state, end, retryIn });
  }
}

/** Whether those who wait are better told at once. */
function isHopeless(error: LinkError): boolean {
  const { reason } = error.end;
  return error instanceof BudgetError || reason === "auth" || reason === "unreachable";
}

const STOPPED: TunnelEnd = {
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

const NO_PICTURE: TunnelEnd = {
  reason: "timeout",
  stage: "starting",
  detail: "no key frame came in time",
  advice: "The camera sends no video: check its stream settings.",
};
