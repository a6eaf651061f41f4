import { sameEndpoint } from "../../lib/endpoint.ts";
import { isPtcpDatagram } from "../../lib/dahua/ptcp/segment.ts";
import type { PtcpSession } from "../../lib/dahua/ptcp/session.ts";
import type { SessionEvent } from "../../lib/dahua/ptcp/session_options.ts";
import { parseBody } from "../../lib/dahua/signaling/body.ts";
import {
  decodeResponse,
  type DhResponse,
  encodeRequest,
  isSignalingDatagram,
} from "../../lib/dahua/signaling/message.ts";
import { DEFAULT_ACCOUNT, makeWsse, wsseHeaders } from "../../lib/dahua/signaling/wsse.ts";
import type { Endpoint, Instant, Machine, Transmit } from "../../lib/machine.ts";
import type { DahuaCloud } from "../../lib/sim/dahua/cloud.ts";
import type { DahuaDevice } from "../../lib/sim/dahua/device.ts";
import type { DahuaSimEvent } from "../../lib/sim/dahua/topology.ts";
import { SimNetwork } from "../../lib/sim/network.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { earliest } from "../../lib/timers.ts";
import { endpointOf, EPOCH, virtualDahua } from "./virtual_topologies.ts";
import { VirtualWorld } from "./virtual_world.ts";

/** One datagram that a probe has received. */
export interface Received {
  readonly at: Instant;
  readonly via: string;
  readonly from: Endpoint;
  readonly bytes: Uint8Array;
}

/** A PTCP session of a probe, and everything it has said. */
export interface ProbeSession {
  readonly via: string;
  readonly peer: Endpoint;
  readonly session: PtcpSession;
  readonly events: SessionEvent[];
}

/** A party without a mind of its own: sends what a test says, keeps what arrives. */
export class Probe implements Machine<never> {
  readonly received: Received[] = [];
  readonly #sessions: ProbeSession[] = [];
  readonly #out: Transmit[] = [];

  send(via: string, to: Endpoint, bytes: Uint8Array): void {
    this.#out.push({ via, to, bytes });
  }

  /** From now on, PTCP between this socket and this peer is the session's. */
  addSession(via: string, peer: Endpoint, session: PtcpSession): ProbeSession {
    const added = { via, peer, session, events: [] };
    this.#sessions.push(added);
    return added;
  }

  handleDatagram(at: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    const found = this.#sessions.findLast((one) => one.via === via && sameEndpoint(one.peer, from));
    if (found !== undefined && isPtcpDatagram(bytes)) found.session.handleDatagram(at, bytes);
    else this.received.push({ at, via, from, bytes: bytes.slice() });
  }

  handleTimeout(now: Instant): void {
    for (const { session } of this.#sessions) session.handleTimeout(now);
  }

  pollTransmit(): Transmit | undefined {
    for (const { via, peer, session } of this.#sessions) {
      const bytes = session.pollTransmit();
      if (bytes !== undefined) return { via, to: peer, bytes };
    }
    return this.#out.shift();
  }

  pollEvent(): undefined {
    for (const { session, events } of this.#sessions) {
      for (let event = session.pollEvent(); event; event = session.pollEvent()) events.push(event);
    }
    return undefined;
  }

  pollTimeout(): Instant | undefined {
    return earliest(...this.#sessions.map(({ session }) => session.pollTimeout()));
  }
}

export interface RequestOptions {
  readonly via?: string;
  readonly to?: Endpoint;
  readonly body?: string;
  readonly cseq?: number;
  readonly account?: { readonly user: string; readonly key: string };
  /** How far the client's clock is ahead. */
  readonly skew?: number;
  /** How long to wait for what comes of it. Default 1 s. */
  readonly wait?: number;
}

/** A simulated cloud with its devices, and a probe in the open internet to talk to them. */
export class DahuaWorld {
  readonly world: VirtualWorld<DahuaSimEvent>;
  readonly cloud: DahuaCloud;
  readonly main: Endpoint;
  readonly probe = new Probe();
  /** The first device of the scenario. */
  readonly device: DahuaDevice;
  readonly devices: ReadonlyMap<string, DahuaDevice>;
  readonly probeAt: ReadonlyMap<string, Endpoint>;
  #cseq = 0;

  /** @param scenario As in a scenario file. */
  constructor(scenario: unknown = {}) {
    const parsed = parseScenario(scenario);
    const topology = virtualDahua(parsed, new Rng(parsed.seed).entropy);
    const network = new SimNetwork<DahuaSimEvent>();
    for (const node of topology.nodes) network.add(node);
    this.probeAt = new Map(["D", "R"].map((via, i) => {
      return [via, { address: "127.0.0.1", port: 20_000 + i }];
    }));
    network.add({ name: "probe", machine: this.probe, sockets: this.probeAt });
    this.world = new VirtualWorld(network);
    this.cloud = topology.cloud;
    this.devices = topology.devices;
    this.main = endpointOf(this.cloud.sockets, "main");
    const [device] = topology.devices.values();
    if (device === undefined) throw new Error("a scenario has a camera");
    this.device = device;
    this.world.runFor(1_000);
  }

  /** Sends a datagram and lets things happen; returns what the probe received meanwhile. */
  exchange(via: string, to: Endpoint, bytes: Uint8Array, wait = 1_000): readonly Received[] {
    const before = this.probe.received.length;
    this.world.command("probe", () => this.probe.send(via, to, bytes));
    this.world.runFor(wait);
    return this.probe.received.slice(before);
  }

  /** Sends a request as a client would; returns the responses to it. */
  request(path: string, options: RequestOptions = {}): readonly DhResponse[] {
    const { to = this.main, via = "R", body = "", cseq = ++this.#cseq } = options;
    const { account = DEFAULT_ACCOUNT, skew = 0, wait } = options;
    const token = makeWsse(account, 12345, EPOCH + this.world.now + skew);
    const headers = new Map(wsseHeaders(token));
    const method = body === "" ? "GET" : "POST";
    const bytes = encodeRequest({ method, dialect: "dh", path, cseq, headers, body });
    return this.exchange(via, to, bytes, wait)
      .filter((received) => isSignalingDatagram(received.bytes))
      .map((received) => decodeResponse(received.bytes));
  }
}

/** One field of a response's body. */
export function field(response: DhResponse | undefined, name: string): string | undefined {
  return parseBody(response?.body ?? "").get(name);
}
