import { formatEndpoint } from "../../endpoint.ts";
import type { Duration, Endpoint, Instant, Transmit } from "../../machine.ts";
import { earliest } from "../../timers.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import { explainHandshakeRefusal, explainHandshakeSilence } from "./failure.ts";
import type { Conn, MessageOf } from "./message.ts";
import type { Meeting } from "./registration.ts";
import { Repeat, RESEND_FOR } from "./repeat.ts";
import type { ReolinkWay } from "./signaling_options.ts";
import type { Stages } from "./stages.ts";
import type { Tids } from "./tids.ts";

/** A handshake the camera, or the relay in its place, has confirmed. */
export interface Confirmed {
  readonly conn: Conn;
  readonly peer: Endpoint;
  readonly did: number;
  /** Of the confirmation: heartbeats keep to it, as some cameras tie it to the session [observed]. */
  readonly tid: number;
}

export interface HandshakesOptions {
  readonly way: ReolinkWay | "auto";
  readonly sid: number;
  readonly cid: number;
  readonly tids: Tids;
  readonly stages: Stages;
  readonly attempt: number;
}

/** How much later the relay is tried than the direct paths [observed]. */
const RELAY_DELAY: Duration = 500;

/** How long a confirmed relay waits for a direct path. */
const RELAY_GRACE: Duration = 1_000;

/** Bytes of a datagram, headers of IP and UDP not counted [capture]. */
export const MTU = 1350;

/** Endpoints the camera may speak to us from in one session; more are not answered. */
export const MAX_ANSWERED = 8;

/**
 * The handshakes of one session on all paths at once. On the direct ones both sides send to each
 * other's address from the start, which opens the NATs in between.
 *
 * It does not matter where the camera's messages come from: behind a symmetric NAT that cannot be
 * known. Session and client id are the credential.
 */
export class Handshakes {
  readonly #options: HandshakesOptions;
  readonly #wanted: ReadonlySet<Conn>;
  readonly #startedAt: Instant;
  /** Our own tests of a path. */
  readonly #tests = new Map<Conn, Repeat>();
  /** Our answers to the camera's tests, by path and endpoint. */
  readonly #answers = new Map<string, { readonly conn: Conn; readonly repeat: Repeat }>();
  readonly #confirmed = new Map<Conn, Confirmed>();
  readonly #refused = new Map<Conn, number>();
  #endsAt: Instant;
  #relayUntil: Instant | undefined;
  #heard: { readonly did: number; readonly from: Endpoint } | undefined;

  constructor(now: Instant, options: HandshakesOptions) {
    this.#options = options;
    this.#wanted = wantedBy(options.way);
    this.#startedAt = now;
    this.#endsAt = now + RESEND_FOR;
  }

  get sid(): number {
    return this.#options.sid;
  }

  /** Where the camera, under which id, was last heard; it may have to be told goodbye. */
  get heard(): { readonly did: number; readonly from: Endpoint } | undefined {
    return this.#heard;
  }

  /** Takes up addresses, as far as they are wanted and new. */
  reach(now: Instant, meeting: Meeting): void {
    this.#test(now, "local", meeting.dev, 0);
    this.#test(now, "map", meeting.dmap, 0);
    const delay = this.#options.way === "relay" ? 0 : this.#startedAt + RELAY_DELAY - now;
    this.#test(now, "relay", meeting.relay, Math.max(0, delay));
    this.#endsAt = now + RELAY_DELAY + RESEND_FOR;
  }

  /** The camera tests a path to us. Returns whether it is one of this session's. */
  handleTest(now: Instant, from: Endpoint, tid: number, message: MessageOf<"D2C_T">): boolean {
    const { conn, did, sid, cid } = message;
    if (sid !== this.sid || cid !== this.#options.cid || !this.#wanted.has(conn)) return false;
    this.#heard = { did, from };
    if (this.#refused.has(conn)) return true;
    this.#begin(now, conn);
    const key = `${conn} ${formatEndpoint(from)}`;
    const known = this.#answers.get(key);
    if (known?.repeat.tid === tid && !known.repeat.hasEnded(now)) {
      known.repeat.hurry(now);
      return true;
    }
    if (known === undefined && this.#answers.size >= MAX_ANSWERED) return true;
    const answer = { type: "C2D_A", sid, conn, cid, did, mtu: MTU } as const;
    const datagram = { tid, message: answer };
    this.#answers.set(key, { conn, repeat: new Repeat(now, { via: "cloud", to: from, datagram }) });
    return true;
  }

  /** Returns whether the confirmation is of this session. */
  handleConfirm(now: Instant, from: Endpoint, tid: number, message: MessageOf<"D2C_CFM">): boolean {
    const { conn, did, sid, cid, rsp } = message;
    if (sid !== this.sid || cid !== this.#options.cid || !this.#wanted.has(conn)) return false;
    this.#heard = { did, from };
    if (this.#confirmed.has(conn) || this.#refused.has(conn)) return true;
    this.#tests.delete(conn);
    for (const [key, answer] of this.#answers) {
      if (answer.conn === conn) this.#answers.delete(key);
    }
    this.#begin(now, conn);
    if (rsp !== 0) {
      this.#refused.set(conn, rsp);
      this.#options.stages.end(now, conn, "failed", `the camera refused (rsp ${rsp})`);
      return true;
    }
    this.#confirmed.set(conn, { conn, peer: from, did, tid });
    this.#options.stages.end(now, conn, "answered");
    if (conn === "relay") this.#relayUntil = now + RELAY_GRACE;
    return true;
  }

  /** The path to take, once decided: a direct one if it is confirmed in time. */
  choice(now: Instant): Confirmed | undefined {
    const direct = this.#confirmed.get("local") ?? this.#confirmed.get("map");
    if (direct !== undefined) return direct;
    const isDirectHopeless = !this.#isOpen("local") && !this.#isOpen("map");
    const isTime = isDirectHopeless || now >= (this.#relayUntil ?? Infinity);
    return isTime ? this.#confirmed.get("relay") : undefined;
  }

  /** Why no path will be chosen, once that is certain. */
  verdict(now: Instant): TunnelEnd | undefined {
    if (this.#confirmed.size > 0) return undefined;
    const [refusal] = this.#refused;
    if (refusal !== undefined && this.#refused.size === this.#wanted.size) {
      return explainHandshakeRefusal(...refusal);
    }
    if (now < this.#endsAt) return undefined;
    return explainHandshakeSilence(this.#options.way, this.tried(), this.#heard !== undefined);
  }

  /** Ends the stages of all paths. */
  fail(now: Instant, detail: string): void {
    for (const conn of this.#wanted) this.#options.stages.end(now, conn, "failed", detail);
  }

  /** What was tried, in words. */
  tried(): string[] {
    return Array.from(this.#tests, ([conn, { to }]) => `${conn} ${formatEndpoint(to)}`);
  }

  takeTransmits(now: Instant): Transmit[] {
    const due = [
      ...Array.from(this.#tests, ([conn, repeat]) => ({ conn, repeat })),
      ...this.#answers.values(),
    ];
    return due.flatMap(({ conn, repeat }) => {
      const transmit = repeat.take(now);
      if (transmit === undefined) return [];
      this.#begin(now, conn);
      this.#options.stages.countSend(conn);
      return [transmit];
    });
  }

  pollTimeout(): Instant | undefined {
    return earliest(
      this.#confirmed.size === 0 ? this.#endsAt : this.#relayUntil,
      ...Array.from(this.#tests.values(), (repeat) => repeat.pollTimeout()),
      ...Array.from(this.#answers.values(), ({ repeat }) => repeat.pollTimeout()),
    );
  }

  #test(now: Instant, conn: Conn, to: Endpoint | undefined, delay: Duration): void {
    if (to === undefined || !this.#isOpen(conn)) return;
    const known = this.#tests.get(conn);
    if (known !== undefined && formatEndpoint(known.to) === formatEndpoint(to)) return;
    const { sid, cid, tids } = this.#options;
    const message = { type: "C2D_T", sid, conn, cid, mtu: MTU } as const;
    const datagram = { tid: tids.next(), message };
    this.#tests.set(conn, new Repeat(now, { via: "cloud", to, datagram, delay }));
  }

  /** Whether the path is wanted and not decided. */
  #isOpen(conn: Conn): boolean {
    return this.#wanted.has(conn) && !this.#confirmed.has(conn) && !this.#refused.has(conn);
  }

  #begin(now: Instant, conn: Conn): void {
    if (this.#isOpen(conn)) this.#options.stages.begin(now, conn, this.#options.attempt);
  }
}

/** The paths a way consists of. */
export function wantedBy(way: ReolinkWay | "auto"): ReadonlySet<Conn> {
  switch (way) {
    case "auto":
      return new Set<Conn>(["local", "map", "relay"]);
    case "lan":
      return new Set<Conn>(["local"]);
    default:
      return new Set<Conn>([way]);
  }
}
