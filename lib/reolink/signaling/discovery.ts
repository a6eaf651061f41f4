import { formatEndpoint } from "../../endpoint.ts";
import type { Duration, Endpoint, Instant, Transmit } from "../../machine.ts";
import { earliest } from "../../timers.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import type { SignalingDatagram } from "./datagram.ts";
import { explainDiscoveryRefusal, explainDiscoverySilence } from "./failure.ts";
import { MTU } from "./handshakes.ts";
import type { Conn } from "./message.ts";
import { Repeat } from "./repeat.ts";
import type { Handled } from "./signaling_event.ts";
import type { Stages } from "./stages.ts";
import type { Tids } from "./tids.ts";

/** Places to look at: more than a machine has networks. */
export const MAX_LAN_TARGETS = 64;

export interface DiscoveryOptions {
  readonly uid: string;
  readonly targets: readonly Endpoint[];
  /** Where answers go, at the address they see us under. */
  readonly port: number;
  readonly cid: number;
  readonly lasts: Duration;
  readonly tids: Tids;
  readonly stages: Stages;
}

/** A camera that has answered on the LAN. */
export interface Found {
  readonly peer: Endpoint;
  readonly did: number;
  readonly tid: number;
  readonly sid?: number;
  readonly conn?: Conn;
}

/** Calls for a camera on the LAN, at broadcast addresses and at those it may have. */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #startedAt: Instant;
  readonly #repeats: readonly Repeat[];
  #endsAt: Instant;
  #found: Found | undefined;
  #end: TunnelEnd | undefined;
  /** From a handshake the camera began by itself. */
  #sid: number | undefined;

  constructor(now: Instant, options: DiscoveryOptions) {
    this.#options = options;
    this.#startedAt = now;
    this.#endsAt = now + options.lasts;
    const { uid, port, cid, tids, lasts, stages } = options;
    const message = {
      type: "C2D_C",
      uid,
      cli: { port },
      cid,
      mtu: MTU,
      debug: 0,
      p: "MAC",
    } as const;
    this.#repeats = options.targets.slice(0, MAX_LAN_TARGETS).map((to) =>
      new Repeat(now, { via: "lan", to, datagram: { tid: tids.next(), message }, lasts })
    );
    stages.begin(now, "discover", 1);
  }

  get cid(): number {
    return this.#options.cid;
  }

  get found(): Found | undefined {
    return this.#found;
  }

  /** Why no camera will be found any more. */
  get end(): TunnelEnd | undefined {
    return this.#end;
  }

  /** Looks no longer than until then. */
  shorten(now: Instant, endsAt: Instant): void {
    this.#endsAt = Math.min(this.#endsAt, endsAt);
    this.handleTimeout(now);
  }

  /** Takes a datagram; `answer` is to be sent at once. */
  handle(
    now: Instant,
    from: Endpoint,
    { tid, message }: SignalingDatagram,
  ): { readonly handled: Handled; readonly answer?: SignalingDatagram } {
    if (!("cid" in message) || message.cid !== this.cid) return { handled: "unmatched" };
    if (this.#found !== undefined || this.#end !== undefined) return { handled: "repeated" };
    switch (message.type) {
      case "D2C_C_R":
        return this.#onAnswer(now, from, tid, message.rsp, {
          did: message.did,
          ...(message.sid !== undefined && { sid: message.sid }),
        });
      case "D2C_T": {
        const { sid, conn, cid, did } = message;
        this.#sid = sid;
        const answer = { type: "C2D_A", sid, conn, cid, did, mtu: MTU } as const;
        return { handled: "taken", answer: { tid, message: answer } };
      }
      case "D2C_CFM": {
        const { sid, conn, did, rsp } = message;
        if (sid !== this.#sid) return { handled: "unmatched" };
        return this.#onAnswer(now, from, tid, rsp, { did, sid, conn });
      }
      default:
        return { handled: "unmatched" };
    }
  }

  handleTimeout(now: Instant): void {
    if (this.#found !== undefined || this.#end !== undefined || now < this.#endsAt) return;
    this.#fail(now, explainDiscoverySilence(this.#repeats.length, now - this.#startedAt));
  }

  takeTransmits(now: Instant): Transmit[] {
    if (this.#found !== undefined || this.#end !== undefined) return [];
    return this.#repeats.flatMap((repeat) => {
      const transmit = repeat.take(now);
      if (transmit === undefined) return [];
      this.#options.stages.countSend("discover");
      return [transmit];
    });
  }

  pollTimeout(): Instant | undefined {
    if (this.#found !== undefined || this.#end !== undefined) return undefined;
    return earliest(this.#endsAt, ...this.#repeats.map((repeat) => repeat.pollTimeout()));
  }

  #onAnswer(
    now: Instant,
    peer: Endpoint,
    tid: number,
    rsp: number,
    found: Omit<Found, "peer" | "tid">,
  ): { readonly handled: Handled } {
    if (rsp === 0) {
      this.#found = { peer, tid, ...found };
      this.#options.stages.end(now, "discover", "answered", formatEndpoint(peer));
    } else {
      this.#fail(now, explainDiscoveryRefusal(peer, rsp));
    }
    return { handled: "taken" };
  }

  #fail(now: Instant, end: TunnelEnd): void {
    this.#end = end;
    this.#options.stages.end(now, "discover", "failed", end.detail);
  }
}
