import type { TunnelEnd } from "../../tunnel_end.ts";
import type { Failure, FailureReason } from "./outcome.ts";

/** A request to a camera failed. */
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

/** A login to a camera failed. */
export class BaichuanLoginError extends Error {
  override readonly name = "BaichuanLoginError";
  readonly end: TunnelEnd;

  constructor(end: TunnelEnd) {
    super(end.detail);
    this.end = end;
  }
}
