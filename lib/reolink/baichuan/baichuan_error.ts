import type { TunnelEnd } from "../../tunnel_end.ts";
import type { Failure, FailureReason } from "./outcome.ts";

/** Something asked of a camera was not had. */
export class BaichuanError extends Error {
  override readonly name = "BaichuanError";
  readonly reason: FailureReason;
  /** The camera's status, where it refused. */
  readonly code: number | undefined;

  constructor({ reason, code, detail }: Failure) {
    super(detail);
    this.reason = reason;
    this.code = code;
  }
}

/** A camera could not be logged in to. */
export class BaichuanLoginError extends Error {
  override readonly name = "BaichuanLoginError";
  readonly end: TunnelEnd;

  constructor(end: TunnelEnd) {
    super(end.detail);
    this.end = end;
  }
}
