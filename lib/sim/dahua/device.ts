/**
 * A simulated device of the Dahua family: registers with the cloud, answers channel requests and
 * punches, and carries TCP connections to its ports over PTCP, for several clients at once.
 *
 * It has one socket, named `udp`. The TCP connections themselves are the world's business: the
 * device asks for one with a `dial` event, and the world moves bytes with the commands of `streams`.
 *
 * @module
 */

import { DecodeError } from "../../bytes/decode_error.ts";
import { formatEndpoint } from "../../endpoint.ts";
import { isPtcpDatagram } from "../../dahua/ptcp/segment.ts";
import type { Endpoint, Entropy, Instant, Machine, Transmit } from "../../machine.ts";
import { earliest } from "../../timers.ts";
import { decodeBackstage, encodeBackstage, isBackstage } from "./backstage.ts";
import { type DeviceFaults, NO_DEVICE_FAULTS } from "./device_faults.ts";
import { DeviceGuard, type GuardOptions } from "./device_guard.ts";
import type { PtcpQuirks } from "./device_session.ts";
import { DeviceSignaling } from "./device_signaling.ts";
import { type DeviceStreamEvent, DeviceStreams, type DeviceWay } from "./device_streams.ts";
import { HeartbeatLoss } from "./heartbeat_loss.ts";
import { Negotiations } from "./negotiation.ts";

export interface DeviceOptions {
  readonly serial: string;
  /** Its own endpoint, as bound: private behind a NAT. */
  readonly local: Endpoint;
  readonly main: Endpoint;
  /** The endpoints of the agent it may be told to attach to. */
  readonly agents: readonly Endpoint[];
  /** What the parties of this simulation know each other by. */
  readonly backstageKey: string;
  readonly entropy: Entropy;
  /** Whether it sends a check ahead to open its own NAT: behind a port-restricted one. */
  readonly opensHole: boolean;
  /** The account a client must prove to be granted a channel. */
  readonly auth: GuardOptions | "none";
  readonly ptcp?: PtcpQuirks;
  readonly faults?: Partial<DeviceFaults>;
}

export type DeviceEvent =
  /** The cloud knows it. */
  | { readonly type: "online" }
  | DeviceStreamEvent;

/** Why datagrams were dropped. */
export interface DeviceCounters {
  undecodable: number;
  /** From endpoints that have not punched. */
  untrusted: number;
  /** As there were too many sessions. */
  refused: number;
}

/** Endpoints that may open a session; the oldest is forgotten. */
export const MAX_TRUSTED = 128;

/** Signs good at once; the oldest expires. */
const MAX_SIGNS = 32;

const VIA = "udp";

export class DahuaDevice implements Machine<DeviceEvent> {
  /** Name → endpoint of its socket. */
  readonly sockets: ReadonlyMap<string, Endpoint>;
  readonly counters: DeviceCounters = { undecodable: 0, untrusted: 0, refused: 0 };
  /** Who lets clients in, if any account is wanted. */
  readonly guard: DeviceGuard | undefined;
  /** The TCP connections its clients have asked for. */
  readonly streams: DeviceStreams;

  readonly #backstageKey: string;
  readonly #faults: DeviceFaults;
  readonly #heartbeatLoss: HeartbeatLoss;
  readonly #negotiations: Negotiations;
  readonly #signaling: DeviceSignaling;
  readonly #signs: Uint8Array[] = [];
  readonly #trusted = new Map<string, DeviceWay>();
  readonly #out: Transmit[] = [];
  readonly #events: DeviceEvent[] = [];
  #vanishAt: Instant | undefined;
  #dark = false;

  constructor(options: DeviceOptions) {
    const { entropy, local, backstageKey, ptcp = {} } = options;
    this.#backstageKey = backstageKey;
    this.#faults = { ...NO_DEVICE_FAULTS, ...options.faults };
    this.#heartbeatLoss = new HeartbeatLoss(this.#faults.heartbeatLoss, entropy);
    this.sockets = new Map([[VIA, local]]);
    this.#negotiations = new Negotiations(entropy);
    this.guard = options.auth === "none" ? undefined : new DeviceGuard(options.auth, entropy);
    this.#signaling = new DeviceSignaling({
      ...options,
      guard: this.guard,
      faults: this.#faults,
      negotiations: this.#negotiations,
      tell: (to, message) => this.#send(to, encodeBackstage(backstageKey, message)),
      check: (to, bytes) => this.#send(to, bytes),
      attached: (agent, sign) => this.#handleAttached(agent, sign),
    });
    this.streams = new DeviceStreams({
      entropy,
      signs: this.#signs,
      ptcp,
      faults: this.#faults,
      send: (to, bytes) => this.#send(to, bytes),
    });
  }

  handleDatagram(now: Instant, _via: string, from: Endpoint, bytes: Uint8Array): void {
    if (this.#dark) return;
    try {
      if (isBackstage(bytes)) this.#handleBackstage(now, from, bytes);
      else if (isPtcpDatagram(bytes)) this.#handlePtcp(now, from, bytes);
      else this.#handleStun(now, from, bytes);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.counters.undecodable += 1;
    }
    this.#takeEvents(now);
  }

  handleTimeout(now: Instant): void {
    if (this.#dark) return;
    if (this.#vanishAt !== undefined && this.#vanishAt <= now) {
      this.#dark = true;
      return;
    }
    this.#signaling.handleTimeout(now);
    this.streams.handleTimeout(now);
    this.#takeEvents(now);
  }

  pollTransmit(): Transmit | undefined {
    return this.#out.shift();
  }

  pollEvent(): DeviceEvent | undefined {
    return this.#events.shift() ?? this.streams.pollEvent();
  }

  pollTimeout(): Instant | undefined {
    if (this.#dark) return undefined;
    return earliest(this.#vanishAt, this.#signaling.pollTimeout(), this.streams.pollTimeout());
  }

  #handleBackstage(now: Instant, from: Endpoint, bytes: Uint8Array): void {
    const message = decodeBackstage(this.#backstageKey, bytes);
    if (this.#faults.silent && message.type !== "registered") return;
    const isOnline = this.#signaling.handleMessage(now, from, message);
    if (isOnline) this.#events.push({ type: "online" });
  }

  #handleStun(now: Instant, from: Endpoint, bytes: Uint8Array): void {
    const { replies, trusted } = this.#negotiations.handle(now, from, bytes);
    if (trusted) this.#trust(from, "direct");
    for (const reply of replies) this.#send(from, reply);
  }

  #handlePtcp(now: Instant, from: Endpoint, bytes: Uint8Array): void {
    if (this.#heartbeatLoss.takes(bytes)) return;
    const way = this.#trusted.get(formatEndpoint(from));
    if (way === undefined && !this.streams.has(from)) this.counters.untrusted += 1;
    else if (!this.streams.handleDatagram(now, from, way ?? "direct", bytes)) {
      this.counters.refused += 1;
    }
  }

  #handleAttached(agent: Endpoint, sign: Uint8Array): void {
    this.#trust(agent, "relay");
    this.#signs.push(sign);
    if (this.#signs.length > MAX_SIGNS) this.#signs.shift();
  }

  #trust(from: Endpoint, way: DeviceWay): void {
    const key = formatEndpoint(from);
    this.#trusted.delete(key);
    this.#trusted.set(key, way);
    const [oldest] = this.#trusted.keys();
    if (this.#trusted.size > MAX_TRUSTED && oldest !== undefined) this.#trusted.delete(oldest);
  }

  #takeEvents(now: Instant): void {
    const { vanishAfter } = this.#faults;
    for (let event = this.streams.pollEvent(); event; event = this.streams.pollEvent()) {
      this.#events.push(event);
      if (event.type !== "sessionOpen" || vanishAfter === undefined) continue;
      this.#vanishAt ??= now + vanishAfter;
    }
  }

  #send(to: Endpoint, bytes: Uint8Array): void {
    if (this.#dark || this.#heartbeatLoss.takes(bytes)) return;
    this.#out.push({ via: VIA, to, bytes });
  }
}
