import type { Duration, Endpoint, Instant } from "../../machine.ts";
import { Repeat } from "./repeat.ts";
import type { ReolinkSocket } from "./signaling_options.ts";

/** Nobody confirms a goodbye, so it is sent three times [observed]. */
const TIMES = 3;
const EVERY: Duration = 100;

/** The session that ends. */
export interface Parting {
  readonly via: ReolinkSocket;
  readonly to: Endpoint;
  readonly cid: number;
  readonly did: number;
  readonly tid: number;
}

/** Tells a camera that its session is over, which lets it sleep. */
export function farewell(now: Instant, { via, to, cid, did, tid }: Parting): Repeat {
  const message = { type: "C2D_DISC", cid, did } as const;
  return new Repeat(now, { via, to, datagram: { tid, message }, every: EVERY, maxSends: TIMES });
}
