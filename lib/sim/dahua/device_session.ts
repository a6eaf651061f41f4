import { equalBytes } from "../../bytes/bytes.ts";
import type { ControlMessage } from "../../dahua/ptcp/message.ts";
import { PtcpSession } from "../../dahua/ptcp/session.ts";
import type { SessionEvent, SessionOptions } from "../../dahua/ptcp/session_options.ts";
import type { CloseReason, Instant } from "../../machine.ts";
import { Conversation } from "./conversation.ts";

/** What a firmware does differently in PTCP. */
export type PtcpQuirks = Partial<
  Pick<SessionOptions, "mss" | "segmentation" | "initialSeq" | "receiveBuffer" | "heartbeatEvery">
>;

export interface DeviceSessionOptions extends PtcpQuirks {
  readonly entropy: SessionOptions["entropy"];
  /** Over the agent a session needs no sign. */
  readonly way: "direct" | "relay";
  /** Signs good at present; more may come later. */
  readonly signs: readonly Uint8Array[];
}

export type DeviceSessionEvent =
  /** The client has shown a sign, or came over the agent. */
  | { readonly type: "open" }
  | Extract<SessionEvent, { readonly realm: number }>
  | { readonly type: "closed"; readonly reason: CloseReason; readonly detail: string };

/**
 * The device's end of one session: PTCP as the listening side, and the exchange in which the client
 * shows its sign. Binds before that are refused.
 */
export class DeviceSession {
  readonly #options: DeviceSessionOptions;
  readonly #session: PtcpSession;
  readonly #conversation = new Conversation();
  readonly #events: DeviceSessionEvent[] = [];
  #open: boolean;
  #accepted = false;

  constructor(options: DeviceSessionOptions) {
    const { way, signs: _signs, ...session } = options;
    this.#options = options;
    this.#open = way === "relay";
    this.#session = new PtcpSession({ ...session, role: "listen" });
  }

  /** The child that carries the realms. After a command on it, take what it sends and says. */
  get ptcp(): PtcpSession {
    return this.#session;
  }

  /** Whether a datagram of the peer opens a new conversation, for which this one must go. */
  isRestart(now: Instant, bytes: Uint8Array): boolean {
    return this.#conversation.isRestart(now, bytes);
  }

  handleDatagram(now: Instant, bytes: Uint8Array): void {
    this.#session.handleDatagram(now, bytes);
    this.#takeEvents(now);
  }

  handleTimeout(now: Instant): void {
    this.#session.handleTimeout(now);
    this.#takeEvents(now);
  }

  pollTransmit(): Uint8Array | undefined {
    return this.#session.pollTransmit();
  }

  pollEvent(now: Instant): DeviceSessionEvent | undefined {
    this.#takeEvents(now);
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    return this.#session.pollTimeout();
  }

  #takeEvents(now: Instant): void {
    const session = this.#session;
    for (let event = session.pollEvent(); event !== undefined; event = session.pollEvent()) {
      switch (event.type) {
        case "connected":
          if (this.#open) this.#events.push({ type: "open" });
          break;
        case "control":
          this.#handleControl(now, event.message);
          break;
        case "bind":
          if (this.#open) this.#events.push(event);
          else session.closeRealm(now, event.realm);
          break;
        default:
          this.#events.push(event);
      }
    }
  }

  #handleControl(now: Instant, message: ControlMessage): void {
    if (message.type === "authenticate") return this.#handleSign(now, message.sign);
    if (message.type !== "confirm" || !this.#accepted || this.#open) return;
    this.#open = true;
    this.#events.push({ type: "open" });
  }

  #handleSign(now: Instant, sign: Uint8Array): void {
    this.#accepted = this.#options.signs.some((known) => equalBytes(known, sign));
    if (this.#accepted) return this.#session.sendControl(now, { type: "accepted" });
    // What a real device does about a wrong sign is not known; being told is kinder than silence.
    this.#session.abort(now, "auth", "the client showed a sign that no agent has issued");
  }
}
