import type { Clock } from "../io/types.ts";
import type { CameraEvent, ConnectingState } from "./camera.ts";
import type { CameraError, Way } from "./camera_status.ts";
import type { Handshake } from "./link/handshake.ts";
import type { TunnelEnd } from "../tunnel_end.ts";

/** What is known of a camera's connection. */
export type ConnectionState =
  | { readonly type: "none" }
  | { readonly type: "connecting"; readonly state: ConnectingState }
  | { readonly type: "connected"; readonly way: Way }
  /** `retryAt` in milliseconds since 1970, where somebody waits. */
  | {
    readonly type: "lost";
    readonly error: CameraError;
    readonly retryAt: number | undefined;
    /** Whether there was a connection to lose. */
    readonly wasConnected: boolean;
  };

/**
 * Follows what a camera tells of its connections. Attempts to open a further one while one stands
 * change nothing.
 */
export class ConnectionView {
  readonly #clock: Clock;
  readonly #handshake: Handshake;
  #state: ConnectionState = { type: "none" };

  constructor(clock: Clock, handshake: Handshake) {
    this.#clock = clock;
    this.#handshake = handshake;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  handle(event: CameraEvent): void {
    switch (event.type) {
      case "connecting":
        return this.#handleConnecting(event.state);
      case "step":
        if (event.status === "started") return this.#handshake.begin(event.stage);
        return this.#handshake.end(event.stage, event.status === "answered" ? "ok" : "failed");
      case "connected":
        if (this.#state.type !== "connected") this.#handshake.endAll("ok");
        this.#state = { type: "connected", way: event.way };
        return;
      case "lost":
        this.#handshake.endAll("failed");
        this.#state = this.#lost(event.end, event.retryIn);
        return;
      case "disconnected":
        return this.reset();
      default:
        return;
    }
  }

  /** There is no connection any more, as we ended it. */
  reset(): void {
    this.#handshake.endAll("failed");
    this.#state = { type: "none" };
  }

  #handleConnecting(state: ConnectingState): void {
    if (this.#state.type === "connected") return;
    if (this.#state.type !== "connecting") this.#handshake.restart();
    if (this.#state.type === "connecting") this.#handshake.end(this.#state.state, "ok");
    this.#handshake.begin(state);
    this.#state = { type: "connecting", state };
  }

  #lost(end: TunnelEnd, retryIn: number): ConnectionState {
    const at = this.#clock.wallClock();
    const retryAt = retryIn < Infinity ? at + retryIn : undefined;
    const wasConnected = this.#state.type === "connected";
    return { type: "lost", error: { ...end, at }, retryAt, wasConnected };
  }
}
