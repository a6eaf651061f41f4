/**
 * The simulated cloud of Reolink: middlemen, register and relay, each on sockets of its own, as one
 * machine.
 *
 * @module
 */

import { DecodeError } from "../../bytes/decode_error.ts";
import type { Endpoint, Entropy, Instant, Machine, Transmit } from "../../machine.ts";
import { decodeSignaling, encodeSignaling, kindOf } from "../../reolink/signaling/datagram.ts";
import type { MessageOf, SignalingMessage } from "../../reolink/signaling/message.ts";
import { earliest } from "../../timers.ts";
import { DelayedOutbox } from "../delayed_outbox.ts";
import { decodeAlarm } from "./alarm.ts";
import { Register, type RegisterEvent } from "./register.ts";
import { Registry } from "./registry.ts";
import { Relay } from "./relay.ts";
import {
  type CloudFaults,
  NO_CLOUD_FAULTS,
  NO_MIDDLEMAN_FAULTS,
  NO_SERVER_FAULTS,
  type ServerFaults,
} from "./server_faults.ts";

export interface CloudOptions {
  /** Sockets `middleman0`, `middleman1` and so on. A camera is known to those it asked only. */
  readonly middlemen: readonly Endpoint[];
  readonly register: Endpoint;
  /** Sockets `relay0`, `relay1` and so on, one for each session. */
  readonly relays: readonly Endpoint[];
  /** The relay that middlemen tell of, and the log server: nobody is known to need them. */
  readonly idle: Endpoint;
  /** UIDs as printed, of all cameras that exist. */
  readonly uids: readonly string[];
  readonly entropy: Entropy;
  /** Time of day at instant 0, in milliseconds since 1970. */
  readonly epoch: number;
  readonly faults?: Partial<CloudFaults>;
}

export type CloudEvent =
  | RegisterEvent
  /** A client has looked for a camera, at the middleman of this number. */
  | {
    readonly type: "lookUp";
    readonly uid: string;
    readonly middleman: number;
    readonly client: Endpoint;
    readonly found: boolean;
  }
  /** A camera has raised an alarm. */
  | { readonly type: "alarm"; readonly uid: string };

/** Why datagrams were dropped. */
export interface CloudCounters {
  undecodable: number;
  /** Messages that this server has no use for. */
  unexpected: number;
}

const REGISTER = "register";
const MIDDLEMAN = "middleman";
const RELAY = "relay";

/** Of all datagrams, and so of what a client may send [capture]. */
const MTU = 1350;

/** As seen; its meaning is not known [capture]. */
const DEBUG = 0x0f00_0000;

const GARBAGE_LENGTH = 48;

export class ReolinkCloud implements Machine<CloudEvent> {
  /** Name → endpoint of each of its sockets. */
  readonly sockets: ReadonlyMap<string, Endpoint>;
  readonly counters: CloudCounters = { undecodable: 0, unexpected: 0 };

  readonly #options: CloudOptions;
  readonly #faults: CloudFaults;
  readonly #registry: Registry;
  /** By middleman, the UIDs of cameras it knows. */
  readonly #known: readonly Set<string>[];
  readonly #relay: Relay;
  readonly #register: Register;
  readonly #out = new DelayedOutbox();
  readonly #events: CloudEvent[] = [];

  constructor(options: CloudOptions) {
    const { middlemen, register, relays, idle, uids, entropy, epoch } = options;
    this.#options = options;
    this.#faults = { ...NO_CLOUD_FAULTS, ...options.faults };
    const relaySockets = relays.map((at, index) => [`${RELAY}${index}`, at] as const);
    this.sockets = new Map([
      ...middlemen.map((at, index) => [`${MIDDLEMAN}${index}`, at] as const),
      [REGISTER, register],
      ["idle", idle],
      ...relaySockets,
    ]);
    this.#registry = new Registry(uids, entropy);
    this.#known = middlemen.map(() => new Set());
    this.#relay = new Relay({
      sockets: new Map(relaySockets),
      faults: this.#faults.relay,
      tell: (via, to, tid, message) => this.#tell(via, to, tid, message),
      forward: (via, to, bytes) => this.#out.push({ via, to, bytes }),
    });
    this.#register = new Register({
      registry: this.#registry,
      relay: this.#relay,
      relayt: idle,
      entropy,
      epoch,
      faults: this.#faults.register,
      toCamera: (at, tid, message) => this.#tell(REGISTER, at, tid, message),
      toClient: (now, at, tid, message) => this.#answer(now, REGISTER, at, tid, message),
      onEvent: (event) => this.#events.push(event),
    });
  }

  /** Sessions of the register, and relay sockets in use. */
  get load(): { readonly sessions: number; readonly relays: number } {
    return { sessions: this.#register.size, relays: this.#relay.size };
  }

  handleDatagram(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    try {
      if (via.startsWith(RELAY)) return this.#relay.handleDatagram(now, via, from, bytes);
      if (via === REGISTER && kindOf(bytes) === "alarm") return this.#handleAlarm(bytes);
      const { tid, message } = decodeSignaling(bytes);
      if (via === REGISTER) this.#handleRegister(now, from, tid, message);
      else if (via.startsWith(MIDDLEMAN)) this.#handleMiddleman(now, via, from, tid, message);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.counters.undecodable += 1;
    }
  }

  handleTimeout(now: Instant): void {
    this.#out.handleTimeout(now);
    this.#register.handleTimeout(now);
  }

  pollTransmit(): Transmit | undefined {
    return this.#out.pollTransmit();
  }

  pollEvent(): CloudEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    return earliest(this.#out.pollTimeout(), this.#register.pollTimeout());
  }

  #handleAlarm(bytes: Uint8Array): void {
    const { uid } = decodeAlarm(bytes);
    if (this.#options.uids.includes(uid)) this.#events.push({ type: "alarm", uid });
    else this.counters.unexpected += 1;
  }

  #handleRegister(now: Instant, from: Endpoint, tid: number, message: SignalingMessage): void {
    switch (message.type) {
      case "D2R_R":
      case "D2R_HB":
      case "D2R_DISC":
        return this.#register.handleCamera(now, from, tid, message);
      case "D2R_C_R":
        // The camera is awake or about to be, which nothing here depends on.
        return;
      case "C2R_C":
        if (!this.#misbehaves(now, REGISTER, from)) {
          this.#register.connect(now, from, tid, message);
        }
        return;
      case "C2R_CFM":
        return this.#register.confirm(message);
      default:
        this.counters.unexpected += 1;
    }
  }

  #handleMiddleman(
    now: Instant,
    via: string,
    from: Endpoint,
    tid: number,
    message: SignalingMessage,
  ): void {
    const middleman = Number(via.slice(MIDDLEMAN.length));
    if (message.type === "D2M_Q") return this.#admit(via, middleman, from, tid, message);
    if (message.type !== "C2M_Q") {
      this.counters.unexpected += 1;
    } else if (!this.#misbehaves(now, via, from)) {
      const { uid } = message;
      const found = this.#known[middleman]?.has(uid) === true &&
        this.#registry.online(now, uid) !== undefined;
      this.#answer(now, via, from, tid, found ? this.#directions() : NOT_HERE);
      this.#events.push({ type: "lookUp", uid, middleman, client: from, found });
    }
  }

  #admit(
    via: string,
    middleman: number,
    from: Endpoint,
    tid: number,
    { uid }: MessageOf<"D2M_Q">,
  ): void {
    const camera = this.#registry.admit(uid);
    if (camera === undefined) return;
    this.#known[middleman]?.add(camera.uid);
    const { register: reg, idle: log } = this.#options;
    const { token, ac } = camera;
    const places = { reg, log, timer: {}, retry: {} };
    this.#tell(via, from, tid, { type: "M2D_Q_R", ...places, rsp: 0, token, ac });
  }

  #directions(): MessageOf<"M2C_Q_R"> {
    const { register: reg, idle } = this.#options;
    const places = { reg, relay: idle, log: idle, t: idle };
    const rest = { timer: {}, retry: {}, mtu: MTU, debug: DEBUG, ac: -1_700_607_721, rsp: 0 };
    return { type: "M2C_Q_R", ...places, ...rest };
  }

  /** Whether the server does something else to a client than answer. */
  #misbehaves(now: Instant, via: string, from: Endpoint): boolean {
    const { silent, garbage } = this.#faultsOf(via);
    if (garbage && !silent) this.#send(now, via, from, this.#options.entropy(GARBAGE_LENGTH));
    return silent || garbage;
  }

  #tell(via: string, to: Endpoint, tid: number, message: SignalingMessage): void {
    this.#out.push({ via, to, bytes: encodeSignaling({ tid, message }) });
  }

  /** Sends to a client, as late as this server is slow. */
  #answer(now: Instant, via: string, to: Endpoint, tid: number, message: SignalingMessage): void {
    this.#send(now, via, to, encodeSignaling({ tid, message }));
  }

  #send(now: Instant, via: string, to: Endpoint, bytes: Uint8Array): void {
    const { delay } = this.#faultsOf(via);
    if (delay > 0) this.#out.pushLater(now + delay, { via, to, bytes });
    else this.#out.push({ via, to, bytes });
  }

  #faultsOf(via: string): ServerFaults {
    if (via === REGISTER) return this.#faults.register;
    if (!via.startsWith(MIDDLEMAN)) return NO_SERVER_FAULTS;
    const index = Number(via.slice(MIDDLEMAN.length));
    return this.#faults.middlemen[index] ?? NO_MIDDLEMAN_FAULTS;
  }
}

/** What a middleman says of a UID that it does not know [capture]. */
const NOT_HERE: MessageOf<"M2C_Q_R"> = {
  type: "M2C_Q_R",
  devinfo: { type: "", mac: "", bat: 0, qr: 0 },
  rsp: -3,
};
