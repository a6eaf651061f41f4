import type { Duration, Endpoint, Instant, Transmit } from "../../machine.ts";
import { earliest, Timers } from "../../timers.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import { encodeSignaling, type SignalingDatagram } from "./datagram.ts";
import { explainGoodbye } from "./failure.ts";
import { MTU } from "./handshakes.ts";
import type { Conn, SignalingMessage } from "./message.ts";
import { Repeat, RESEND_EVERY } from "./repeat.ts";
import type { Handled, ReolinkContact } from "./signaling_event.ts";

export interface KeeperOptions {
  readonly contact: ReolinkContact;
  /** Of the handshake: heartbeats keep to it, as some cameras tie it to the session [observed]. */
  readonly tid: number;
  /** Paths whose tests are answered. */
  readonly wanted: ReadonlySet<Conn>;
  /** The register that wants to hear the result, and under which number; absent on the LAN. */
  readonly register?: { readonly reg: Endpoint; readonly tid: number };
}

/** The camera's NAT and its sense of us last longer, but this is what clients do [observed]. */
const HEARTBEAT_EVERY: Duration = 1_000;

/** Least time between answers to heartbeats, or both sides would answer each other for ever. */
const HEARTBEAT_PAUSE: Duration = 500;

/** How many times the register is told, as it never confirms [observed]. */
const CONFIRMS = 5;

/** How soon it is told once more when it still asks. */
const CONFIRM_PAUSE: Duration = 250;

/** The signaling that goes on while a camera is in contact. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #timers = new Timers<"heartbeat">();
  readonly #transmits: Transmit[] = [];
  readonly #confirm: Repeat | undefined;
  #contact: ReolinkContact;
  #heartbeatAt: Instant;
  #confirmedAt: Instant;
  #end: TunnelEnd | undefined;

  constructor(now: Instant, options: KeeperOptions) {
    this.#options = options;
    this.#contact = options.contact;
    this.#heartbeatAt = now;
    this.#confirmedAt = now;
    this.#beat(now, options.tid);
    const { register } = options;
    if (register === undefined) return;
    const message = this.#confirmation();
    if (message === undefined) return;
    this.#confirm = new Repeat(now, {
      via: this.#contact.via,
      to: register.reg,
      datagram: { tid: register.tid, message },
      every: RESEND_EVERY,
      maxSends: CONFIRMS,
    });
  }

  get contact(): ReolinkContact {
    return this.#contact;
  }

  /** Why the contact is over. */
  get end(): TunnelEnd | undefined {
    return this.#end;
  }

  /** The camera speaks to us from another endpoint now. */
  follow(peer: Endpoint): void {
    this.#contact = { ...this.#contact, peer };
  }

  handle(now: Instant, from: Endpoint, { tid, message }: SignalingDatagram): Handled {
    if (!this.#concerns(message)) return "unmatched";
    switch (message.type) {
      case "D2C_T": {
        const { sid, conn, cid, did } = message;
        if (!this.#options.wanted.has(conn)) return "unmatched";
        this.#send(from, { tid, message: { type: "C2D_A", sid, conn, cid, did, mtu: MTU } });
        return "taken";
      }
      case "D2C_HB":
        if (now >= this.#heartbeatAt + HEARTBEAT_PAUSE) this.#beat(now, tid);
        return "taken";
      case "D2C_DISC":
        this.#end = explainGoodbye("camera");
        return "taken";
      case "R2C_DISC":
        this.#end = explainGoodbye("register");
        return "taken";
      case "R2C_C_R":
        this.#confirmAgain(now);
        return "repeated";
      default:
        return "repeated";
    }
  }

  takeTransmits(now: Instant): Transmit[] {
    for (const _ of this.#timers.takeDue(now)) this.#beat(now, this.#options.tid);
    const confirm = this.#confirm?.take(now);
    if (confirm !== undefined) {
      this.#confirmedAt = now;
      this.#transmits.push(confirm);
    }
    return this.#transmits.splice(0);
  }

  pollTimeout(): Instant | undefined {
    return earliest(this.#timers.next(), this.#confirm?.pollTimeout());
  }

  /** Whether a message is one that somebody still sends us about this contact. */
  #concerns(message: SignalingMessage): boolean {
    const { cid, did, sid } = this.#contact;
    switch (message.type) {
      case "D2C_T":
      case "D2C_CFM":
        // On the LAN the camera may come with a session we do not know.
        return message.cid === cid && (sid === undefined || message.sid === sid);
      case "D2C_HB":
      case "D2C_DISC":
        return message.cid === cid && message.did === did;
      case "D2C_C_R":
      case "R2C_T":
        return message.cid === cid;
      case "R2C_C_R":
      case "R2C_DISC":
        return sid !== undefined && message.sid === sid;
      case "M2C_Q_R":
        return true;
      default:
        return false;
    }
  }

  /** The register repeats its answer until it hears of us: what we told it was lost. */
  #confirmAgain(now: Instant): void {
    const { register } = this.#options;
    const message = this.#confirmation();
    const isTime = this.#confirm?.hasEnded(now) && now >= this.#confirmedAt + CONFIRM_PAUSE;
    if (register === undefined || message === undefined || !isTime) return;
    this.#confirmedAt = now;
    this.#send(register.reg, { tid: register.tid, message });
  }

  #confirmation(): SignalingMessage | undefined {
    const { sid, conn, cid, did } = this.#contact;
    if (sid === undefined || conn === undefined) return undefined;
    return { type: "C2R_CFM", sid, conn, rsp: 0, cid, did };
  }

  #beat(now: Instant, tid: number): void {
    const { cid, did, peer } = this.#contact;
    this.#heartbeatAt = now;
    this.#timers.set("heartbeat", now + HEARTBEAT_EVERY);
    this.#send(peer, { tid, message: { type: "C2D_HB", cid, did } });
  }

  #send(to: Endpoint, datagram: SignalingDatagram): void {
    this.#transmits.push({ via: this.#contact.via, to, bytes: encodeSignaling(datagram) });
  }
}
