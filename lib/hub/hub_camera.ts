/**
 * One camera of the hub: when it is open, and for whom.
 *
 * @module
 */

import type { CameraConfig } from "../config/daemon_config.ts";
import type { MachineStream } from "../io/machine_stream.ts";
import type { World } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import type { Duration } from "../machine.ts";
import type { CameraEvent, CameraModel } from "./camera.ts";
import { CameraConnection } from "./camera_connection.ts";
import { AUTH_QUARANTINE, CameraMonitor } from "./camera_monitor.ts";
import { CameraOrders } from "./camera_orders.ts";
import { CameraStreams } from "./camera_streams.ts";
import type { CameraError, CameraStatus, WakeRecord } from "./camera_status.ts";
import type { Cause } from "./cause.ts";
import type { BudgetSpent, OpenOptions, OpenResult, Refused, SnapshotResult } from "./hub.ts";
import type { EventData } from "./hub_event.ts";
import { formatHubPath } from "./hub_path.ts";
import { Lease } from "./lease.ts";
import { BudgetError, LinkError } from "./link/link_error.ts";
import type { MediaPath, MediaPathEvent } from "./media/media_path.ts";
import { peekSource } from "./media/peek_source.ts";
import {
  budgetSpent,
  CLOSING,
  GONE,
  NO_PORTS,
  NOT_STARTED,
  NOTHING_TO_PEEK,
  TOO_MANY_STREAMS,
} from "./refusals.ts";
import { settleOrAbort } from "./settle_or_abort.ts";
import { Snapshots } from "./media/snapshots.ts";
import { Talkback } from "./media/talkback.ts";

/** Name of the camera's own stream, which leases and modes keep open. */
const MAIN = "";

export interface HubCameraOptions {
  readonly config: CameraConfig;
  readonly model: CameraModel;
  readonly world: World;
  readonly log: Log;
  /** What the current group of pictures of a stream may take up. */
  readonly groupBytes?: number | undefined;
  readonly onEvent: (event: EventData) => void;
  readonly onBug: (error: unknown) => void;
}

/** What there is to say of a camera but where it comes from and what is forwarded to it. */
export type OwnStatus = Omit<CameraStatus, "origin" | "forwards">;

export class HubCamera {
  readonly orders: CameraOrders;
  readonly #options: HubCameraOptions;
  readonly #connection: CameraConnection;
  readonly #monitor: CameraMonitor;
  readonly #lease: Lease;
  readonly #snapshots: Snapshots;
  readonly #talkback: Talkback;
  #config: CameraConfig;
  #model: CameraModel;
  #streams: CameraStreams;
  /** Of streams that belonged to another address. */
  #before = { sent: 0, pulls: 0, stalls: 0 };
  /** Who asked last. */
  #cause: Cause = { by: "mode" };
  #releaseHold: (() => void) | undefined;
  /** Stopped by order: not kept open, whatever its mode, until somebody asks again. */
  #isStopped = false;
  #isClosed = false;
  #cancelUnused: (() => void) | undefined;

  constructor(options: HubCameraOptions) {
    const { config, model, world, log, onEvent, onBug } = options;
    const { name } = config;
    this.#options = options;
    this.#config = config;
    this.#model = model;
    this.#lease = new Lease(world.clock, () => this.#handleLeaseEnd());
    this.#snapshots = new Snapshots(world.clock);
    this.#talkback = new Talkback({
      clock: world.clock,
      log: log.with({ camera: name }),
      camera: () => this.#connection.camera,
      onBug,
    });
    const connection = () => this.#connection;
    this.orders = new CameraOrders({ name, clock: world.clock, connection, onEvent });
    this.#monitor = new CameraMonitor({
      name,
      clock: world.clock,
      log,
      connection,
      streams: () => this.#streams,
      onEvent,
    });
    this.#connection = new CameraConnection({
      model,
      world,
      budget: config.wakeBudget,
      cause: () => this.#cause,
      onEvent: (event) => this.#handleCamera(event),
      onWake: (cause, allowed) => onEvent({ type: "wake", camera: name, cause, allowed }),
      onSpent: () => this.#handleSpent(),
      onBug,
    });
    this.#streams = this.#newStreams();
    this.#monitor.update();
    this.#syncHold();
  }

  get name(): string {
    return this.#config.name;
  }

  get config(): CameraConfig {
    return this.#config;
  }

  get wakes(): readonly WakeRecord[] {
    return this.#connection.wakes;
  }

  get status(): OwnStatus {
    const { name, address: { vendor }, mode } = this.#config;
    const { figures, battery, controls, counters, state } = this.#connection;
    const isConnected = state.type === "connected";
    return {
      name,
      vendor,
      mode,
      ...this.#monitor.status,
      paths: this.#model.streams.map((stream) => formatHubPath(name, stream)),
      streams: this.#streams.statuses(name),
      viewers: this.#streams.readers,
      bytes: { received: figures.received, sent: this.#before.sent + this.#streams.sent },
      rtt: isConnected ? figures.rtt : undefined,
      loss: isConnected ? figures.loss : undefined,
      counters: {
        ...counters,
        pulls: this.#before.pulls + this.#streams.pulls,
        stalls: this.#before.stalls + this.#streams.stalls,
        retransmits: figures.retransmits,
      },
      lease: this.#lease.isRunning ? { until: this.#lease.until } : undefined,
      battery,
      controls,
      keyframeAge: this.#streams.keyframeAge,
    };
  }

  /** The stream leases and modes keep open. */
  get main(): MediaPath {
    const path = this.#streams.find(MAIN);
    // It is made first, before there can be too many.
    if (path === undefined) throw new Error("A camera always has its own stream");
    return path;
  }

  /** Begins a lease or extends it; returns why it does not. */
  async lease(
    duration: Duration | undefined,
    cause: Cause,
  ): Promise<Failed | Refused | BudgetSpent | undefined> {
    if (this.#isClosed) return CLOSING;
    const refused = await this.#retryPassword();
    if (refused !== undefined) return { type: "failed", error: refused };
    const spent = this.#connection.refusal(cause);
    if (spent !== undefined) return budgetSpent(spent);
    this.#ask(cause);
    const change = this.#lease.extend(duration);
    if (change !== "unchanged") this.#tellLease(change, cause);
    this.#syncHold();
    this.main.retry();
    return undefined;
  }

  /**
   * The doctor reaches it, on connections of its own: why it must not, or what to call once that is
   * over.
   */
  visit(cause: Cause): BudgetSpent | (() => void) {
    const visit = this.#connection.visit(cause, "the doctor examined it");
    return typeof visit === "function" ? visit : budgetSpent(visit);
  }

  /** Closes it now; returns whether there was anything to close. */
  async stop(cause: Cause): Promise<boolean> {
    const { isRunning } = this.#lease;
    const { type } = this.#connection.state;
    const isOpen = isRunning || this.#monitor.isInUse || type === "connected";
    this.#isStopped = true;
    if (isOpen) this.#options.onEvent({ type: "stopped", camera: this.name, cause });
    await this.#shut("it was stopped", cause);
    return isOpen;
  }

  /** The stream that `words`, which stand behind the name in a path, ask for. */
  async open(
    words: readonly string[],
    peek: boolean,
    { cause, signal }: OpenOptions,
  ): Promise<OpenResult> {
    const name = this.#model.streamName(words);
    if (name === undefined) return { type: "unknown" };
    if (peek) {
      const source = peekSource(this.#streams.get(name)?.stream, this.#options.world.clock);
      return source === undefined ? NOTHING_TO_PEEK : { type: "source", source };
    }
    const refusal = this.#refuseViewer(cause);
    if (refusal !== undefined) return refusal;
    const path = this.#streams.find(name);
    if (path === undefined) return TOO_MANY_STREAMS;
    this.#ask(cause);
    this.#syncHold();
    try {
      const source = await settleOrAbort(path.find(), signal);
      if (source === undefined) return this.failure(GONE);
      return { type: "source", source: this.#talkback.beside(source) };
    } catch (error) {
      return this.failure(error);
    }
  }

  /** Opens a connection to a port of the device. Rejects with `LinkError`. */
  async openPort(port: number): Promise<MachineStream> {
    const cause: Cause = { by: "forward", who: String(port) };
    const { camera } = this.#connection;
    if (camera.openPort === undefined) throw new LinkError(NO_PORTS);
    const refusal = this.#refuse(cause);
    if (refusal !== undefined) {
      const { detail, advice } = refusal;
      throw new LinkError({ reason: "local", stage: "refused", detail, advice });
    }
    this.#ask(cause);
    return await camera.openPort(port);
  }

  /** How many connections to its ports there are now. */
  set ports(count: number) {
    this.#monitor.ports = count;
    this.#watchUnused();
  }

  async snapshot(signal: AbortSignal): Promise<SnapshotResult> {
    const { state, camera } = this.#connection;
    return await this.#snapshots.take(state.type === "connected" ? camera : undefined, signal);
  }

  /**
   * Takes another configuration of the same name. Another address, for which `model` stands, closes
   * it, and so does a mode that has no use for what goes on; a lease goes on over both. Returns
   * whether it was closed.
   */
  async apply(config: CameraConfig, model: CameraModel | undefined): Promise<boolean> {
    if (config.mode !== this.#config.mode) this.#isStopped = false;
    this.#config = config;
    this.#streams.idle = config.idle;
    this.#connection.budget = config.wakeBudget;
    if (model !== undefined) await this.#become(model);
    const isOver = config.mode === "manual" && !this.#lease.isRunning && this.#monitor.isInUse;
    if (isOver) await this.#shut("its mode became manual", { by: "mode" });
    this.#syncHold();
    this.#monitor.update();
    return isOver || model !== undefined;
  }

  /** Closes it for good, with every viewer. */
  async close(why: string): Promise<void> {
    this.#isClosed = true;
    this.#monitor.why = why;
    this.#endLease(undefined);
    this.#dropHold();
    await Promise.all([this.#connection.close(why), this.#streams.close()]);
    this.#monitor.update();
    this.#cancelUnused?.();
  }

  /** What an error of a stream amounts to. Throws what is none, as that is a bug of ours. */
  failure(error: unknown): BudgetSpent | Failed {
    if (!(error instanceof LinkError)) throw error;
    if (error instanceof BudgetError) return budgetSpent(error);
    return { type: "failed", error: { ...error.end, at: this.#options.world.clock.wallClock() } };
  }

  #newStreams(): CameraStreams {
    const { world, groupBytes, onBug } = this.#options;
    const streams: CameraStreams = new CameraStreams({
      world,
      groupBytes,
      idle: this.#config.idle,
      camera: () => this.#connection.camera,
      onEvent: (stream, event) => {
        if (streams === this.#streams) this.#handleStream(stream, event);
      },
      onBug,
    });
    streams.find(MAIN);
    return streams;
  }

  /** Somebody wants it: for the ledger, and to end what a stop began. */
  #ask(cause: Cause): void {
    this.#cause = cause;
    this.#isStopped = false;
  }

  #refuse(cause: Cause): Refused | BudgetSpent | undefined {
    if (this.#isClosed) return CLOSING;
    if (this.#config.mode === "manual" && !this.#lease.isRunning) return NOT_STARTED;
    const spent = this.#connection.refusal(cause);
    return spent && budgetSpent(spent);
  }

  #refuseViewer(cause: Cause): Failed | Refused | BudgetSpent | undefined {
    const { refusedAt, lastError } = this.#monitor;
    if (refusedAt !== undefined && lastError !== undefined) {
      return { type: "failed", error: lastError };
    }
    return this.#refuse(cause);
  }

  /** Lets a refused password be tried once more, if that was long ago; else tells what it said. */
  async #retryPassword(): Promise<CameraError | undefined> {
    const { refusedAt, lastError } = this.#monitor;
    if (refusedAt === undefined) return undefined;
    if (this.#options.world.clock.now() - refusedAt < AUTH_QUARANTINE) return lastError;
    this.#monitor.forgetRefusal();
    await this.#connection.replace("a refused password is tried again", this.#model);
    return undefined;
  }

  /** Keeps its own stream open exactly while it should be. */
  #syncHold(): void {
    const isAlways = this.#config.mode === "always" && !this.#isStopped;
    const isWanted = isAlways || this.#lease.isRunning;
    if (!isWanted || this.#isClosed) return this.#dropHold();
    // To hold it anew would try a refused password again.
    if (this.#monitor.refusedAt === undefined) this.#releaseHold ??= this.main.hold();
  }

  #dropHold(): void {
    this.#releaseHold?.();
    this.#releaseHold = undefined;
  }

  #handleLeaseEnd(): void {
    const why = "its lease ended";
    this.#tellLease("ended", undefined);
    if (this.#config.mode === "manual") return void this.#halt(why).catch(this.#options.onBug);
    this.#syncHold();
    if (this.#streams.readers === 0) this.#monitor.why = why;
    this.main.rest();
  }

  #endLease(cause: Cause | undefined): void {
    if (this.#lease.end()) this.#tellLease("ended", cause);
  }

  #tellLease(change: "begun" | "extended" | "ended", cause: Cause | undefined): void {
    const { until } = this.#lease;
    this.#options.onEvent({ type: "lease", camera: this.name, change, until, cause });
  }

  /** The camera was awake as long as it may be: it rests, and is held again once it may. */
  #handleSpent(): void {
    this.#halt("its wake budget is spent").catch(this.#options.onBug);
    this.#syncHold();
  }

  /** Ends everything that goes on, a lease too. Resolves once all has ended. */
  async #shut(why: string, cause: Cause): Promise<void> {
    this.#endLease(cause);
    await this.#halt(why);
  }

  /** Ends pulls and connection; they may begin anew at once. Resolves once they have ended. */
  async #halt(why: string): Promise<void> {
    this.#monitor.why = why;
    this.#dropHold();
    const ended = [this.#connection.replace(why, this.#model), this.#streams.stop()];
    this.#monitor.update();
    await Promise.all(ended);
  }

  /** It is another camera now: nothing of what the one before showed holds. */
  async #become(model: CameraModel): Promise<void> {
    const why = "its address changed";
    const { sent, pulls, stalls } = this.#before;
    const old = this.#streams;
    this.#before = {
      sent: sent + old.sent,
      pulls: pulls + old.pulls,
      stalls: stalls + old.stalls,
    };
    this.#model = model;
    this.#dropHold();
    this.#monitor.why = why;
    this.#monitor.forget();
    this.#snapshots.forget();
    this.#streams = this.#newStreams();
    const ended = [this.#connection.replace(why, model), old.close()];
    this.#monitor.update();
    await Promise.all(ended);
  }

  #handleCamera(event: CameraEvent): void {
    this.#monitor.handleCamera(event);
    this.#watchUnused();
  }

  #handleStream(stream: string, event: MediaPathEvent): void {
    this.#monitor.handleStream(stream, event);
    const isIdle = event.type === "state" && event.state === "idle";
    // Its idle time is over already.
    if (isIdle && !this.#monitor.isInUse) this.#connection.camera.releaseUnused();
    this.#watchUnused();
  }

  /** A connection nobody uses is kept for a while, as handshakes are slow. */
  #watchUnused(): void {
    const isUnused = this.#connection.state.type === "connected" && !this.#monitor.isInUse;
    if (!isUnused || this.#isClosed) {
      this.#cancelUnused?.();
      this.#cancelUnused = undefined;
      return;
    }
    this.#cancelUnused ??= this.#options.world.clock.setTimer(this.#config.idle, () => {
      this.#cancelUnused = undefined;
      this.#connection.camera.releaseUnused();
    });
  }
}

type Failed = { readonly type: "failed"; readonly error: CameraError };
