/**
 * Watches one camera: its state in the contract's words, its last error, and the events that tell of
 * both.
 *
 * @module
 */

import type { Clock } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import type { Duration, Instant } from "../machine.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import type { CameraEvent } from "./camera.ts";
import type { CameraConnection } from "./camera_connection.ts";
import { type DerivedState, deriveState } from "./camera_state.ts";
import type { CameraStreams } from "./camera_streams.ts";
import type {
  BatteryStatus,
  CameraError,
  CameraState,
  CameraStatus,
  Sighting,
  Way,
} from "./camera_status.ts";
import type { EventData } from "./hub_event.ts";
import type { Control } from "./controls.ts";
import { formatHubPath } from "./hub_path.ts";
import type { MediaPathEvent } from "./media/media_path.ts";
import { sameValue } from "./same_value.ts";

/**
 * How long after a refused password an order to start tries it again. Devices lock an account after
 * some five refusals within half an hour; viewers that keep reconnecting would see to that.
 */
export const AUTH_QUARANTINE: Duration = 600_000;

const NOBODY = "nobody uses it any more";

const NOTHING: Sighting = { motion: false, visitor: false, kinds: [] };

export interface CameraMonitorOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly connection: () => CameraConnection;
  readonly streams: () => CameraStreams;
  readonly onEvent: (event: EventData) => void;
}

export class CameraMonitor {
  readonly #options: CameraMonitorOptions;
  #state: CameraState = "idle";
  #since: number;
  #way: Way | undefined;
  #lastError: CameraError | undefined;
  /** The failure told last, as it was reported. */
  #lastEnd: TunnelEnd | undefined;
  /** Why the connection was lost last. */
  #lostBy: TunnelEnd | undefined;
  #refusedAt: Instant | undefined;
  /** What it sees, as far as that was told. */
  #sighting = NOTHING;
  /** What was last told of the battery. */
  #toldBattery: Omit<BatteryStatus, "at"> | undefined;
  /** What was last told of its controls. */
  #toldControls: readonly Control[] | undefined;
  #ports = 0;
  #why = NOBODY;

  constructor(options: CameraMonitorOptions) {
    this.#options = options;
    this.#since = options.clock.wallClock();
  }

  get state(): CameraState {
    return this.#state;
  }

  get lastError(): CameraError | undefined {
    return this.#lastError;
  }

  /** When the password was refused, unless that was forgotten since. */
  get refusedAt(): Instant | undefined {
    return this.#refusedAt;
  }

  /** Whether anything goes on that a connection is for. */
  get isInUse(): boolean {
    return this.#ports > 0 || this.#options.streams().isActive;
  }

  get status(): Pick<
    CameraStatus,
    "state" | "since" | "way" | "stage" | "retryAt" | "lastError" | "handshake"
  > {
    const { handshake } = this.#options.connection();
    const { retryAt } = this.#derive();
    const state = this.#state;
    const isSettled = isAtRest(state) || state === "open";
    const stage = state === "failed" ? this.#lastError?.stage : handshake.current ?? state;
    return {
      state,
      since: this.#since,
      way: this.#way,
      stage: isSettled ? undefined : stage,
      retryAt,
      lastError: this.#lastError,
      handshake: handshake.steps,
    };
  }

  /** Why it is going to be closed, for the event that tells of it. */
  set why(why: string) {
    this.#why = why;
  }

  /** How many connections to its ports there are now. */
  set ports(count: number) {
    this.#ports = count;
    this.update();
  }

  /** A refused password may be tried again. */
  forgetRefusal(): void {
    this.#refusedAt = undefined;
  }

  /** It is another camera now, of which nothing is known. */
  forget(): void {
    this.#refusedAt = undefined;
    this.#lastError = undefined;
    this.#lastEnd = undefined;
    this.#lostBy = undefined;
    this.#toldBattery = undefined;
    this.#toldControls = undefined;
  }

  handleCamera(event: CameraEvent): void {
    const { log, connection } = this.#options;
    switch (event.type) {
      case "note":
        return log.debug(event.message, event.fields);
      case "step":
        return log.debug(`${event.stage} ${event.status}`);
      case "wayFailed": {
        const { type, way, detail } = event;
        this.#options.onEvent({ type, camera: this.#options.name, way, detail });
        break;
      }
      case "lost":
        this.#lostBy = event.end;
        this.#noteEnd(
          event.end,
          this.isInUse && event.retryIn < Infinity ? event.retryIn : undefined,
        );
        break;
      case "sighting":
        this.#tellSighting(event.sighting);
        break;
      case "battery": {
        const { battery } = connection();
        const camera = this.#options.name;
        if (battery === undefined || sameValue(event.battery, this.#toldBattery)) break;
        this.#toldBattery = event.battery;
        this.#options.onEvent({ type: "battery", camera, battery });
        break;
      }
      case "controls":
        this.#tellControls(event.controls);
        break;
      default:
        break;
    }
    this.update();
  }

  handleStream(stream: string, event: MediaPathEvent): void {
    const { name: camera, log, onEvent } = this.#options;
    const path = formatHubPath(camera, stream);
    switch (event.type) {
      case "state":
        this.#noteStream(event);
        break;
      case "keyframe":
        this.#options.connection().handshake.end("keyframe", "ok");
        break;
      case "readers":
        onEvent({ type: "viewers", camera, path, viewers: event.count });
        break;
      case "stalled":
        onEvent({ type: "stall", camera, path, renewed: event.renewed });
        break;
      case "pulling":
        log.debug("pulling", { path, tracks: event.tracks.length });
        break;
    }
    this.update();
  }

  /** Tells of what has become different. */
  update(): void {
    const { state, way, error, retryAt } = this.#derive();
    const previous = this.#state;
    const isOtherWay = way !== undefined && this.#way !== undefined && way !== this.#way;
    this.#way = way;
    if (way === undefined) this.#tellSighting(NOTHING);
    const camera = this.#options.name;
    if (state === previous) {
      if (isOtherWay) this.#options.onEvent({ type: "way", camera, way });
      return;
    }
    this.#state = state;
    if (state === "starting") this.#beginOnce("starting");
    this.#since = this.#options.clock.wallClock();
    const { stage } = this.status;
    this.#options.onEvent({
      ...{ type: "state", camera, state, previous, way, stage, error, retryAt },
      // One that rested before has only told that it sleeps meanwhile.
      detail: isAtRest(state) && !isAtRest(previous) ? this.#why : undefined,
    });
    if (isAtRest(state)) this.#why = NOBODY;
  }

  #tellControls(controls: readonly Control[]): void {
    if (sameValue(controls, this.#toldControls)) return;
    this.#toldControls = controls;
    this.#options.onEvent({ type: "controls", camera: this.#options.name, controls });
  }

  #tellSighting(sighting: Sighting): void {
    if (sameValue(sighting, this.#sighting)) return;
    this.#sighting = sighting;
    this.#options.onEvent({ type: "motion", camera: this.#options.name, ...sighting });
  }

  #noteStream({ state, end, retryIn }: Extract<MediaPathEvent, { readonly type: "state" }>): void {
    const { handshake } = this.#options.connection();
    if (state === "open") {
      handshake.end("starting", "ok");
      this.#beginOnce("keyframe");
    } else if (state !== "starting") {
      handshake.end("starting", "failed");
      handshake.end("keyframe", "failed");
    }
    if (end !== undefined && !this.#isEcho(end)) this.#noteEnd(end, retryIn);
  }

  /** A stream breaks with its connection, which has told of that already, and of what to do. */
  #isEcho({ reason, detail }: TunnelEnd): boolean {
    return reason === this.#lostBy?.reason && detail === this.#lostBy.detail;
  }

  /** The first stream's steps belong to the handshake, and not those of streams that come later. */
  #beginOnce(stage: string): void {
    const { handshake } = this.#options.connection();
    if (!handshake.has(stage)) handshake.begin(stage);
  }

  /** The same end comes from the connection and from each stream that waited for it. */
  #noteEnd(end: TunnelEnd, retryIn: Duration | undefined): void {
    const { clock, name: camera, onEvent } = this.#options;
    if (end.reason === "auth") this.#refusedAt ??= clock.now();
    if (end === this.#lastEnd) return;
    this.#lastEnd = end;
    const at = clock.wallClock();
    this.#lastError = { ...end, at };
    const retryAt = retryIn === undefined ? undefined : at + retryIn;
    onEvent({ type: "error", camera, error: this.#lastError, retryAt });
  }

  #derive(): DerivedState {
    const { state: connection, sleeps } = this.#options.connection();
    const paths = this.#options.streams().parts;
    return deriveState({ connection, paths, ports: this.#ports, sleeps });
  }
}

function isAtRest(state: CameraState): boolean {
  return state === "idle" || state === "sleeping";
}
