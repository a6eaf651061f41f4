import type { TunnelEnd } from "../tunnel_end.ts";

/** A tunnel could not be had, or ended; carries why, for programs and for people. */
export class LinkError extends Error {
  override readonly name = "LinkError";
  readonly end: TunnelEnd;

  constructor(end: TunnelEnd, cause?: unknown) {
    super(end.detail, cause === undefined ? {} : { cause });
    this.end = end;
  }
}
