import type { CloseReason } from "./machine.ts";

/** Why a path to a camera ended or could not be opened, for programs and for people. */
export interface TunnelEnd {
  readonly reason: CloseReason;
  /** The step it had reached. */
  readonly stage: string;
  /** What happened, as a clause. */
  readonly detail: string;
  /** What to do about it, as a sentence; empty when there is nothing to do. */
  readonly advice: string;
}
