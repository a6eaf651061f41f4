/**
 * Keeps a camera reachable: opens tunnels to it when they are needed, further ones when those are
 * full, brings them back when they are lost, and lets them go when nobody has used them for a while.
 *
 * Devices set the manners. Firmware grows unstable beyond three to five connections on a session and
 * does not handle overlapping negotiations; after a failed one a pause helps [field]. So there is a
 * limit of streams to a tunnel, one negotiation at a time, and a wait after each failure. None of
 * this shows to whoever asks for a stream: they wait, for as long as viewers are known to.
 *
 * @module
 */

import type { TunnelEnd } from "../../tunnel_end.ts";
import type { Clock } from "../../io/types.ts";
import type { Duration, Entropy, Instant } from "../../machine.ts";
import { Backoff, type BackoffLimits, RECONNECT_BACKOFF } from "./backoff.ts";
import { type Link, type LinkFigures, type OpenWay, type StartLink, sumFigures } from "./link.ts";
import { type BudgetError, LinkError } from "./link_error.ts";
import { WaitingRoom } from "./waiting_room.ts";

export interface LinkPoolLimits {
  /** Streams on one tunnel before another one is opened. */
  readonly streamsPerLink: number;
  readonly links: number;
  /** How long a tunnel nobody uses is kept: handshakes are slow. */
  readonly idle: Duration;
  /** How long a request for a stream may wait. Viewers commonly give up after 20 s. */
  readonly patience: Duration;
  /** Requests that may wait at once. */
  readonly waiting: number;
  /** Wait after a further tunnel could not be had while another one stands. */
  readonly pause: Duration;
  /**
   * Longest wait after an attempt that was turned away, as by a relay that is full, while somebody
   * waits: nobody tells when there is room again. Within their patience there is another attempt.
   */
  readonly turnedAway: Duration;
}

export const DEFAULT_LINK_LIMITS: LinkPoolLimits = {
  streamsPerLink: 4,
  links: 4,
  idle: 300_000,
  patience: 18_000,
  waiting: 64,
  pause: 30_000,
  turnedAway: 15_000,
};

export type LinkPoolEvent =
  | { readonly type: "open"; readonly way: OpenWay }
  /** Every tunnel is gone; the next attempt comes after `retryIn`. */
  | { readonly type: "lost"; readonly end: TunnelEnd; readonly retryIn: Duration }
  /** Every tunnel was let go as nobody used it; the next request opens one. */
  | { readonly type: "idle" };

export interface LinkPoolOptions<Request, Stream> {
  readonly startLink: StartLink<Request, Stream>;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly limits?: Partial<LinkPoolLimits>;
  /** Whether a lost camera is come back to although nobody waits for it. Default true. */
  readonly eager?: boolean;
  /** Waits between attempts to come back to a camera. */
  readonly backoff?: BackoffLimits;
  /**
   * Asked before each tunnel that is opened while none stands: why it must not be. Whoever waits is
   * told, and nothing is tried again before somebody asks.
   */
  readonly admit?: () => BudgetError | undefined;
  readonly onEvent: (event: LinkPoolEvent) => void;
  /** A bug of ours came up; the pool is of no more use. */
  readonly onBug: (error: unknown) => void;
}

interface Entry<Request, Stream> {
  readonly link: Link<Request, Stream>;
  streams: number;
  /** Let go by us: its end is no loss. */
  released: boolean;
  cancelIdle: () => void;
}

export class LinkPool<Request, Stream> {
  readonly #options: LinkPoolOptions<Request, Stream>;
  readonly #limits: LinkPoolLimits;
  readonly #backoff: Backoff;
  readonly #entries = new Set<Entry<Request, Stream>>();
  readonly #waiting: WaitingRoom<Request, Stream>;
  readonly #closing = new AbortController();
  #negotiation: Promise<void> | undefined;
  #notBefore: Instant = -Infinity;
  #cancelRetry: () => void = () => {};
  #lastEnd: TunnelEnd | undefined;
  #releasesAtOnce = false;
  /** The last tunnel was let go, and nobody was told of it yet. */
  #isLetGo = false;
  /** Of the links that have ended. */
  #past: LinkFigures = NO_FIGURES;

  constructor(options: LinkPoolOptions<Request, Stream>) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LINK_LIMITS, ...options.limits };
    this.#waiting = new WaitingRoom(options.clock);
    this.#backoff = new Backoff(options.backoff ?? RECONNECT_BACKOFF, options.entropy);
  }

  /**
   * Opens the first tunnel. Rejects with `LinkError` when that fails: a camera that was never reached
   * is not tried again by itself.
   */
  async start(): Promise<void> {
    await this.#negotiate();
    if (this.#entries.size > 0 || this.#closing.signal.aborted) return;
    this.#cancelRetry();
    throw new LinkError(this.#lastEnd ?? NEVER_STARTED);
  }

  /** Of all links so far; round trip and loss of those that stand. */
  get figures(): LinkFigures {
    return sumFigures([this.#past, ...[...this.#entries].map(({ link }) => link.figures)]);
  }

  /** Opens a stream, waiting for a tunnel with room. Rejects with `LinkError`. */
  openStream(request: Request): Promise<Stream> {
    this.#releasesAtOnce = false;
    const entry = this.#withRoom();
    if (entry !== undefined) return Promise.resolve(entry.link.openStream(request));
    if (this.#closing.signal.aborted) return Promise.reject(new LinkError(CLOSED));
    if (this.#notBefore === Infinity) return Promise.reject(new LinkError(this.#lastEnd ?? CLOSED));
    if (this.#waiting.size >= this.#limits.waiting) return Promise.reject(new LinkError(CROWDED));
    const tooLate = () => new LinkError(this.#lastEnd ?? TOO_LATE);
    const stream = this.#waiting.wait(request, this.#limits.patience, tooLate);
    this.#negotiateIfWanted();
    return stream;
  }

  /** The ways to the network have changed: every tunnel is replaced at once. */
  renew(): void {
    if (this.#entries.size === 0) return;
    for (const entry of this.#entries) this.#release(entry);
    this.#notBefore = -Infinity;
    this.#negotiateNow();
  }

  /**
   * Until the next request, lets tunnels go as soon as nobody uses them, without waiting for their
   * time to be over.
   */
  releaseUnused(): void {
    if (this.#waiting.size > 0) return;
    this.#releasesAtOnce = true;
    for (const entry of this.#entries) this.#watchIdle(entry);
  }

  /** Ends every tunnel in good order. Resolves once all have ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#cancelRetry();
    this.#waiting.settleAll(new LinkError(CLOSED));
    const ends = [...this.#entries].map((entry) => entry.link.ended);
    for (const entry of this.#entries) this.#release(entry);
    await Promise.allSettled([this.#negotiation, ...ends]);
  }

  #withRoom(): Entry<Request, Stream> | undefined {
    for (const entry of this.#entries) {
      if (entry.released || !entry.link.isOpen) continue;
      if (entry.streams < this.#limits.streamsPerLink) return entry;
    }
    return undefined;
  }

  #serveWaiting(): void {
    for (let entry = this.#withRoom(); entry !== undefined; entry = this.#withRoom()) {
      // It leaves the room first: opening a stream tells how many there are, which comes back here.
      const waiter = this.#waiting.takeFirst();
      if (waiter === undefined) return;
      waiter.settle(entry.link.openStream(waiter.request));
    }
    this.#negotiateIfWanted();
  }

  #negotiateIfWanted(): void {
    if (this.#waiting.size > 0) this.#negotiateNow();
  }

  /** Begins a negotiation, or sees to it that one begins when it may. */
  #negotiateNow(): void {
    if (this.#closing.signal.aborted || this.#negotiation !== undefined) return;
    const live = [...this.#entries].filter((entry) => !entry.released).length;
    if (live >= this.#limits.links) return;
    const wait = this.#notBefore - this.#options.clock.now();
    this.#cancelRetry();
    if (wait <= 0) return void this.#negotiate();
    this.#cancelRetry = this.#options.clock.setTimer(wait, () => this.#negotiateNow());
  }

  #negotiate(): Promise<void> {
    this.#negotiation = this.#open().catch(this.#options.onBug).finally(() => {
      this.#negotiation = undefined;
      this.#negotiateIfWanted();
      this.#tellIdle();
    });
    return this.#negotiation;
  }

  async #open(): Promise<void> {
    const entry = await this.#startLink();
    if (entry === undefined) return;
    const onAbort = () => entry.link.close();
    this.#closing.signal.addEventListener("abort", onAbort);
    if (this.#closing.signal.aborted) onAbort();
    const way = await entry.link.opened;
    this.#closing.signal.removeEventListener("abort", onAbort);
    if (way === undefined) return this.#handleFailure(await entry.link.ended);
    this.#backoff.reset();
    this.#isLetGo = false;
    this.#entries.add(entry);
    entry.link.ended.then((end) => this.#handleEnded(entry, end)).catch(this.#options.onBug);
    this.#watchIdle(entry);
    this.#options.onEvent({ type: "open", way });
    if (this.#closing.signal.aborted) this.#release(entry);
    this.#serveWaiting();
  }

  async #startLink(): Promise<Entry<Request, Stream> | undefined> {
    const stands = [...this.#entries].some(({ released }) => !released);
    const refusal = stands ? undefined : this.#options.admit?.();
    if (refusal !== undefined) {
      this.#waiting.settleAll(refusal);
      return undefined;
    }
    let entry: Entry<Request, Stream> | undefined;
    const onStreams = (count: number) => {
      if (entry !== undefined) this.#handleStreams(entry, count);
    };
    try {
      const link = await this.#options.startLink(this.#closing.signal, onStreams);
      entry = { link, streams: 0, released: false, cancelIdle: () => {} };
      return entry;
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      this.#handleFailure(error.end);
      return undefined;
    }
  }

  /** A negotiation failed. With another tunnel standing, only a longer pause comes of it. */
  #handleFailure(end: TunnelEnd): void {
    if (this.#closing.signal.aborted) return;
    this.#lastEnd = end;
    const stands = this.#entries.size > 0;
    const retryIn = stands ? this.#limits.pause : this.#retryIn(end);
    this.#notBefore = this.#options.clock.now() + retryIn;
    // A refused password is never tried again: devices lock accounts.
    if (end.reason === "auth") return this.#giveUp(end);
    // A camera nobody knows, or that is offline: on demand, those who wait are told at once.
    if (!stands && !this.#isEager && end.reason === "unreachable") {
      this.#waiting.settleAll(new LinkError(end));
    }
    if (!stands) this.#lose(end, retryIn);
  }

  #retryIn({ reason }: TunnelEnd): Duration {
    const wait = this.#backoff.next();
    const isUrgent = reason === "peer" && this.#waiting.size > 0;
    return isUrgent ? Math.min(wait, this.#limits.turnedAway) : wait;
  }

  #giveUp(end: TunnelEnd): void {
    this.#notBefore = Infinity;
    this.#isLetGo = false;
    this.#waiting.settleAll(new LinkError(end));
    this.#options.onEvent({ type: "lost", end, retryIn: Infinity });
  }

  #lose(end: TunnelEnd, retryIn: Duration): void {
    this.#isLetGo = false;
    this.#options.onEvent({ type: "lost", end, retryIn });
    this.#cancelRetry();
    this.#cancelRetry = this.#options.clock.setTimer(retryIn, () => {
      if (this.#isEager || this.#waiting.size > 0) this.#negotiateNow();
    });
  }

  get #isEager(): boolean {
    return this.#options.eager ?? true;
  }

  #handleEnded(entry: Entry<Request, Stream>, end: TunnelEnd): void {
    entry.cancelIdle();
    this.#entries.delete(entry);
    const { retransmits, received } = sumFigures([this.#past, entry.link.figures]);
    this.#past = { ...NO_FIGURES, retransmits, received };
    if (this.#closing.signal.aborted || this.#entries.size > 0) return;
    if (entry.released) {
      this.#isLetGo = true;
      return this.#tellIdle();
    }
    this.#lastEnd = end;
    const retryIn = this.#backoff.next();
    this.#notBefore = this.#options.clock.now() + retryIn;
    this.#lose(end, retryIn);
  }

  /** Tells that the last tunnel was let go, unless another one is on its way. */
  #tellIdle(): void {
    if (!this.#isLetGo || this.#negotiation !== undefined || this.#entries.size > 0) return;
    this.#isLetGo = false;
    this.#options.onEvent({ type: "idle" });
  }

  #handleStreams(entry: Entry<Request, Stream>, count: number): void {
    entry.streams = count;
    this.#watchIdle(entry);
    this.#serveWaiting();
  }

  #watchIdle(entry: Entry<Request, Stream>): void {
    entry.cancelIdle();
    if (entry.streams > 0 || entry.released) return;
    if (this.#releasesAtOnce) return this.#release(entry);
    entry.cancelIdle = this.#options.clock.setTimer(
      this.#limits.idle,
      () => this.#release(entry),
    );
  }

  #release(entry: Entry<Request, Stream>): void {
    entry.cancelIdle();
    if (entry.released) return;
    entry.released = true;
    entry.link.close();
  }
}

const NO_FIGURES: LinkFigures = {
  rtt: undefined,
  loss: undefined,
  retransmits: 0,
  received: {},
};

const CLOSED: TunnelEnd = {
  reason: "local",
  stage: "closed",
  detail: "the tunnel is being closed",
  advice: "",
};

const CROWDED: TunnelEnd = {
  reason: "local",
  stage: "open",
  detail: "too many connections wait for the camera already",
  advice: "",
};

const TOO_LATE: TunnelEnd = {
  reason: "timeout",
  stage: "open",
  detail: "the camera has no room for another connection",
  advice: "Devices allow a few connections at a time: close one.",
};

const NEVER_STARTED: TunnelEnd = { ...CLOSED, detail: "no attempt was made" };
