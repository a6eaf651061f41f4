import type { CloseReason } from "./machine.ts";

/** Why a way to a camera ended or could not be had: in one word, and in words for people. */
export interface TunnelEnd {
  readonly reason: CloseReason;
  /** How far it had come. */
  readonly stage: string;
  /** What happened, as a clause. */
  readonly detail: string;
  /** What to do about it, as a sentence; empty when there is nothing to do. */
  readonly advice: string;
}
