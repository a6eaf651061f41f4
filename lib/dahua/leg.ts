import { sameEndpoint } from "../endpoint.ts";
import type { CloseReason, Endpoint, Entropy, Instant, Transmit } from "../machine.ts";
import type { ControlMessage } from "./ptcp/message.ts";
import { PtcpSession } from "./ptcp/session.ts";
import type { SessionEvent } from "./ptcp/session_options.ts";

/** The path a session takes. */
export type DahuaWay = "lan" | "direct" | "relay";

/** What a leg tells its tunnel; the steps of the opening stay inside. */
export type LegEvent =
  | { readonly type: "open" }
  | { readonly type: "sign"; readonly sign: Uint8Array }
  | Extract<
    SessionEvent,
    { readonly type: "realmOpen" | "realmReadable" | "realmWritable" | "realmClosed" | "closed" }
  >;

export interface LegOptions {
  readonly way: DahuaWay;
  /** Name of the local socket. */
  readonly via: string;
  readonly peer: Endpoint;
  readonly entropy: Entropy;
  /** What a device must be shown before it talks to us directly; an agent needs none. */
  readonly sign?: Uint8Array;
}

/**
 * One PTCP session of a tunnel and the path it takes: over the agent, or straight to the device.
 *
 * Over the agent it is usable once connected, and asks for the sign. Straight to the device it shows
 * the sign first: authenticate, accepted, confirm; the confirmation is ordinary stream data, so what
 * follows may be sent right behind it.
 */
export class Leg {
  readonly way: DahuaWay;
  readonly peer: Endpoint;
  readonly session: PtcpSession;
  readonly #via: string;
  readonly #sign: Uint8Array | undefined;
  #isOpen = false;

  constructor(now: Instant, options: LegOptions) {
    this.way = options.way;
    this.peer = options.peer;
    this.#via = options.via;
    this.#sign = options.sign;
    this.session = new PtcpSession({ role: "connect", entropy: options.entropy });
    this.session.connect(now);
  }

  /** Whether realms may be opened. */
  get isOpen(): boolean {
    return this.#isOpen && !this.session.closed;
  }

  /** Whether a datagram is this leg's: PTCP has no other protection against strangers. */
  owns(via: string, from: Endpoint): boolean {
    return via === this.#via && sameEndpoint(from, this.peer);
  }

  abort(now: Instant, reason: CloseReason, detail: string): void {
    this.session.abort(now, reason, detail);
  }

  pollTransmit(): Transmit | undefined {
    const bytes = this.session.pollTransmit();
    return bytes === undefined ? undefined : { via: this.#via, to: this.peer, bytes };
  }

  pollEvent(now: Instant): LegEvent | undefined {
    for (let event = this.session.pollEvent(); event; event = this.session.pollEvent()) {
      const own = this.#handle(now, event);
      if (own !== undefined) return own;
    }
    return undefined;
  }

  #handle(now: Instant, event: SessionEvent): LegEvent | undefined {
    switch (event.type) {
      case "connected":
        return this.#handleConnected(now);
      case "control":
        return this.#handleControl(now, event.message);
      case "bind":
        return undefined; // Never asked of a client.
      default:
        return event;
    }
  }

  #handleConnected(now: Instant): LegEvent | undefined {
    if (this.#sign === undefined) {
      this.session.sendControl(now, { type: "requestSign" });
      this.#isOpen = true;
      return { type: "open" };
    }
    this.session.sendControl(now, { type: "authenticate", sign: this.#sign });
    return undefined;
  }

  #handleControl(now: Instant, message: ControlMessage): LegEvent | undefined {
    if (message.type === "sign" && this.#sign === undefined) {
      return { type: "sign", sign: message.sign };
    }
    if (message.type === "accepted" && this.#sign !== undefined && !this.#isOpen) {
      this.session.sendControl(now, { type: "confirm" });
      this.#isOpen = true;
      return { type: "open" };
    }
    return undefined;
  }
}
