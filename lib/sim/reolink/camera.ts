/**
 * A simulated Reolink camera: registers with the cloud, sleeps and wakes if it runs on a battery,
 * answers on the LAN, brings about paths to clients, and serves them over BcUDP and TCP.
 *
 * Sockets: `cloud`, from which it talks to servers and clients alike; `moved`, if it is to change
 * its port one day; `lan0` and so on; `probe`. TCP connections are the world's business, see `tcp`.
 *
 * @module
 */

import { DecodeError } from "../../bytes/decode_error.ts";
import type { Duration, Endpoint, Entropy, Instant, Machine, Transmit } from "../../machine.ts";
import { decodeSignaling, encodeSignaling, kindOf } from "../../reolink/signaling/datagram.ts";
import type { MessageOf, SignalingMessage } from "../../reolink/signaling/message.ts";
import { earliest, Timers } from "../../timers.ts";
import { Agent } from "./agent.ts";
import { encodeAlarm } from "./alarm.ts";
import type { BcServerEvent, SessionEnd } from "./bc_server.ts";
import type { CameraSettings } from "./camera_settings.ts";
import { CameraState } from "./camera_state.ts";
import { LanResponder } from "./lan_responder.ts";
import type { MaterialStore } from "./material.ts";
import { Power, type PowerState, type WakeCause } from "./power.ts";
import { TcpClients } from "./tcp_clients.ts";
import type { VisitWay } from "./visit.ts";
import { Visits, type VisitsEvent } from "./visits.ts";

export interface CameraOptions {
  readonly settings: CameraSettings;
  /** Its own endpoint, as bound: private behind a NAT. */
  readonly local: Endpoint;
  /** A second one, to change to. */
  readonly moved?: Endpoint | undefined;
  /** Where it listens for clients on the LAN, and for the older probe. */
  readonly lan: readonly Endpoint[];
  readonly probe: Endpoint;
  /** The port probes are answered to, wherever they come from. */
  readonly probeAnswerPort: number;
  readonly middleman: Endpoint;
  /** What it adds to its UID when it speaks to the cloud. */
  readonly uidSuffix: string;
  readonly materials: MaterialStore;
  readonly entropy: Entropy;
  /** Time of day at instant 0, in milliseconds since 1970. */
  readonly epoch: number;
}

export type CameraEvent =
  /** The cloud knows it. */
  | { readonly type: "online" }
  | { readonly type: "power"; readonly state: PowerState; readonly cause?: WakeCause }
  | { readonly type: "sessionOpen"; readonly client: Endpoint; readonly way: VisitWay }
  | {
    readonly type: "sessionClosed";
    readonly client: Endpoint;
    readonly reason: string;
    readonly detail: string;
  }
  | { readonly type: "login"; readonly client: Endpoint | undefined; readonly accepted: boolean }
  | { readonly type: "request"; readonly id: number; readonly code: number | undefined }
  /** Something to send on a TCP connection, and its end. */
  | { readonly type: "tcpReadable"; readonly connection: number }
  | { readonly type: "tcpClosed"; readonly connection: number };

/** Why datagrams were dropped. */
export interface CameraDrops {
  undecodable: number;
  /** For nobody it knows. */
  stray: number;
}

type CameraTimer =
  /** It goes dark for good. */
  | "vanish"
  /** It falls asleep, whoever is there. */
  | "dropOff"
  /** It changes its port. */
  | "move"
  /** It tells the register of motion that there is not. */
  | "alarm"
  /** Something begins to move, and does not any more. */
  | "motion"
  | "stillness";

/** How long something moves. */
const MOTION: Duration = 10_000;

/** Some firmware raises an alarm this long after a session, for no reason [observed]. */
const ALARM_AFTER = [8_000, 10_000] as const;

const ALARMS_AT_ONCE = 3;

/** The first three bytes of the MAC addresses the vendor's cameras have. */
const VENDOR_MAC = [0xec, 0x71, 0xdb] as const;

export class ReolinkCamera implements Machine<CameraEvent> {
  /** Name → endpoint of each of its sockets. */
  readonly sockets: ReadonlyMap<string, Endpoint>;
  readonly drops: CameraDrops = { undecodable: 0, stray: 0 };
  readonly power: Power;
  /** What it is and does, for tests to look into. */
  readonly state: CameraState;

  readonly #options: CameraOptions;
  readonly #agent: Agent;
  readonly #lan: LanResponder;
  readonly #visits: Visits;
  readonly #tcp: TcpClients;
  readonly #timers = new Timers<CameraTimer>();
  readonly #out: Transmit[] = [];
  readonly #events: CameraEvent[] = [];
  #via: "cloud" | "moved" = "cloud";
  #alarms = 0;
  #wantsReboot = false;
  /** When it begins, until it has. */
  #startAt: Instant | undefined;
  #dark = false;

  /** It is switched on at `now`, and begins with its first timeout. */
  constructor(now: Instant, options: CameraOptions) {
    const { settings, materials, epoch, entropy } = options;
    const { power: kind, battery, faults } = settings;
    this.#options = options;
    this.sockets = socketsOf(options);
    this.power = new Power(now, { ...battery, kind, entropy });
    const { power } = this;
    this.state = new CameraState({ settings, power, bootedAt: now, epoch, materials });
    this.#agent = this.#makeAgent();
    this.#lan = this.#makeLanResponder();
    this.#visits = new Visits({
      camera: this.state,
      entropy,
      send: (to, bytes) => this.#send(this.#via, to, bytes),
      onEvent: (at, event) => this.#handleVisit(at, event),
      onServerEvent: (client, event) => this.#handleServer(client, event),
    });
    this.#tcp = new TcpClients({
      camera: this.state,
      entropy,
      onReadable: (connection) => this.#events.push({ type: "tcpReadable", connection }),
      onClosed: (at, connection, client, end) => this.#handleTcpClosed(at, connection, client, end),
      onServerEvent: (client, event) => this.#handleServer(client, event),
    });
    this.#startAt = now;
    if (faults.off) power.switchOff(now);
    if (settings.motionEvery !== undefined) this.#timers.set("motion", now + settings.motionEvery);
    this.#settle(now);
  }

  /** Clients connected, by whatever way. */
  get sessions(): number {
    return this.#visits.open + this.#tcp.size;
  }

  /** Something moves in front of it for 10 s: of these kinds, in the camera's own words. */
  move(now: Instant, kinds: readonly string[] = ["people"]): void {
    const { state } = this.power;
    if (this.#dark || state === "off" || state === "booting") return;
    this.power.wake(now, "pir");
    for (let i = 0; i < ALARMS_AT_ONCE; i++) this.#raiseAlarm();
    this.state.setMotion(kinds);
    this.#timers.set("stillness", now + MOTION);
    this.#settle(now);
  }

  switchOff(now: Instant): void {
    this.power.switchOff(now);
    this.#settle(now);
  }

  switchOn(now: Instant): void {
    this.power.switchOn(now);
    this.#settle(now);
  }

  /** A client connects by TCP: the number of its connection, or `undefined` when nobody is there. */
  openTcp(now: Instant, client: Endpoint): number | undefined {
    if (!this.#answers) return undefined;
    const connection = this.#tcp.open(now, client);
    if (connection !== undefined) this.#countSession(now, client, "tcp");
    this.#settle(now);
    return connection;
  }

  /** Bytes arrive by TCP; the array is handed over. */
  receiveTcp(now: Instant, connection: number, bytes: Uint8Array): void {
    this.#tcp.receive(now, connection, bytes);
    this.#settle(now);
  }

  /** The next bytes to send by TCP, or `undefined` until `tcpReadable`. */
  readTcp(connection: number): Uint8Array | undefined {
    return this.#tcp.read(connection);
  }

  /** A TCP connection is gone. */
  closeTcp(now: Instant, connection: number): void {
    this.#tcp.close(now, connection);
    this.#settle(now);
  }

  handleDatagram(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    if (this.#dark) return;
    try {
      if (via === "probe") this.#lan.handleProbe(from, bytes);
      else if (via.startsWith("lan")) this.#lan.handleDatagram(now, from, bytes);
      else this.#handleCloudSocket(now, from, bytes);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.drops.undecodable += 1;
    }
    this.#settle(now);
  }

  handleTimeout(now: Instant): void {
    if (this.#dark) return;
    if (this.#startAt !== undefined) {
      this.#startAt = undefined;
      if (this.power.state === "booting") this.#agent.start(now);
    }
    for (const timer of this.#timers.takeDue(now)) this.#handleTimer(now, timer);
    this.power.handleTimeout(now);
    this.#settle(now);
    this.#agent.handleTimeout(now);
    this.state.handleTimeout(now);
    this.#visits.handleTimeout(now);
    this.#tcp.handleTimeout(now);
    this.#settle(now);
  }

  pollTransmit(): Transmit | undefined {
    return this.#out.shift();
  }

  pollEvent(): CameraEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    if (this.#dark) return undefined;
    if (this.#startAt !== undefined) return this.#startAt;
    const parts = [this.power, this.#agent, this.state, this.#visits, this.#tcp];
    return earliest(this.#timers.next(), ...parts.map((part) => part.pollTimeout()));
  }

  /** Whether it has anything to do with clients now. */
  get #answers(): boolean {
    return this.power.isUp && !this.#dark && !this.#options.settings.faults.silent;
  }

  #makeAgent(): Agent {
    const { settings, local, middleman, uidSuffix, entropy } = this.#options;
    return new Agent({
      local,
      middleman,
      entropy,
      longUid: settings.uid + uidSuffix,
      send: (to, tid, message) => this.#say("cloud", to, tid, message),
      onRegistered: (at) => this.#handleRegistered(at),
      onForgotten: (at) => this.power.reboot(at),
      onCall: (at, call) => this.#handleCall(at, call),
    });
  }

  #makeLanResponder(): LanResponder {
    const { settings: { uid, quirks, faults }, local, probeAnswerPort, entropy } = this.#options;
    const mac = Uint8Array.of(...VENDOR_MAC, ...entropy(3));
    return new LanResponder({
      uid,
      probeAnswerPort,
      wakesAfter: quirks.answersAsleepAfter,
      isUp: () => this.#answers,
      describe: () => ({ kind: "IPC", mac, address: local.address, name: this.state.name, uid }),
      admit: (at, client, cid) => this.#visits.greet(at, client, cid)?.did,
      answer: (to, tid, message) => this.#say(this.#via, to, tid, message),
      answerProbe: (to, bytes) => this.#send("probe", to, bytes),
      wake: (at) => {
        if (!faults.silent) this.power.wake(at, "network");
      },
    });
  }

  #handleTimer(now: Instant, timer: CameraTimer): void {
    switch (timer) {
      case "vanish":
        this.#dark = true;
        return;
      case "dropOff":
        return this.power.dropOff(now);
      case "move":
        if (this.sockets.has("moved")) this.#via = "moved";
        return;
      case "alarm":
        for (let i = 0; i < ALARMS_AT_ONCE; i++) this.#raiseAlarm();
        return;
      case "motion": {
        const { motionEvery = 0 } = this.#options.settings;
        this.#timers.set("motion", now + motionEvery);
        return this.move(now);
      }
      case "stillness":
        return this.state.setMotion(undefined);
    }
  }

  #handleCloudSocket(now: Instant, from: Endpoint, bytes: Uint8Array): void {
    if (this.power.state === "off") return;
    const kind = kindOf(bytes);
    if (kind === "data" || kind === "ack") {
      const isKnown = this.#answers && this.#visits.handleDatagram(now, from, bytes);
      if (!isKnown) this.drops.stray += 1;
      return;
    }
    const { tid, message } = decodeSignaling(bytes);
    if (/^[MR]2D_/.test(message.type)) this.#agent.handleMessage(now, from, message);
    else if (this.#answers) this.#visits.handleMessage(now, from, tid, message);
  }

  #handleRegistered(now: Instant): void {
    this.power.settle(now);
    this.#events.push({ type: "online" });
  }

  #handleCall(now: Instant, call: MessageOf<"R2D_C">): void {
    this.power.wake(now, "network");
    if (this.#options.settings.faults.silent) return;
    this.#visits.call(now, call, this.power.isUp);
  }

  #handleVisit(now: Instant, event: VisitsEvent): void {
    if (event.type === "opened") return this.#countSession(now, event.client, event.way);
    const { visit, end: { reason, detail } } = event;
    const { client, way, sid, did, createdAt, openedAt = createdAt } = visit;
    if (client === undefined) return;
    this.#events.push({ type: "sessionClosed", client, reason, detail });
    if (sid !== undefined && way !== undefined && way !== "lan" && way !== "tcp") {
      const times = { setup: openedAt - createdAt, length: now - openedAt };
      this.#agent.report(now, { sid, did, conn: way, ...times });
    }
    this.#planAlarm(now);
  }

  #handleTcpClosed(
    now: Instant,
    connection: number,
    client: Endpoint,
    { reason, detail }: SessionEnd,
  ): void {
    this.#events.push({ type: "tcpClosed", connection });
    this.#events.push({ type: "sessionClosed", client, reason, detail });
    this.#planAlarm(now);
  }

  #planAlarm(now: Instant): void {
    if (!this.#options.settings.quirks.alarmAfterSession) return;
    const [from, to] = ALARM_AFTER;
    const [dice = 0] = this.#options.entropy(1);
    this.#timers.set("alarm", now + from + (to - from) * dice / 255);
  }

  #handleServer(client: Endpoint | undefined, event: BcServerEvent): void {
    if (event.type === "reboot") this.#wantsReboot = true;
    else if (event.type === "login") this.#events.push({ ...event, client });
    else this.#events.push(event);
  }

  #countSession(now: Instant, client: Endpoint, way: VisitWay): void {
    const { faults } = this.#options.settings;
    this.state.counters.sessions += 1;
    this.#events.push({ type: "sessionOpen", client, way });
    if (this.state.counters.sessions === 1) this.#plan("vanish", now, faults.vanishAfter);
    this.#plan("dropOff", now, faults.dropOffAfter);
    if (this.#via === "cloud") this.#plan("move", now, faults.movePortAfter);
  }

  #plan(timer: CameraTimer, now: Instant, after: Duration | undefined): void {
    if (after !== undefined) this.#timers.set(timer, now + after);
  }

  /** What one thing brings about in another, until all is at rest. */
  #settle(now: Instant): void {
    if (this.#wantsReboot) {
      this.#wantsReboot = false;
      this.power.reboot(now);
    }
    this.power.countUsers(now, this.sessions);
    for (let change = this.power.pollChange(); change; change = this.power.pollChange()) {
      this.#events.push({ type: "power", ...change });
      this.#handlePower(now, change.state);
      this.power.countUsers(now, this.sessions);
    }
    if (!this.state.takeTold()) return;
    this.#visits.flush(now);
    this.#tcp.flush(now);
  }

  #handlePower(now: Instant, state: PowerState): void {
    if (state === "awake") return this.#visits.startAll(now);
    if (state !== "off" && state !== "booting" && state !== "asleep") return;
    const detail = state === "asleep" ? "the camera fell asleep" : "the camera went down";
    this.#visits.abandon(now, detail);
    this.#tcp.closeAll(now);
    this.#lan.forget();
    this.#timers.clear("dropOff");
    if (state === "off") this.#agent.stop();
    if (state === "booting") this.#agent.start(now);
  }

  #raiseAlarm(): void {
    const { settings: { uid }, entropy } = this.#options;
    const { register } = this.#agent;
    if (register === undefined) return;
    this.#alarms += 1;
    this.#send("cloud", register, encodeAlarm({ counter: this.#alarms, uid }, entropy));
  }

  #say(via: string, to: Endpoint, tid: number, message: SignalingMessage): void {
    this.#send(via, to, encodeSignaling({ tid, message }));
  }

  #send(via: string, to: Endpoint, bytes: Uint8Array): void {
    if (!this.#dark) this.#out.push({ via, to, bytes });
  }
}

function socketsOf({ local, moved, lan, probe }: CameraOptions): ReadonlyMap<string, Endpoint> {
  return new Map([
    ["cloud", local],
    ...(moved === undefined ? [] : [["moved", moved] as const]),
    ...lan.map((at, index) => [`lan${index}`, at] as const),
    ["probe", probe],
  ]);
}
