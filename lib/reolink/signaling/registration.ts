import { sameEndpoint } from "../../endpoint.ts";
import type { Endpoint, Instant, Transmit } from "../../machine.ts";
import type { Referral } from "./lookup.ts";
import type { MessageOf } from "./message.ts";
import { Repeat } from "./repeat.ts";

/** Where the camera may be met: its own address, the one its NAT gave it, and a relay. */
export interface Meeting {
  readonly sid: number;
  readonly dev?: Endpoint | undefined;
  readonly dmap?: Endpoint | undefined;
  readonly relay?: Endpoint | undefined;
}

export type RegisterAnswer =
  | { readonly type: "called"; readonly meeting: Meeting }
  | { readonly type: "refused"; readonly rsp: number }
  /** Known already, or of no use. */
  | { readonly type: "repeated" | "unmatched" };

/**
 * The request that has one register call the camera, which wakes it if it sleeps [observed].
 *
 * Two answers come to it: an early one with the camera's addresses, then the full one, which alone
 * names the relay of this session. So the request is repeated until the full one is there.
 */
export class Registration {
  readonly reg: Endpoint;
  readonly tid: number;
  readonly #relay: Endpoint | undefined;
  readonly #repeat: Repeat;
  #sid: number | undefined;
  #isAnswered = false;

  constructor(
    now: Instant,
    options: {
      readonly uid: string;
      readonly referral: Referral;
      readonly cli: Endpoint;
      readonly cid: number;
      readonly tid: number;
    },
  ) {
    const { uid, referral: { reg, relay }, cli, cid, tid } = options;
    this.reg = reg;
    this.tid = tid;
    this.#relay = relay;
    const message = {
      type: "C2R_C",
      uid,
      cli,
      ...(relay && { relay }),
      cid,
      debug: 0,
      family: 4,
      p: "MAC",
      r: 3,
    } as const;
    this.#repeat = new Repeat(now, { via: "cloud", to: reg, datagram: { tid, message } });
  }

  get sends(): number {
    return this.#repeat.sends;
  }

  /** The session it was given. */
  get sid(): number | undefined {
    return this.#sid;
  }

  /** Whether a message is for this one, judged by its transaction number or else by who sent it. */
  concerns(from: Endpoint, tid: number, isForeign: boolean): boolean {
    return tid === this.tid || (isForeign && sameEndpoint(from, this.reg));
  }

  handleEarly({ rsp = 0, sid, dev, dmap }: MessageOf<"R2C_T">): RegisterAnswer {
    if (this.#isAnswered || this.#sid !== undefined) return { type: "repeated" };
    if (rsp !== 0) return { type: "refused", rsp };
    this.#sid = sid;
    return { type: "called", meeting: { sid, dev, dmap } };
  }

  handleFull(message: MessageOf<"R2C_C_R">): RegisterAnswer {
    if (this.#isAnswered) return { type: "repeated" };
    const { rsp, sid = this.#sid, dev, dmap, relay = this.#relay } = message;
    if (rsp !== 0) return { type: "refused", rsp };
    // Good, but about no session.
    if (sid === undefined) return { type: "unmatched" };
    this.#sid = sid;
    this.#isAnswered = true;
    return { type: "called", meeting: { sid, dev, dmap, relay } };
  }

  take(now: Instant): Transmit | undefined {
    return this.#isAnswered ? undefined : this.#repeat.take(now);
  }

  /** Whether nobody has answered in all the time there is. */
  isSilent(now: Instant): boolean {
    return this.#sid === undefined && this.#repeat.hasEnded(now);
  }

  pollTimeout(): Instant | undefined {
    return this.#isAnswered ? undefined : this.#repeat.pollTimeout();
  }
}
