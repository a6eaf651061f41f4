import type { Duration, Endpoint, Entropy, Instant } from "../../lib/machine.ts";
import { Link, type LinkOptions } from "../../lib/sim/link.ts";
import { Nat, type NatKind } from "../../lib/sim/nat.ts";
import { SimNetwork, type SimNode } from "../../lib/sim/network.ts";
import type { Rng } from "../../lib/sim/rng.ts";
import { SimHost } from "./sim_host.ts";
import { settled } from "./virtual_clock.ts";
import { endpointsFrom, EPOCH } from "./virtual_topologies.ts";
import { VirtualWorld } from "./virtual_world.ts";

const HOST = "host";

export interface HostedWorldOptions {
  readonly entropy: Entropy;
  /** Decides what the host's link loses. */
  readonly rng: Rng;
  /** How many sockets the code may have; they come round again. */
  readonly sockets: number;
  /** What the host is behind. */
  readonly nat?: NatKind;
  readonly link?: Partial<LinkOptions>;
  /** Time moves in steps no shorter than this: for long runs. */
  readonly step?: Duration;
}

/**
 * A simulated network with a computer in it on which code runs that awaits things: time moves only
 * while a test waits, and promises are settled before it moves on.
 */
export class HostedWorld<Event> {
  readonly host: SimHost;
  readonly virtual: VirtualWorld<Event>;
  readonly #step: Duration;

  constructor(nodes: readonly SimNode<Event>[], options: HostedWorldOptions) {
    const { entropy, rng, sockets, nat = "none", link = {}, step = 0 } = options;
    this.#step = step;
    const network = new SimNetwork<Event>();
    for (const node of nodes) network.add(node);
    const endpoints = endpointsFrom(nat === "none" ? "127.9.0.1" : "127.3.0.1", 40_000, sockets);
    this.host = new SimHost({ endpoints, entropy, epoch: EPOCH });
    network.add({
      name: HOST,
      machine: this.host,
      sockets: this.host.sockets,
      nat: nat === "none" ? undefined : new Nat({ kind: nat, pool: natPool(sockets) }),
      uplink: new Link(link, rng.fork()),
      downlink: new Link(link, rng.fork()),
    });
    this.virtual = new VirtualWorld(network);
  }

  get now(): Instant {
    return this.virtual.now;
  }

  /** Whether the host's network is there. */
  setUp(up: boolean): void {
    this.virtual.network.setUp(HOST, up);
  }

  /** Lets so much time pass, and everything that promises make of it happen. */
  async pass(duration: Duration): Promise<void> {
    await this.until(() => false, duration);
  }

  /** Lets time pass until `done` holds or `limit` is over; returns whether it held. */
  async until(done: () => boolean, limit: Duration): Promise<boolean> {
    const end = this.now + limit;
    for (;;) {
      await this.#settle();
      // What promises have sent leaves.
      this.virtual.command(HOST, () => {});
      if (done()) return true;
      const at = this.virtual.network.pollTimeout();
      if (at === undefined || at > end) break;
      this.virtual.runFor(Math.min(end - this.now, Math.max(this.#step, at - this.now)));
    }
    this.virtual.runFor(end - this.now);
    await this.#settle();
    return done();
  }

  /** What a promise comes to; fails when it does not within `limit`. */
  async result<T>(promise: Promise<T>, limit: Duration): Promise<T> {
    let isSettled = false;
    const settle = () => isSettled = true;
    promise.then(settle, settle);
    if (!await this.until(() => isSettled, limit)) {
      throw new Error(`Cannot go on as a promise must settle within ${limit} ms`);
    }
    return await promise;
  }

  /** Tells the code what time it is, and lets its promises go on. */
  async #settle(): Promise<void> {
    this.virtual.command(HOST, (now) => this.host.handleTimeout(now));
    await settled();
  }
}

function natPool(sockets: number): Endpoint[] {
  return endpointsFrom("127.9.0.1", 30_000, 2 * sockets);
}
