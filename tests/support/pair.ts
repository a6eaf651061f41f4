import type { Instant } from "../../lib/machine.ts";
import { InFlight } from "../../lib/sim/in_flight.ts";
import { Link, type LinkOptions } from "../../lib/sim/link.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { earliest } from "../../lib/timers.ts";

/** What a pseudo-TCP engine looks like to its parent. */
export interface Peer {
  handleDatagram(now: Instant, bytes: Uint8Array): void;
  handleTimeout(now: Instant): void;
  pollTransmit(): Uint8Array | undefined;
  pollTimeout(): Instant | undefined;
}

interface Datagram {
  readonly to: 0 | 1;
  readonly bytes: Uint8Array;
}

/** Far more than the windows of both peers let them have under way. */
const MAX_IN_FLIGHT = 65_536;

export interface PairOptions {
  readonly link?: Partial<LinkOptions>;
  readonly seed?: number;
  /** Sees every datagram before the link does; may replace it, or drop it with `undefined`. */
  readonly tap?: (from: 0 | 1, bytes: Uint8Array, now: Instant) => Uint8Array | undefined;
}

/** Two peers, a seeded bad link between them, and virtual time. */
export class Pair {
  now: Instant = 1_000;
  readonly #peers: readonly [Peer, Peer];
  readonly #links: readonly [Link, Link];
  readonly #tap: NonNullable<PairOptions["tap"]>;
  readonly #serve: () => void;
  readonly #flying = new InFlight<Datagram>(MAX_IN_FLIGHT);

  /** @param serve Runs after every mutation, to take events and move data. */
  constructor(a: Peer, b: Peer, serve: () => void, options: PairOptions = {}) {
    const rng = new Rng(options.seed ?? 1);
    this.#peers = [a, b];
    this.#links = [
      new Link(options.link ?? {}, rng.fork()),
      new Link(options.link ?? {}, rng.fork()),
    ];
    this.#tap = options.tap ?? ((_from, bytes) => bytes);
    this.#serve = serve;
  }

  /** Cuts or restores both directions. */
  set up(up: boolean) {
    for (const link of this.#links) link.up = up;
  }

  /** Lets time pass until `done()` holds. Fails when it does not within `limit` ms. */
  run(done: () => boolean, limit = 600_000): void {
    const deadline = this.now + limit;
    this.#drain();
    while (!done()) {
      const next = this.#next();
      if (next === undefined || next > deadline) {
        if (done()) return;
        throw new Error(`Pair did not get there: ${next === undefined ? "idle" : "too slow"}`);
      }
      this.#step(next);
    }
  }

  /** Lets `duration` ms pass, whatever happens. */
  pass(duration: number): void {
    const end = this.now + duration;
    this.#drain();
    for (let next = this.#next(); next !== undefined && next <= end; next = this.#next()) {
      this.#step(next);
    }
    this.now = end;
  }

  #step(at: Instant): void {
    this.now = Math.max(this.now, at);
    this.#deliver();
    for (const peer of this.#peers) {
      const due = peer.pollTimeout();
      if (due !== undefined && due <= this.now) peer.handleTimeout(this.now);
    }
    this.#drain();
  }

  #next(): Instant | undefined {
    return earliest(this.#flying.next, ...this.#peers.map((peer) => peer.pollTimeout()));
  }

  #deliver(): void {
    for (
      let datagram = this.#flying.takeDue(this.now);
      datagram !== undefined;
      datagram = this.#flying.takeDue(this.now)
    ) {
      this.#peers[datagram.to].handleDatagram(this.now, datagram.bytes);
      this.#drain();
    }
  }

  #drain(): void {
    for (let moved = true; moved;) {
      this.#serve();
      moved = this.#send(0) || this.#send(1);
    }
  }

  #send(from: 0 | 1): boolean {
    let any = false;
    for (
      let bytes = this.#peers[from].pollTransmit();
      bytes !== undefined;
      bytes = this.#peers[from].pollTransmit()
    ) {
      any = true;
      const seen = this.#tap(from, bytes, this.now);
      if (seen === undefined) continue;
      for (const at of this.#links[from].offer(this.now, seen.byteLength)) {
        this.#flying.push(at, { to: from === 0 ? 1 : 0, bytes: seen });
      }
    }
    return any;
  }
}
