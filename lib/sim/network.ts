/**
 * A simulated internet: machines behind routers and impaired links, joined in virtual time.
 *
 * Each node is a machine whose named sockets are bound to endpoints, optionally behind a NAT and a
 * link. A datagram goes: sender's NAT → sender's uplink → receiver's NAT → receiver's downlink →
 * receiver. Nodes behind the same NAT reach each other's private endpoints directly.
 *
 * The network is itself a machine. What its nodes send to endpoints that none of them owns leaves
 * through `pollTransmit`, and what arrives on a public endpoint enters through `handleDatagram`; a
 * socket is named by its public endpoint in text. So the same network runs in virtual time, with
 * every party inside, or on real loopback sockets, with real programs outside.
 *
 * @module
 */

import { formatEndpoint } from "../endpoint.ts";
import type { Endpoint, Instant, Machine, Transmit } from "../machine.ts";
import { earliest } from "../timers.ts";
import { InFlight } from "./in_flight.ts";
import type { Link } from "./link.ts";
import type { Nat } from "./nat.ts";

/** One machine and the way it is connected. */
export interface SimNode<Event> {
  readonly name: string;
  readonly machine: Machine<Event>;
  /** Name of a socket of the machine → the endpoint it is bound to; private behind a NAT. */
  readonly sockets: ReadonlyMap<string, Endpoint>;
  /** The router in front of it. Nodes that share one share a LAN. */
  readonly nat?: Nat | undefined;
  readonly uplink?: Link | undefined;
  readonly downlink?: Link | undefined;
}

/** An event of a node. The network has none of its own. */
export interface NetworkEvent<Event> {
  readonly node: string;
  readonly event: Event;
}

export interface NetworkOptions {
  /** Datagrams under way at once; more are dropped. Default 65 536. */
  readonly maxInFlight?: number;
  /** Which endpoints that no node owns may be sent to. Default: all. */
  readonly mayLeaveTo?: (to: Endpoint) => boolean;
}

export interface NetworkCounters {
  /** Datagrams handed to a node. */
  delivered: number;
  /** Dropped as too many were under way. */
  overflowed: number;
  /** Dropped as nothing there can be reached. */
  unroutable: number;
}

interface Socket<Event> {
  readonly node: SimNode<Event>;
  readonly via: string;
}

interface Flying<Event> {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly bytes: Uint8Array;
  /** The socket it will be handed to, or `undefined` while it has not reached its receiver yet. */
  readonly socket: Socket<Event> | undefined;
}

const MAX_IN_FLIGHT = 65_536;

/** Two machines that answer each other without delay would never let go of the caller. */
const MAX_STEPS_PER_CALL = 100_000;

export class SimNetwork<Event> implements Machine<NetworkEvent<Event>> {
  readonly counters: NetworkCounters = { delivered: 0, overflowed: 0, unroutable: 0 };

  readonly #mayLeaveTo: (to: Endpoint) => boolean;
  readonly #flying: InFlight<Flying<Event>>;
  readonly #nodes = new Map<string, SimNode<Event>>();
  /** Public endpoint → who is behind it. */
  readonly #public = new Map<
    string,
    { readonly at: Endpoint; readonly owner: Socket<Event> | Nat }
  >();
  /** NAT → private endpoint → socket. */
  readonly #lans = new Map<Nat, Map<string, Socket<Event>>>();
  readonly #out: Transmit[] = [];
  readonly #events: NetworkEvent<Event>[] = [];

  constructor(options: NetworkOptions = {}) {
    this.#mayLeaveTo = options.mayLeaveTo ?? (() => true);
    this.#flying = new InFlight(options.maxInFlight ?? MAX_IN_FLIGHT);
  }

  /** Joins a node to the network. Throws when its name or an endpoint is taken. */
  add(node: SimNode<Event>): void {
    if (this.#nodes.has(node.name)) {
      throw new Error(`Cannot add node as its name is taken: "${node.name}"`);
    }
    const sockets = Array.from(node.sockets, ([via, at]) => ({ at, socket: { node, via } }));
    if (node.nat === undefined) {
      for (const { at, socket } of sockets) this.#claim(at, socket);
    } else {
      for (const { at, socket } of sockets) this.#lanOf(node.nat).set(formatEndpoint(at), socket);
    }
    this.#nodes.set(node.name, node);
  }

  /** Every public endpoint of its nodes and NATs, by the name its socket goes by. */
  publicEndpoints(): ReadonlyMap<string, Endpoint> {
    return new Map(Array.from(this.#public, ([name, { at }]) => [name, at]));
  }

  /** Runs a command on the machine of a node, then takes from it what the command brought about. */
  command<Result>(now: Instant, name: string, run: () => Result): Result {
    const node = this.#node(name);
    const result = run();
    this.#drain(now, node);
    this.#pump(now);
    return result;
  }

  /** Takes both directions of a node's links up or down. */
  setUp(name: string, up: boolean): void {
    const { uplink, downlink } = this.#node(name);
    if (uplink === undefined || downlink === undefined) {
      throw new Error(`Cannot cut a node that has no links: "${name}"`);
    }
    uplink.up = up;
    downlink.up = up;
  }

  handleDatagram(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    const to = this.#public.get(via)?.at;
    if (to === undefined) throw new Error(`Cannot take a datagram as no socket is named "${via}"`);
    // Borrowed bytes may have to wait for a link.
    this.#arrive(now, from, to, bytes.slice());
    this.#pump(now);
  }

  handleTimeout(now: Instant): void {
    for (const node of this.#nodes.values()) this.#wake(now, node);
    this.#pump(now);
  }

  pollTransmit(): Transmit | undefined {
    return this.#out.shift();
  }

  pollEvent(): NetworkEvent<Event> | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    let next = this.#flying.next;
    for (const { machine } of this.#nodes.values()) next = earliest(next, machine.pollTimeout());
    return next;
  }

  #node(name: string): SimNode<Event> {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`Cannot find a node of this name: "${name}"`);
    return node;
  }

  #claim(at: Endpoint, owner: Socket<Event> | Nat): void {
    const name = formatEndpoint(at);
    if (this.#public.has(name)) throw new Error(`Cannot add node as ${name} is taken`);
    this.#public.set(name, { at, owner });
  }

  #lanOf(nat: Nat): Map<string, Socket<Event>> {
    const known = this.#lans.get(nat);
    if (known !== undefined) return known;
    for (const at of nat.pool) this.#claim(at, nat);
    const lan = new Map<string, Socket<Event>>();
    this.#lans.set(nat, lan);
    return lan;
  }

  #wake(now: Instant, node: SimNode<Event>): void {
    const at = node.machine.pollTimeout();
    if (at === undefined || at > now) return;
    node.machine.handleTimeout(now);
    this.#drain(now, node);
  }

  #pump(now: Instant): void {
    for (let step = 0; step < MAX_STEPS_PER_CALL; step++) {
      const flying = this.#flying.takeDue(now);
      if (flying === undefined) return;
      if (flying.socket === undefined) this.#arrive(now, flying.from, flying.to, flying.bytes);
      else this.#deliver(now, flying.socket, flying.from, flying.bytes);
    }
  }

  #drain(now: Instant, node: SimNode<Event>): void {
    const { machine } = node;
    for (let sent = machine.pollTransmit(); sent !== undefined; sent = machine.pollTransmit()) {
      this.#send(now, node, sent);
    }
    for (let event = machine.pollEvent(); event !== undefined; event = machine.pollEvent()) {
      this.#events.push({ node: node.name, event });
    }
  }

  #send(now: Instant, node: SimNode<Event>, { via, to, bytes }: Transmit): void {
    const inside = node.sockets.get(via);
    if (inside === undefined) {
      throw new Error(`Cannot send for ${node.name} as it has no socket named "${via}"`);
    }
    const neighbour = node.nat && this.#lans.get(node.nat)?.get(formatEndpoint(to));
    if (neighbour !== undefined) {
      return this.#launch(now, { from: inside, to, bytes, socket: neighbour });
    }
    const from = node.nat?.outbound(now, inside, to) ?? inside;
    const arrivals = node.uplink?.offer(now, bytes.byteLength) ?? [now];
    for (const at of arrivals) this.#launch(at, { from, to, bytes, socket: undefined });
  }

  #launch(at: Instant, flying: Flying<Event>): void {
    if (!this.#flying.push(at, flying)) this.counters.overflowed += 1;
  }

  /** A datagram has crossed the internet to a public endpoint, or leaves the simulated part of it. */
  #arrive(now: Instant, from: Endpoint, to: Endpoint, bytes: Uint8Array): void {
    const owner = this.#public.get(formatEndpoint(to))?.owner;
    if (owner === undefined) return this.#leave(from, to, bytes);
    const socket = "node" in owner ? owner : this.#enter(now, owner, from, to);
    if (socket === undefined) return;
    const arrivals = socket.node.downlink?.offer(now, bytes.byteLength) ?? [now];
    for (const at of arrivals) this.#launch(at, { from, to, bytes, socket });
  }

  #enter(now: Instant, nat: Nat, from: Endpoint, to: Endpoint): Socket<Event> | undefined {
    const inside = nat.inbound(now, from, to);
    return inside && this.#lans.get(nat)?.get(formatEndpoint(inside));
  }

  #leave(from: Endpoint, to: Endpoint, bytes: Uint8Array): void {
    const via = formatEndpoint(from);
    // Private endpoints of nodes behind another NAT end here too, as on the real internet.
    if (!this.#mayLeaveTo(to) || !this.#public.has(via)) {
      this.counters.unroutable += 1;
      return;
    }
    this.#out.push({ via, to, bytes });
  }

  #deliver(now: Instant, socket: Socket<Event>, from: Endpoint, bytes: Uint8Array): void {
    this.counters.delivered += 1;
    socket.node.machine.handleDatagram(now, socket.via, from, bytes);
    this.#drain(now, socket.node);
  }
}
