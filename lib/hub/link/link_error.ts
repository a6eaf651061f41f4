import type { Duration } from "../../machine.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";

/** A tunnel could not be had, or ended; carries why, for programs and for people. */
export class LinkError extends Error {
  override readonly name: string = "LinkError";
  readonly end: TunnelEnd;

  constructor(end: TunnelEnd, cause?: unknown) {
    super(end.detail, cause === undefined ? {} : { cause });
    this.end = end;
  }
}

/** A connection was not tried, as the camera's wake budget does not allow it now. */
export class BudgetError extends LinkError {
  override readonly name = "BudgetError";
  /** How long until it does. */
  readonly retryAfter: Duration;

  constructor(detail: string, advice: string, retryAfter: Duration) {
    super({ reason: "local", stage: "budget", detail, advice });
    this.retryAfter = retryAfter;
  }
}
