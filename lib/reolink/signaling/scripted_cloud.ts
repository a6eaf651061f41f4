/** For tests: one signaling machine, and a cloud and a camera that can be told to misbehave. @module */

import { formatEndpoint, sameEndpoint } from "../../endpoint.ts";
import type { Duration, Endpoint, Instant } from "../../machine.ts";
import { decodeSignaling, encodeSignaling } from "./datagram.ts";
import type { Conn, MessageOf, SignalingMessage, SignalingType } from "./message.ts";
import { ReolinkSignaling } from "./signaling.ts";
import type { ReolinkSignalingEvent } from "./signaling_event.ts";
import type { ReolinkSignalingOptions } from "./signaling_options.ts";

export const UID = "95270000TESTCAM0";
export const REG: Endpoint = { address: "192.0.2.50", port: 58200 };
export const OTHER_REG: Endpoint = { address: "192.0.2.51", port: 58200 };
export const RELAY: Endpoint = { address: "192.0.2.50", port: 51134 };
export const DEV: Endpoint = { address: "192.168.1.20", port: 18371 };
export const DMAP: Endpoint = { address: "203.0.113.9", port: 18371 };
/** Where the camera's answers come from when its NAT gives every destination another port. */
export const ODD_PORT: Endpoint = { address: "203.0.113.9", port: 29999 };
export const BROADCAST: Endpoint = { address: "255.255.255.255", port: 2015 };
/** Where the camera answers discovery from. */
export const ON_LAN: Endpoint = { address: "192.168.1.20", port: 2015 };
export const LOCAL = {
  lan: { address: "10.0.0.1", port: 53998 },
  cloud: { address: "10.0.0.1", port: 53999 },
};

/** The ids the camera uses for sessions by LAN and by cloud. */
export const LAN_DID = 32;
export const CLOUD_DID = 49;

export function middleman(index: number): Endpoint {
  return { address: `192.0.2.${1 + index}`, port: 9999 };
}

export interface CloudScript {
  /** What each middleman says; `rsp` numbers are refusals. Default: one of three knows. */
  readonly middlemen: readonly ("knows" | "knowsOther" | "silent" | "empty" | number)[];
  /** Which registers do not answer at all. */
  readonly silentRegisters: readonly Endpoint[];
  /** How many client ids the register refuses before it takes one, and with what. */
  readonly refusals: number;
  readonly refusalRsp: number;
  /** Whether the early and the full answer of the register come, and when. */
  readonly earlyAfter: Duration | undefined;
  readonly fullAfter: Duration | undefined;
  /** Whether the full answer names a relay of its own. */
  readonly namesRelay: boolean;
  readonly relayAnswers: boolean;
  /** Cloud and camera answer under transaction numbers of their own. */
  readonly ownTids: boolean;
  /** The direct paths that work. On `odd`, only the camera's datagrams get through. */
  readonly direct: { readonly local: boolean; readonly map: boolean | "odd" };
  /** What the camera answers to handshakes. */
  readonly confirmRsp: number;
  /** How long the camera takes to hear of us, and to begin with its handshakes. */
  readonly wakesAfter: Duration;
  /** How often the camera does not react to the register at all, by client id. */
  readonly deafFor: number;
  /** Whether the camera answers discovery, and when. */
  readonly lanAfter: Duration | undefined;
  readonly lanRsp: number;
  /** A goodbye of the camera this long after it was called. */
  readonly goodbyeAfter: Duration | undefined;
}

const GOOD_SCRIPT: CloudScript = {
  middlemen: [-3, "knows", -3],
  silentRegisters: [],
  refusals: 0,
  refusalRsp: -1,
  earlyAfter: 40,
  fullAfter: 140,
  namesRelay: true,
  relayAnswers: true,
  ownTids: false,
  direct: { local: false, map: true },
  confirmRsp: 0,
  wakesAfter: 60,
  deafFor: 0,
  lanAfter: undefined,
  lanRsp: 0,
  goodbyeAfter: undefined,
};

export interface Sent {
  readonly at: Instant;
  readonly via: string;
  readonly to: Endpoint;
  readonly tid: number;
  readonly message: SignalingMessage;
}

/** When a datagram of `size` bytes offered at `now` arrives: never, once or twice. */
export type Weather = (now: Instant, size: number) => readonly Instant[];

interface Session {
  readonly cid: number;
  readonly sid: number;
  readonly tid: number;
  readonly isHeard: boolean;
  isConfirmed: boolean;
  isOver: boolean;
}

const ONE_WAY: Duration = 10;
const FIRST_SID = 62_098_713;

export class ScriptedCloud {
  readonly machine: ReolinkSignaling;
  readonly sent: Sent[] = [];
  readonly events: { readonly at: Instant; readonly event: ReolinkSignalingEvent }[] = [];
  readonly sessions: Session[] = [];
  now: Instant = 0;

  readonly #script: CloudScript;
  readonly #weather: Weather;
  readonly #damage: (bytes: Uint8Array) => Uint8Array;
  #queue: { readonly at: Instant; readonly run: () => void }[] = [];
  #tid = 40_000;
  readonly #refused = new Set<number>();

  /** @param damage What the network does to each answer on its way. */
  constructor(
    script: Partial<CloudScript> = {},
    options: Partial<ReolinkSignalingOptions> = {},
    weather: Weather = (now) => [now],
    damage: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
  ) {
    this.#script = { ...GOOD_SCRIPT, ...script };
    this.#weather = weather;
    this.#damage = damage;
    let seed = 1;
    this.machine = new ReolinkSignaling(0, {
      uid: UID,
      way: "auto",
      middlemen: this.#script.middlemen.map((_, index) => middleman(index)),
      lanTargets: [BROADCAST],
      local: LOCAL,
      entropy: (length) => Uint8Array.from({ length }, () => (seed = (seed * 75 + 74) % 65_537)),
      ...options,
    });
    this.#drain();
  }

  /** Lets everything happen up to and including `until`. */
  run(until: Instant): this {
    for (;;) {
      const timeout = this.machine.pollTimeout() ?? Infinity;
      const next = Math.min(timeout, ...this.#queue.map(({ at }) => at));
      if (next > until) break;
      this.now = Math.max(this.now, next);
      const due = this.#queue.find(({ at }) => at === next);
      if (due === undefined) {
        this.machine.handleTimeout(this.now);
      } else {
        this.#queue = this.#queue.filter((other) => other !== due);
        due.run();
      }
      this.#drain();
    }
    this.now = until;
    return this;
  }

  /** Gives the machine a command. */
  command(run: (machine: ReolinkSignaling, now: Instant) => void): this {
    run(this.machine, this.now);
    this.#drain();
    return this;
  }

  /** Sends the machine something at once. */
  say(via: string, from: Endpoint, message: SignalingMessage, tid = this.#tid++): this {
    this.machine.handleDatagram(this.now, via, from, encodeSignaling({ tid, message }));
    this.#drain();
    return this;
  }

  eventsOf<T extends ReolinkSignalingEvent["type"]>(
    type: T,
  ): Extract<ReolinkSignalingEvent, { type: T }>[] {
    return this.events.map(({ event }) => event)
      .filter((event): event is Extract<ReolinkSignalingEvent, { type: T }> => event.type === type);
  }

  /** The stages in the order they came to something, in words. */
  get stages(): string[] {
    return this.eventsOf("stage").map(({ stage, status }) => `${stage} ${status}`);
  }

  timeOf(type: ReolinkSignalingEvent["type"]): Instant | undefined {
    return this.events.find(({ event }) => event.type === type)?.at;
  }

  /** What was sent of one type, in order. */
  sentOf<T extends SignalingType>(type: T): (Omit<Sent, "message"> & { message: MessageOf<T> })[] {
    return this.sent.flatMap(({ message, ...rest }) => {
      return message.type === type ? [{ ...rest, message: message as MessageOf<T> }] : [];
    });
  }

  #drain(): void {
    for (let sent = this.machine.pollTransmit(); sent; sent = this.machine.pollTransmit()) {
      const { via, to, bytes } = sent;
      const one = { at: this.now, via, to, ...decodeSignaling(bytes) };
      this.sent.push(one);
      for (const at of this.#weather(this.now, bytes.byteLength)) {
        this.#at(at + ONE_WAY, () => this.#receive(one));
      }
    }
    for (let event = this.machine.pollEvent(); event; event = this.machine.pollEvent()) {
      this.events.push({ at: this.now, event });
    }
  }

  #at(at: Instant, run: () => void): void {
    this.#queue.push({ at, run });
  }

  #reply(via: string, from: Endpoint, tid: number, message: SignalingMessage): void {
    const bytes = encodeSignaling({ tid: this.#script.ownTids ? this.#tid++ : tid, message });
    for (const at of this.#weather(this.now, bytes.byteLength)) {
      const arrived = this.#damage(bytes);
      this.#at(at + ONE_WAY, () => this.machine.handleDatagram(this.now, via, from, arrived));
    }
  }

  #receive({ via, to, tid, message }: Sent): void {
    const index = this.#script.middlemen.findIndex((_, i) => sameEndpoint(to, middleman(i)));
    switch (message.type) {
      case "C2M_Q":
        return this.#answerLookup(to, tid, index);
      case "C2R_C":
        return this.#answerRegister(to, tid, message);
      case "C2R_CFM":
        for (const session of this.sessions) session.isConfirmed ||= session.sid === message.sid;
        return;
      case "C2D_C":
        return this.#answerDiscovery(via, to, tid, message.cid);
      case "C2D_T":
        return this.#answerTest(to, tid, message);
      case "C2D_A":
        return this.#confirm(to, tid, message.sid, message.conn, message.cid);
      case "C2D_DISC":
        for (const session of this.sessions) session.isOver ||= session.cid === message.cid;
        return;
      default:
        return;
    }
  }

  #answerLookup(from: Endpoint, tid: number, index: number): void {
    const says = this.#script.middlemen[index];
    if (says === undefined || says === "silent") return;
    const reg = says === "knowsOther" ? OTHER_REG : REG;
    const message: SignalingMessage = typeof says === "number"
      ? { type: "M2C_Q_R", devinfo: { type: "", mac: "", bat: 0, qr: 0 }, rsp: says }
      : says === "empty"
      ? { type: "M2C_Q_R", rsp: 0 }
      : { type: "M2C_Q_R", reg, relay: { ...RELAY, port: 58100 }, rsp: 0 };
    this.#reply("cloud", from, tid, message);
  }

  #answerRegister(from: Endpoint, tid: number, { cid }: MessageOf<"C2R_C">): void {
    const { silentRegisters, refusals, refusalRsp } = this.#script;
    if (silentRegisters.some((silent) => sameEndpoint(silent, from))) return;
    if (this.#refused.has(cid) || this.#refused.size < refusals) {
      this.#refused.add(cid);
      const refusal = { type: "R2C_C_R", nat: "NULL", rsp: refusalRsp, ac: 0 } as const;
      return this.#reply("cloud", from, tid, refusal);
    }
    if (this.sessions.some((session) => session.cid === cid)) return;
    const session: Session = {
      cid,
      sid: FIRST_SID + this.sessions.length,
      tid,
      isHeard: this.sessions.length >= this.#script.deafFor,
      isConfirmed: false,
      isOver: false,
    };
    this.sessions.push(session);
    this.#serve(from, session);
  }

  #serve(reg: Endpoint, session: Session): void {
    const { earlyAfter, fullAfter, namesRelay, wakesAfter, goodbyeAfter } = this.#script;
    const { sid, cid, tid } = session;
    const addresses = { dev: DEV, dmap: DMAP };
    const early: SignalingMessage = { type: "R2C_T", ...addresses, sid, cid, rsp: 0 };
    const full: SignalingMessage = {
      type: "R2C_C_R",
      ...addresses,
      ...(namesRelay && { relay: RELAY }),
      nat: "NULL",
      sid,
      rsp: 0,
      ac: sid,
    };
    const start = this.now;
    if (earlyAfter !== undefined) {
      this.#at(start + earlyAfter, () => this.#reply("cloud", reg, tid, early));
    }
    for (let at = fullAfter ?? Infinity; at < 13_000; at += 500) {
      this.#at(start + at, () => {
        if (!session.isConfirmed) this.#reply("cloud", reg, tid, full);
      });
    }
    this.#at(start + 13_000, () => {
      if (!session.isConfirmed) this.#reply("cloud", reg, this.#tid++, { type: "R2C_DISC", sid });
      session.isOver ||= !session.isConfirmed;
    });
    if (!session.isHeard) return;
    for (let at = wakesAfter; at < wakesAfter + 10_000; at += 500) {
      this.#at(start + at, () => this.#test(session));
    }
    if (goodbyeAfter === undefined) return;
    this.#at(start + goodbyeAfter, () => {
      this.#reply("cloud", DMAP, this.#tid++, { type: "D2C_DISC", cid, did: CLOUD_DID });
      session.isOver = true;
    });
  }

  /** The camera tries the direct paths. */
  #test({ cid, sid, isOver, isConfirmed }: Session): void {
    if (isOver || isConfirmed) return;
    const { local, map } = this.#script.direct;
    const test = { type: "D2C_T", sid, cid, did: CLOUD_DID } as const;
    if (local) this.#reply("cloud", DEV, this.#tid++, { ...test, conn: "local" });
    if (map !== false) {
      const from = map === "odd" ? ODD_PORT : DMAP;
      this.#reply("cloud", from, this.#tid++, { ...test, conn: "map" });
    }
  }

  #answerTest(to: Endpoint, tid: number, { sid, conn, cid }: MessageOf<"C2D_T">): void {
    this.#confirm(to, tid, sid, conn, cid);
  }

  #confirm(to: Endpoint, tid: number, sid: number, conn: Conn, cid: number): void {
    const { direct, relayAnswers, confirmRsp } = this.#script;
    const session = this.sessions.find((one) => one.sid === sid && one.cid === cid);
    const works = {
      [formatEndpoint(DEV)]: direct.local,
      [formatEndpoint(DMAP)]: direct.map === true,
      [formatEndpoint(ODD_PORT)]: direct.map === "odd",
      [formatEndpoint(RELAY)]: relayAnswers,
      [formatEndpoint({ ...RELAY, port: 58100 })]: relayAnswers && !this.#script.namesRelay,
    };
    if (session === undefined || session.isOver || !session.isHeard) return;
    if (works[formatEndpoint(to)] !== true) return;
    const did = CLOUD_DID;
    for (let nth = 0; nth < 5; nth++) {
      this.#at(this.now + 200 * nth, () => {
        this.#reply("cloud", to, tid, {
          type: "D2C_CFM",
          sid,
          conn,
          rsp: confirmRsp,
          cid,
          did,
          time_r: 0,
        });
      });
    }
  }

  #answerDiscovery(via: string, to: Endpoint, tid: number, cid: number): void {
    const { lanAfter, lanRsp } = this.#script;
    if (lanAfter === undefined || !sameEndpoint(to, BROADCAST)) return;
    if (this.now < lanAfter) return;
    const timer = { def: 3000, hb: 20000, hbt: 60000 };
    this.#reply(via, ON_LAN, tid, { type: "D2C_C_R", timer, rsp: lanRsp, cid, did: LAN_DID });
  }
}
