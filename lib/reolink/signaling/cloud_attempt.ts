import { formatEndpoint } from "../../endpoint.ts";
import type { Duration, Endpoint, Instant, Transmit } from "../../machine.ts";
import { earliest, Timers } from "../../timers.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import type { SignalingDatagram } from "./datagram.ts";
import {
  explainEarlyGoodbye,
  explainRegisterRefusal,
  explainRegisterSilence,
  explainSessionEnded,
} from "./failure.ts";
import { type Confirmed, Handshakes } from "./handshakes.ts";
import { Lookup, type Referral } from "./lookup.ts";
import { type Meeting, type RegisterAnswer, Registration } from "./registration.ts";
import { RESEND_FOR } from "./repeat.ts";
import type { Handled } from "./signaling_event.ts";
import type { ReolinkWay } from "./signaling_options.ts";
import type { Stages } from "./stages.ts";
import type { Tids } from "./tids.ts";

export interface CloudAttemptOptions {
  readonly uid: string;
  readonly way: ReolinkWay | "auto";
  readonly middlemen: readonly Endpoint[];
  /** Whether there are no more middlemen than those. */
  readonly isComplete: boolean;
  /** Our own address, for the camera to try. */
  readonly cli: Endpoint;
  readonly cid: number;
  readonly tids: Tids;
  readonly stages: Stages;
  /** From 1. */
  readonly attempt: number;
}

/** A camera met through the cloud. */
export interface CloudContact {
  readonly type: "contact";
  readonly confirmed: Confirmed;
  readonly cid: number;
  readonly sid: number;
  readonly reg: Endpoint;
}

export type CloudOutcome = CloudContact | { readonly type: "failed"; readonly end: TunnelEnd };

/**
 * - `verdict`: the middlemen that have answered are all that count
 * - `lookupOver`: no middleman has answered
 * - `nextRegister`: the registers asked have not answered, so another one is asked too
 * - `giveUp`: every register has failed, and no middleman has named another one
 */
type TimerName = "verdict" | "lookupOver" | "nextRegister" | "giveUp";

/** How long a register has to answer before the next one is asked as well. */
const REGISTER_PATIENCE: Duration = 2_000;

/** How long after the last failure a late middleman may name another register. */
const GIVE_UP_AFTER: Duration = 1_000;

/** Registers asked in one attempt: the vendor's cloud names one, rarely two. */
export const MAX_REGISTERS = 4;

interface Session {
  readonly registration: Registration;
  handshakes: Handshakes | undefined;
}

/** One attempt through the cloud: lookup, register, handshakes, under one client id. */
export class CloudAttempt {
  readonly #options: CloudAttemptOptions;
  readonly #lookup: Lookup;
  readonly #timers = new Timers<TimerName>();
  /** Registers named so far. */
  readonly #named = new Set<string>();
  readonly #waiting: Referral[] = [];
  #sessions: Session[] = [];
  #lastEnd: TunnelEnd | undefined;
  #outcome: CloudOutcome | undefined;

  constructor(now: Instant, options: CloudAttemptOptions) {
    this.#options = options;
    const { uid, tids, middlemen, isComplete } = options;
    this.#lookup = new Lookup(now, { uid, tids, middlemen, isComplete });
    options.stages.begin(now, "lookup", options.attempt);
    this.#timers.set("verdict", this.#lookup.verdictAt);
    this.#timers.set("lookupOver", now + RESEND_FOR);
    this.#settle(now);
  }

  get cid(): number {
    return this.#options.cid;
  }

  get outcome(): CloudOutcome | undefined {
    return this.#outcome;
  }

  /** Where, and under which id, the camera was heard. */
  get heard(): { readonly did: number; readonly from: Endpoint } | undefined {
    return this.#sessions.map(({ handshakes }) => handshakes?.heard)
      .find((heard) => heard !== undefined);
  }

  addMiddleman(now: Instant, endpoint: Endpoint): void {
    this.#lookup.add(now, endpoint);
    this.#timers.set("verdict", this.#lookup.verdictAt);
    this.#settle(now);
  }

  endMiddlemen(now: Instant): void {
    this.#lookup.complete();
    this.#settle(now);
  }

  handle(now: Instant, from: Endpoint, { tid, message }: SignalingDatagram): Handled {
    const handled = this.#dispatch(now, from, tid, message);
    this.#settle(now);
    return handled;
  }

  handleTimeout(now: Instant): void {
    for (const name of this.#timers.takeDue(now)) {
      if (name === "nextRegister") this.#askNextRegister(now);
      if (name === "giveUp") this.#fail(now);
    }
    this.#settle(now);
  }

  takeTransmits(now: Instant): Transmit[] {
    const { stages } = this.#options;
    const lookups = this.#lookup.takeTransmits(now);
    for (const _ of lookups) stages.countSend("lookup");
    return [...lookups, ...this.#sessions.flatMap((session) => this.#takeSession(now, session))];
  }

  pollTimeout(): Instant | undefined {
    if (this.#outcome !== undefined) return undefined;
    return earliest(
      this.#timers.next(),
      this.#lookup.pollTimeout(),
      ...this.#sessions.flatMap(({ registration, handshakes }) => [
        registration.pollTimeout(),
        handshakes?.pollTimeout(),
      ]),
    );
  }

  #takeSession(now: Instant, { registration, handshakes }: Session): Transmit[] {
    const ask = registration.take(now);
    if (ask !== undefined) this.#options.stages.countSend("register");
    return [...(ask === undefined ? [] : [ask]), ...(handshakes?.takeTransmits(now) ?? [])];
  }

  #dispatch(
    now: Instant,
    from: Endpoint,
    tid: number,
    message: SignalingDatagram["message"],
  ): Handled {
    switch (message.type) {
      case "M2C_Q_R":
        return this.#onLookup(now, this.#lookup.handleAnswer(from, tid, message));
      case "R2C_T": {
        if (message.cid !== this.cid) return "unmatched";
        const session = this.#sessionFor(from, tid);
        return this.#onRegister(now, session, session?.registration.handleEarly(message));
      }
      case "R2C_C_R": {
        const session = this.#sessionFor(from, tid);
        return this.#onRegister(now, session, session?.registration.handleFull(message));
      }
      case "R2C_DISC":
        return this.#onDisconnect(now, message.sid);
      case "D2C_T":
        return this.#anyHandshakes((one) => one.handleTest(now, from, tid, message));
      case "D2C_CFM":
        return this.#anyHandshakes((one) => one.handleConfirm(now, from, tid, message));
      case "D2C_DISC":
        return this.#onGoodbye(now, message.cid, message.did);
      default:
        return "unmatched";
    }
  }

  #anyHandshakes(take: (handshakes: Handshakes) => boolean): Handled {
    const isTaken = this.#sessions.some(({ handshakes }) => handshakes && take(handshakes));
    return isTaken ? "taken" : "unmatched";
  }

  #onLookup(now: Instant, answer: ReturnType<Lookup["handleAnswer"]>): Handled {
    if (answer === "noted") return "taken";
    if (typeof answer === "string") return answer;
    this.#options.stages.end(now, "lookup", "answered");
    const key = formatEndpoint(answer.reg);
    if (this.#named.has(key) || this.#named.size >= MAX_REGISTERS) return "taken";
    this.#named.add(key);
    this.#waiting.push(answer);
    return "taken";
  }

  /** An answer under a number that is not ours is told by its sender [observed]. */
  #sessionFor(from: Endpoint, tid: number): Session | undefined {
    const isForeign = !this.#options.tids.has(tid);
    return this.#sessions.find(({ registration }) => registration.concerns(from, tid, isForeign));
  }

  #onRegister(
    now: Instant,
    session: Session | undefined,
    answer: RegisterAnswer | undefined,
  ): Handled {
    if (session === undefined || answer === undefined) return "unmatched";
    if (answer.type === "called") {
      this.#meet(now, session, answer.meeting);
    } else if (answer.type === "refused") {
      this.#drop(now, session, explainRegisterRefusal(session.registration.reg, answer.rsp));
    } else {
      return answer.type;
    }
    return "taken";
  }

  #meet(now: Instant, session: Session, meeting: Meeting): void {
    const { way, cid, tids, stages, attempt } = this.#options;
    const { sid } = meeting;
    stages.end(now, "register", "answered");
    this.#lookup.stop();
    if (session.handshakes?.sid !== sid) {
      session.handshakes = new Handshakes(now, { way, sid, cid, tids, stages, attempt });
    }
    session.handshakes.reach(now, meeting);
  }

  #onDisconnect(now: Instant, sid: number): Handled {
    const session = this.#sessions.find(({ registration }) => registration.sid === sid);
    if (session === undefined) return "unmatched";
    this.#drop(now, session, explainSessionEnded(session.handshakes?.tried() ?? []));
    return "taken";
  }

  /** The camera's id may not be known yet; the client id is ours alone. */
  #onGoodbye(now: Instant, cid: number, did: number): Handled {
    if (cid !== this.cid) return "unmatched";
    const session = this.#sessions.find(({ handshakes }) => {
      return handshakes !== undefined && (handshakes.heard?.did ?? did) === did;
    });
    if (session === undefined) return "unmatched";
    this.#drop(now, session, explainEarlyGoodbye());
    return "taken";
  }

  #drop(now: Instant, session: Session, end: TunnelEnd): void {
    session.handshakes?.fail(now, end.detail);
    this.#sessions = this.#sessions.filter((other) => other !== session);
    this.#lastEnd = end;
  }

  /** Decides what follows from whatever has happened. */
  #settle(now: Instant): void {
    if (this.#outcome !== undefined) return;
    for (const session of this.#sessions) {
      const { registration, handshakes } = session;
      const confirmed = handshakes?.choice(now);
      if (handshakes !== undefined && confirmed !== undefined) {
        this.#timers.clearAll();
        const { sid } = handshakes;
        this.#outcome = { type: "contact", confirmed, cid: this.cid, sid, reg: registration.reg };
        return;
      }
      const end = handshakes?.verdict(now) ??
        (registration.isSilent(now)
          ? explainRegisterSilence(registration.reg, registration.sends)
          : undefined);
      if (end !== undefined) this.#drop(now, session, end);
    }
    if (this.#sessions.length === 0) this.#goOn(now);
    else this.#spread(now);
  }

  /** Nothing is under way with any register. */
  #goOn(now: Instant): void {
    if (this.#waiting.length > 0) return this.#askNextRegister(now);
    if (this.#named.size === 0) {
      this.#lastEnd = this.#lookup.verdict(now);
      if (this.#lastEnd !== undefined) this.#fail(now);
    } else if (!this.#timers.isSet("giveUp")) {
      this.#timers.set("giveUp", now + GIVE_UP_AFTER);
    }
  }

  #askNextRegister(now: Instant): void {
    const referral = this.#waiting.shift();
    if (referral === undefined) return;
    const { uid, cli, cid, tids, stages, attempt } = this.#options;
    stages.begin(now, "register", attempt);
    const tid = tids.next();
    const registration = new Registration(now, { uid, referral, cli, cid, tid });
    this.#sessions.push({ registration, handshakes: undefined });
    this.#timers.clear("giveUp");
    this.#spread(now);
  }

  /** Plans to ask the next register as well, unless one has called the camera. */
  #spread(now: Instant): void {
    const isMeeting = this.#sessions.some(({ handshakes }) => handshakes !== undefined);
    if (isMeeting || this.#waiting.length === 0) return this.#timers.clear("nextRegister");
    if (this.#timers.isSet("nextRegister")) return;
    this.#timers.set("nextRegister", now + REGISTER_PATIENCE);
  }

  #fail(now: Instant): void {
    const end = this.#lastEnd;
    if (end === undefined) return;
    const { stages } = this.#options;
    stages.end(now, "lookup", "failed", end.detail);
    stages.end(now, "register", "failed", end.detail);
    this.#lookup.stop();
    this.#timers.clearAll();
    this.#outcome = { type: "failed", end };
  }
}
