/**
 * The simulated cloud of the Dahua family: main server, P2P server, relay server and agent, each on
 * sockets of its own, as one machine.
 *
 * @module
 */

import { DecodeError } from "../../bytes/decode_error.ts";
import { formatEndpoint } from "../../endpoint.ts";
import { isPtcpDatagram } from "../../dahua/ptcp/segment.ts";
import { type Field, writeBody } from "../../dahua/signaling/body.ts";
import {
  decodeRequest,
  type DhRequest,
  type DhResponse,
  encodeResponse,
} from "../../dahua/signaling/message.ts";
import type { DhAccount } from "../../dahua/signaling/wsse.ts";
import type { Duration, Endpoint, Entropy, Instant, Machine, Transmit } from "../../machine.ts";
import { earliest } from "../../timers.ts";
import { DelayedOutbox } from "../delayed_outbox.ts";
import { Agent } from "./agent.ts";
import {
  type BackstageMessage,
  decodeBackstage,
  encodeBackstage,
  isBackstage,
} from "./backstage.ts";
import { Gate } from "./gate.ts";
import { HeartbeatLoss } from "./heartbeat_loss.ts";
import { MainServer } from "./main_server.ts";
import { notFound, respond } from "./respond.ts";
import {
  type CloudFaults,
  NO_CLOUD_FAULTS,
  NO_RELAY_FAULTS,
  type RelayFaults,
  type ServerFaults,
} from "./server_faults.ts";

export const SERVER_NAMES = ["main", "p2p", "relay", "agent"] as const;

export type ServerName = typeof SERVER_NAMES[number];

export interface CloudOptions {
  /** Sockets of the agent are named `agent0`, `agent1` and so on. */
  readonly main: Endpoint;
  readonly p2p: Endpoint;
  readonly relay: Endpoint;
  /** Further relay servers, named `relay1` and so on; the main server names them all in turn. */
  readonly moreRelays?: readonly Endpoint[];
  readonly agents: readonly Endpoint[];
  /** Devices that exist. */
  readonly serials: readonly string[];
  /** By serial, what the P2P server has been told about a device: elements of a body. */
  readonly deviceInfo?: ReadonlyMap<string, readonly Field[]>;
  /** What the parties of this simulation know each other by. */
  readonly backstageKey: string;
  readonly entropy: Entropy;
  /** Time of day at instant 0, in milliseconds since 1970. */
  readonly epoch: number;
  /** Who may use the cloud. Default: the accounts of public clients. */
  readonly accounts?: readonly DhAccount[];
  readonly faults?: Partial<CloudFaults>;
}

export type CloudEvent =
  | { readonly type: "registered"; readonly serial: string }
  /** A client's request that was let in, and the code of its first answer. */
  | {
    readonly type: "request";
    readonly server: ServerName;
    readonly client: Endpoint;
    readonly path: string;
    readonly code: number | undefined;
  };

/** Why datagrams were dropped. */
export interface CloudCounters {
  undecodable: number;
  refused: number;
}

const GARBAGE_LENGTH = 48;

export class DahuaCloud implements Machine<CloudEvent> {
  /** Name → endpoint of each of its sockets. */
  readonly sockets: ReadonlyMap<string, Endpoint>;
  readonly counters: CloudCounters = { undecodable: 0, refused: 0 };

  readonly #options: CloudOptions;
  readonly #faults: CloudFaults;
  readonly #heartbeatLoss: HeartbeatLoss;
  readonly #gate: Gate;
  readonly #main: MainServer;
  readonly #agent: Agent;
  readonly #out = new DelayedOutbox();
  readonly #events: CloudEvent[] = [];

  constructor(options: CloudOptions) {
    this.#options = options;
    const { main, p2p, relay, moreRelays = [], serials, entropy } = options;
    const agents = options.agents.map((at, index) => [`agent${index}`, at] as const);
    const relays = moreRelays.map((at, index) => [`relay${index + 1}`, at] as const);
    this.sockets = new Map([["main", main], ["p2p", p2p], ["relay", relay], ...relays, ...agents]);
    this.#faults = { ...NO_CLOUD_FAULTS, ...options.faults };
    const { initialSeq, resetAfter, forgetAfter, heartbeatLoss } = this.#faults.agent;
    this.#heartbeatLoss = new HeartbeatLoss(heartbeatLoss, entropy);
    this.#gate = new Gate(options.accounts);
    this.#main = new MainServer({
      serials,
      p2p,
      relays: [relay, ...moreRelays],
      toDevice: (at, message) => this.#tellDevice("main", at, message),
      toClient: (now, at, response) => this.#answer(now, "main", at, encodeResponse(response)),
    });
    this.#agent = new Agent({
      sockets: new Map(agents),
      entropy,
      initialSeq,
      resetAfter,
      forgetAfter,
      toDevice: (via, at, message) => this.#tellDevice(via, at, message),
      toClient: (now, via, at, response) => this.#answer(now, via, at, encodeResponse(response)),
      sendPtcp: (now, via, to, bytes) => {
        if (!this.#heartbeatLoss.takes(bytes)) this.#answer(now, via, to, bytes);
      },
    });
  }

  /** Agents allotted and neither given back nor reclaimed. */
  get agentsHeld(): number {
    return this.#agent.size;
  }

  handleDatagram(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    try {
      if (isBackstage(bytes)) return this.#handleBackstage(now, via, from, bytes);
      const faults = this.#faultsOf(via);
      if (faults.silent) return;
      if (faults.garbage) {
        return this.#answer(now, via, from, this.#options.entropy(GARBAGE_LENGTH));
      }
      if (this.#heartbeatLoss.takes(bytes)) return;
      if (isPtcpDatagram(bytes)) return this.#agent.handlePtcp(now, via, from, bytes);
      this.#handleRequest(now, via, from, decodeRequest(bytes));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.counters.undecodable += 1;
    }
  }

  handleTimeout(now: Instant): void {
    this.#out.handleTimeout(now);
    this.#main.handleTimeout(now);
    this.#agent.handleTimeout(now);
  }

  pollTransmit(): Transmit | undefined {
    return this.#out.pollTransmit();
  }

  pollEvent(): CloudEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    return earliest(...[this.#out, this.#main, this.#agent].map((part) => part.pollTimeout()));
  }

  #handleBackstage(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    const message = decodeBackstage(this.#options.backstageKey, bytes);
    switch (message.type) {
      case "register": {
        const serial = this.#main.handleRegister(now, from, message);
        if (serial !== undefined) this.#events.push({ type: "registered", serial });
        return;
      }
      case "answer":
        return this.#main.handleAnswer(now, message);
      case "attach":
        return this.#agent.attach(now, via, from, message);
      default:
        this.counters.refused += 1;
    }
  }

  #handleRequest(now: Instant, via: string, from: Endpoint, request: DhRequest): void {
    const server = serverOf(via);
    const unixTime = this.#options.epoch + now + this.#faultsOf(via).clockSkew;
    const refusal = this.#gate.refuse(unixTime, request);
    if (refusal !== undefined) this.counters.refused += 1;
    const late = this.#lateness(now, via, from, request);
    const responses = refusal === undefined ? this.#serve(now, via, from, request) : [refusal];
    for (const response of responses) this.#answer(now, via, from, encodeResponse(response), late);
    const [first] = responses;
    const { path } = request;
    this.#events.push({ type: "request", server, client: from, path, code: first?.code });
  }

  #serve(
    now: Instant,
    via: string,
    from: Endpoint,
    request: DhRequest,
  ): readonly DhResponse[] {
    switch (serverOf(via)) {
      case "main":
        return this.#main.handleRequest(now, from, request);
      case "p2p":
        return [this.#serveP2p(now, request)];
      case "relay":
        return [this.#serveRelay(now, from, request)];
      case "agent":
        return [this.#serveAgent(now, via, from, request)];
    }
  }

  #serveP2p(now: Instant, request: DhRequest): DhResponse {
    const [, what, serial] = /^\/(probe|info)\/device\/([^/]+)$/.exec(request.path) ?? [];
    if (serial === undefined || !this.#main.isOnline(now, serial)) return notFound(request);
    if (what === "probe") return respond(request, 200, "OK");
    const info = this.#options.deviceInfo?.get(serial) ?? [];
    return respond(request, 200, "OK", writeBody(info));
  }

  #serveRelay(now: Instant, from: Endpoint, request: DhRequest): DhResponse {
    const released = /^\/relay\/unbind\/([^/]+)$/.exec(request.path)?.[1];
    if (released !== undefined) {
      return this.#agent.release(now, released) ? respond(request, 200, "OK") : notFound(request);
    }
    if (request.path !== "/relay/agent") return notFound(request);
    const allocation = this.#agent.allocate(now, requestKey(from, request));
    if (allocation === undefined) return respond(request, 503, "Service Unavailable");
    const { token, at } = allocation;
    const body = writeBody([["Agent", formatEndpoint(at)], ["Token", token]]);
    return respond(request, 200, "OK", body);
  }

  #serveAgent(now: Instant, via: string, from: Endpoint, request: DhRequest): DhResponse {
    const token = /^\/relay\/start\/([^/]+)$/.exec(request.path)?.[1];
    if (token === undefined || !this.#agent.start(now, via, from, token)) return notFound(request);
    return respond(request, 200, "OK");
  }

  #tellDevice(via: string, to: Endpoint, message: BackstageMessage): void {
    const bytes = encodeBackstage(this.#options.backstageKey, message);
    this.#out.push({ via, to, bytes });
  }

  /** Relay servers hold it against clients that agents were not given back. */
  #lateness(now: Instant, via: string, from: Endpoint, request: DhRequest): Duration {
    if (serverOf(via) !== "relay" || request.path !== "/relay/agent") return 0;
    const { delayPerHeld } = this.#relayFaultsOf(via);
    return delayPerHeld && delayPerHeld * this.#agent.held(now, requestKey(from, request));
  }

  /** Sends to a client, as late as this server is slow. */
  #answer(now: Instant, via: string, to: Endpoint, bytes: Uint8Array, late: Duration = 0): void {
    const delay = this.#faultsOf(via).delay + late;
    if (delay > 0) this.#out.pushLater(now + delay, { via, to, bytes });
    else this.#out.push({ via, to, bytes });
  }

  #faultsOf(via: string): ServerFaults {
    const server = serverOf(via);
    return server === "relay" ? this.#relayFaultsOf(via) : this.#faults[server];
  }

  #relayFaultsOf(via: string): RelayFaults {
    const { relay, moreRelays } = this.#faults;
    const index = Number(via.slice("relay".length));
    return index === 0 ? relay : moreRelays[index - 1] ?? NO_RELAY_FAULTS;
  }
}

function serverOf(via: string): ServerName {
  return SERVER_NAMES.find((name) => via.startsWith(name)) ?? "main";
}

/** What a request and its repetitions have in common. */
function requestKey(from: Endpoint, { cseq }: DhRequest): string {
  return `${formatEndpoint(from)} ${cseq}`;
}
