import { sameEndpoint } from "../../endpoint.ts";
import type { Duration, Endpoint, Entropy, Instant, Transmit } from "../../machine.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import { CloudAttempt, type CloudContact } from "./cloud_attempt.ts";
import type { SignalingDatagram } from "./datagram.ts";
import type { Handled } from "./signaling_event.ts";
import type { ReolinkWay } from "./signaling_options.ts";
import type { Stages } from "./stages.ts";
import { makeCid, type Tids } from "./tids.ts";

export interface CloudOptions {
  readonly uid: string;
  readonly way: ReolinkWay | "auto";
  readonly middlemen: readonly Endpoint[];
  readonly isComplete: boolean;
  readonly cli: Endpoint;
  readonly attempts: number;
  /** Attempts that may have the camera called. */
  readonly calls: number;
  readonly entropy: Entropy;
  readonly tids: Tids;
  readonly stages: Stages;
}

/** Twelve host names with a few addresses each fit. */
export const MAX_MIDDLEMEN = 64;

/** No attempt begins later than this after the first one. */
const REPEAT_WITHIN: Duration = 30_000;

/**
 * Reaches a camera through the cloud, in several attempts: each starts over under a new client id
 * when a register refuses or the camera does not answer. A register learns of a camera late, so the
 * first attempt often fails [observed]. A lookup that fails ends it at once.
 */
export class Cloud {
  readonly #options: CloudOptions;
  readonly #startedAt: Instant;
  readonly #middlemen: Endpoint[] = [];
  #isComplete: boolean;
  #number = 1;
  #calls = 0;
  #attempt: CloudAttempt;

  constructor(now: Instant, options: CloudOptions) {
    this.#options = options;
    this.#startedAt = now;
    for (const endpoint of options.middlemen) this.#note(endpoint);
    this.#isComplete = options.isComplete;
    this.#attempt = this.#begin(now);
  }

  /** Of the attempt under way. */
  get cid(): number {
    return this.#attempt.cid;
  }

  /** Where, and under which id, the camera was heard in the attempt under way. */
  get heard(): { readonly did: number; readonly from: Endpoint } | undefined {
    return this.#attempt.heard;
  }

  get contact(): CloudContact | undefined {
    const { outcome } = this.#attempt;
    return outcome?.type === "contact" ? outcome : undefined;
  }

  /** Why no contact will come any more. */
  get end(): TunnelEnd | undefined {
    const { outcome } = this.#attempt;
    return outcome?.type === "failed" ? outcome.end : undefined;
  }

  /** Asks one more. Ignored when it is known or there are too many. */
  addMiddleman(now: Instant, endpoint: Endpoint): void {
    if (this.#note(endpoint)) this.#attempt.addMiddleman(now, endpoint);
  }

  endMiddlemen(now: Instant): void {
    this.#isComplete = true;
    this.#attempt.endMiddlemen(now);
  }

  handle(now: Instant, from: Endpoint, datagram: SignalingDatagram): Handled {
    const handled = this.#attempt.handle(now, from, datagram);
    this.#repeatIfWorthIt(now);
    return handled;
  }

  handleTimeout(now: Instant): void {
    this.#attempt.handleTimeout(now);
    this.#repeatIfWorthIt(now);
  }

  takeTransmits(now: Instant): Transmit[] {
    return this.#attempt.takeTransmits(now);
  }

  pollTimeout(): Instant | undefined {
    return this.#attempt.pollTimeout();
  }

  /** Returns whether it is new. */
  #note(endpoint: Endpoint): boolean {
    const isKnown = this.#middlemen.some((known) => sameEndpoint(known, endpoint));
    if (isKnown || this.#middlemen.length >= MAX_MIDDLEMEN) return false;
    this.#middlemen.push(endpoint);
    return true;
  }

  #repeatIfWorthIt(now: Instant): void {
    const { end } = this;
    if (end === undefined || end.stage === "lookup") return;
    // A register that refuses has called nobody.
    if (end.stage !== "register" || end.reason === "timeout") this.#calls += 1;
    const { attempts, calls } = this.#options;
    if (this.#number >= attempts || this.#calls >= calls) return;
    if (now > this.#startedAt + REPEAT_WITHIN) return;
    this.#number += 1;
    this.#attempt = this.#begin(now);
  }

  #begin(now: Instant): CloudAttempt {
    const { uid, way, cli, entropy, tids, stages } = this.#options;
    return new CloudAttempt(now, {
      uid,
      way,
      middlemen: this.#middlemen,
      isComplete: this.#isComplete,
      cli,
      cid: makeCid(entropy),
      tids,
      stages,
      attempt: this.#number,
    });
  }
}
