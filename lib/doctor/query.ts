/** Whether a cloud knows a camera: what the vendors' questions have in common. @module */

import type { TunnelEnd } from "../tunnel_end.ts";

export type QueryOutcome =
  /** The cloud knows the camera, and hears from it. */
  | { readonly type: "online" }
  /** It does not know it, or has not heard from it lately. */
  | { readonly type: "offline"; readonly end: TunnelEnd }
  /** It does not say. */
  | { readonly type: "unanswered"; readonly end: TunnelEnd };

/** A question is one machine; this is all it ever says. */
export interface QueryEvent {
  readonly type: "closed";
  readonly outcome: QueryOutcome;
}

/** How a question without a referral ended. */
export function outcomeOf(end: TunnelEnd): QueryOutcome {
  return { type: end.reason === "unreachable" ? "offline" : "unanswered", end };
}
