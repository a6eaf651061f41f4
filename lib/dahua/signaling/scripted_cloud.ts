/** A cloud whose every answer is scripted, and virtual time to talk to it in. For tests. @module */

import assert from "node:assert/strict";
import type { Duration, Endpoint, Instant } from "../../machine.ts";
import { writeBody } from "./body.ts";
import { DhHeaders } from "./headers.ts";
import { decodeRequest, type DhRequest, encodeResponse } from "./message.ts";
import { Signaling, type SignalingEvent, type SignalingOptions } from "./signaling.ts";

export const MAIN: Endpoint = { address: "127.0.0.1", port: 8800 };
export const P2P_SERVER: Endpoint = { address: "127.0.0.2", port: 8801 };
export const RELAY: Endpoint = { address: "127.0.0.3", port: 8802 };
export const AGENT: Endpoint = { address: "127.0.0.4", port: 8803 };

/** 2025-02-12T16:12:54Z, the time of day at instant 0. */
export const WALL_CLOCK = 1_739_376_774_000;

export interface Reply {
  /** Time after the request; 20 if not given. */
  readonly after?: Duration;
  /** Whoever was asked, if not given. */
  readonly from?: Endpoint;
  /** The socket that asked, if not given. */
  readonly via?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly fields?: readonly (readonly [string, string])[];
  /** The whole datagram, in place of a response. */
  readonly raw?: Uint8Array;
}

export interface Asked {
  readonly at: Instant;
  readonly via: string;
  readonly to: Endpoint;
  readonly request: DhRequest;
}

/** Answers a request that comes for the `nth` time (from 0) to its path. */
export type Answer = (asked: Asked, nth: number) => readonly Reply[];

/** Answers by beginning of path; the longest that fits counts. */
export type Script = Readonly<Record<string, Answer>>;

/** A cloud and a device that do everything right. */
export const GOOD_SCRIPT: Script = {
  "/probe/p2psrv": () => [{}],
  "/online/p2psrv/": () => [{ fields: [["US", "127.0.0.2:8801"]] }],
  "/probe/device/": () => [{}],
  "/info/device/": () => [{ fields: [["Info", "c2VjcmV0"]] }],
  "/online/relay": () => [{ fields: [["Address", "127.0.0.3:8802"]] }],
  "/device/SERIAL/p2p-channel": () => [
    { code: 100, reason: "Trying" },
    {
      after: 300,
      fields: [
        ["Identify", "8a 7 c6 8d b5 fe e6 58"],
        ["IpEncrpt", "false"],
        ["LocalAddr", "192.168.1.110:45660,10.0.0.7:45660"],
        ["NatValueT", "1"],
        ["Policy", "p2p,udprelay"],
        ["PubAddr", "198.51.100.7:15634"],
        ["Relay", ":0"],
        ["version", "6.0.0"],
      ],
    },
  ],
  "/relay/agent": () => [{ fields: [["Token", "4711"], ["Agent", "127.0.0.4:8803"]] }],
  "/relay/start/": () => [{}],
  "/device/SERIAL/relay-channel": () => [
    { code: 100, reason: "Trying" },
    { after: 250, from: AGENT, reason: "Server Nat Info!" },
  ],
  "/relay/unbind/": () => [{}],
};

interface Delivery {
  readonly at: Instant;
  readonly via: string;
  readonly from: Endpoint;
  readonly bytes: Uint8Array;
}

/** Leaves a request without an answer. */
export const SILENT: Answer = () => [];

/** What no signaling server says. */
export const GARBAGE: Reply = { raw: new TextEncoder().encode("<html>hello</html>") };

/** One signaling machine, and the cloud it talks to. */
export class ScriptedCloud {
  readonly signaling: Signaling;
  readonly asked: Asked[] = [];
  readonly events: { readonly at: Instant; readonly event: SignalingEvent }[] = [];
  now: Instant = 0;

  readonly #script: Script;
  readonly #damage: (bytes: Uint8Array) => Uint8Array;
  #deliveries: Delivery[] = [];

  /** @param damage What the network does to each answer on its way. */
  constructor(
    script: Script = {},
    options: Partial<SignalingOptions> = {},
    damage: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
  ) {
    this.#damage = damage;
    this.#script = { ...GOOD_SCRIPT, ...script };
    let seed = 0;
    this.signaling = new Signaling(0, {
      serial: "SERIAL",
      server: MAIN,
      localCandidates: [{ address: "192.168.1.5", port: 40000 }],
      identify: Uint8Array.of(0x8a, 7, 0xc6, 0x8d, 0xb5, 0xfe, 0xe6, 0x58),
      entropy: (length) => Uint8Array.from({ length }, () => seed++ & 0xff),
      wallClockOffset: WALL_CLOCK,
      ...options,
    });
    this.#drain();
  }

  /** Hands everything to the machine that happens up to and including `until`. */
  run(until: Instant): this {
    for (;;) {
      const timeout = this.signaling.pollTimeout() ?? Infinity;
      const next = Math.min(timeout, ...this.#deliveries.map(({ at }) => at));
      if (next > until) break;
      this.now = Math.max(this.now, next);
      const delivery = this.#deliveries.find(({ at }) => at === next);
      if (delivery === undefined) {
        this.signaling.handleTimeout(this.now);
      } else {
        this.#deliveries = this.#deliveries.filter((other) => other !== delivery);
        const { via, from, bytes } = delivery;
        this.signaling.handleDatagram(this.now, via, from, bytes);
      }
      this.#drain();
    }
    this.now = until;
    return this;
  }

  unbind(): this {
    this.signaling.unbind(this.now);
    this.#drain();
    return this;
  }

  /** When requests with this beginning of path were sent. */
  times(path: string): Instant[] {
    return this.asked.filter(({ request }) => request.path.startsWith(path)).map(({ at }) => at);
  }

  /** The events of one type, in order. */
  eventsOf<T extends SignalingEvent["type"]>(type: T): Extract<SignalingEvent, { type: T }>[] {
    return this.events.map(({ event }) => event)
      .filter((event): event is Extract<SignalingEvent, { type: T }> => event.type === type);
  }

  /** The one failure there was. */
  get failure(): Extract<SignalingEvent, { type: "failed" }> {
    const [failure, ...more] = this.eventsOf("failed");
    assert.ok(failure !== undefined);
    assert.equal(more.length, 0);
    return failure;
  }

  /** The reasons of the `closed` events; and nothing may come after them. */
  get closeReasons(): readonly string[] {
    const closed = this.eventsOf("closed");
    if (closed.length > 0) assert.equal(this.events.at(-1)?.event.type, "closed");
    return closed.map(({ reason }) => reason);
  }

  /** When the first event of this type came. */
  timeOf(type: SignalingEvent["type"]): Instant | undefined {
    return this.events.find(({ event }) => event.type === type)?.at;
  }

  #drain(): void {
    for (;;) {
      const transmit = this.signaling.pollTransmit();
      if (transmit === undefined) break;
      const { via, to, bytes } = transmit;
      this.#onRequest({ at: this.now, via, to, request: decodeRequest(bytes) });
    }
    for (;;) {
      const event = this.signaling.pollEvent();
      if (event === undefined) break;
      this.events.push({ at: this.now, event });
    }
  }

  #onRequest(asked: Asked): void {
    const { path, cseq } = asked.request;
    const nth = this.asked.filter(({ request }) => request.path === path).length;
    this.asked.push(asked);
    const [key] = Object.keys(this.#script).filter((beginning) => path.startsWith(beginning))
      .sort((a, b) => b.length - a.length);
    const answer = key === undefined ? undefined : this.#script[key];
    for (const reply of answer?.(asked, nth) ?? []) {
      const at = asked.at + (reply.after ?? 20);
      const from = reply.from ?? asked.to;
      const bytes = this.#damage(bytesOf(reply, cseq));
      this.#deliveries.push({ at, via: reply.via ?? asked.via, from, bytes });
    }
  }
}

function bytesOf(reply: Reply, cseq: number): Uint8Array {
  return reply.raw ?? encodeResponse({
    code: reply.code ?? 200,
    reason: reply.reason ?? "OK",
    cseq,
    headers: new DhHeaders(reply.headers),
    body: reply.fields === undefined ? "" : writeBody(reply.fields),
  });
}
