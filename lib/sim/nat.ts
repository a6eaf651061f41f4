import { formatEndpoint } from "../endpoint.ts";
import type { Duration, Endpoint, Instant } from "../machine.ts";

/**
 * How a router maps and filters (in the words of RFC 3489 section 5; RFC 4787 in brackets).
 *
 * - `none`: no router; the private endpoint is the public one
 * - `full-cone`: one public endpoint for each private one, open to anybody
 *   (endpoint-independent mapping and filtering)
 * - `cone`: one public endpoint for each private one, open to those it has sent to: port-restricted
 *   (endpoint-independent mapping, address-and-port-dependent filtering)
 * - `symmetric`: one public endpoint for each pair of private endpoint and destination, open to that
 *   destination only (address-and-port-dependent mapping and filtering)
 */
export const NAT_KINDS = ["none", "full-cone", "cone", "symmetric"] as const;

export type NatKind = typeof NAT_KINDS[number];

export interface NatOptions {
  readonly kind: Exclude<NatKind, "none">;
  /** The public endpoints it may hand out. When all are in use, the one idle longest is taken. */
  readonly pool: readonly Endpoint[];
  /** A mapping, or one peer's permission to send to it, expires after this long without outbound use. */
  readonly timeout?: Duration;
}

/** RFC 4787 REQ-5 asks for two minutes at least; many home routers have less. */
export const DEFAULT_NAT_TIMEOUT: Duration = 120_000;

/** Peers remembered for one mapping of a `cone`; the one idle longest is forgotten. */
export const MAX_PEERS = 64;

export interface NatCounters {
  created: number;
  expired: number;
  /** Mappings taken from their owner as the pool was used up. */
  evicted: number;
  /** Datagrams from outside that no mapping let in. */
  refused: number;
}

interface Mapping {
  readonly key: string;
  readonly inside: Endpoint;
  readonly outside: Endpoint;
  /** Who may send to it, and when it last sent to them. Unused by a full cone. */
  readonly peers: Map<string, Instant>;
  lastUsed: Instant;
}

/** A network address translator as a pure table: it translates endpoints and moves no bytes. */
export class Nat {
  readonly pool: readonly Endpoint[];
  readonly counters: NatCounters = { created: 0, expired: 0, evicted: 0, refused: 0 };

  readonly #kind: Exclude<NatKind, "none">;
  readonly #timeout: Duration;
  readonly #free: Endpoint[];
  /** In order of use, idle longest first. */
  readonly #byKey = new Map<string, Mapping>();
  readonly #byOutside = new Map<string, Mapping>();

  constructor(options: NatOptions) {
    if (options.pool.length === 0) {
      throw new RangeError("Cannot make a NAT as its pool needs an endpoint: has none");
    }
    this.pool = options.pool;
    this.#kind = options.kind;
    this.#timeout = options.timeout ?? DEFAULT_NAT_TIMEOUT;
    this.#free = [...options.pool];
  }

  /** Mappings in force. */
  get size(): number {
    return this.#byKey.size;
  }

  /** The public endpoint from which a datagram of `inside` to `to` leaves. */
  outbound(now: Instant, inside: Endpoint, to: Endpoint): Endpoint {
    this.#expire(now);
    const peer = formatEndpoint(to);
    const source = formatEndpoint(inside);
    const key = this.#kind === "symmetric" ? `${source} ${peer}` : source;
    const mapping = this.#byKey.get(key) ?? this.#create(now, key, inside);
    this.#use(now, mapping, peer);
    return mapping.outside;
  }

  /** The private endpoint that a datagram from `from` to `outside` reaches, if it is let in. */
  inbound(now: Instant, from: Endpoint, outside: Endpoint): Endpoint | undefined {
    this.#expire(now);
    const mapping = this.#byOutside.get(formatEndpoint(outside));
    if (mapping !== undefined && this.#lets(now, mapping, from)) return mapping.inside;
    this.counters.refused += 1;
    return undefined;
  }

  #lets(now: Instant, mapping: Mapping, from: Endpoint): boolean {
    if (this.#kind === "full-cone") return true;
    const lastSent = mapping.peers.get(formatEndpoint(from));
    return lastSent !== undefined && now - lastSent < this.#timeout;
  }

  #create(now: Instant, key: string, inside: Endpoint): Mapping {
    const outside = this.#free.shift() ?? this.#evict();
    const mapping = { key, inside, outside, peers: new Map<string, Instant>(), lastUsed: now };
    this.#byOutside.set(formatEndpoint(outside), mapping);
    this.counters.created += 1;
    return mapping;
  }

  #use(now: Instant, mapping: Mapping, peer: string): void {
    mapping.lastUsed = now;
    this.#byKey.delete(mapping.key);
    this.#byKey.set(mapping.key, mapping);
    if (this.#kind === "full-cone") return;
    mapping.peers.delete(peer);
    mapping.peers.set(peer, now);
    const [oldest] = mapping.peers.keys();
    if (mapping.peers.size > MAX_PEERS && oldest !== undefined) mapping.peers.delete(oldest);
  }

  #evict(): Endpoint {
    const [oldest] = this.#byKey.values();
    if (oldest === undefined) {
      throw new RangeError("Cannot evict a mapping as there is none, though no endpoint is free");
    }
    this.counters.evicted += 1;
    this.#remove(oldest);
    return oldest.outside;
  }

  #expire(now: Instant): void {
    for (const mapping of this.#byKey.values()) {
      if (now - mapping.lastUsed < this.#timeout) return;
      this.counters.expired += 1;
      this.#remove(mapping);
      this.#free.push(mapping.outside);
    }
  }

  #remove(mapping: Mapping): void {
    this.#byKey.delete(mapping.key);
    this.#byOutside.delete(formatEndpoint(mapping.outside));
  }
}
