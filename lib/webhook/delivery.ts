/**
 * The delivery of one event to one receiver: what is sent, and what an answer means.
 *
 * @module
 */

import { createHmac } from "node:crypto";
import type { Secret } from "../config/secret.ts";
import type { HubEvent } from "../hub/hub_event.ts";
import { eventJson } from "../hub/event_json.ts";
import type { PostOutcome } from "../io/http_post.ts";
import type { Instant } from "../machine.ts";

export interface Delivery {
  /** The same for every attempt, so that a receiver can tell a repeat. */
  readonly id: string;
  readonly event: HubEvent;
  /** When the event came, on the monotonic clock. */
  readonly at: Instant;
  attempts: number;
}

export interface SigningOptions {
  readonly secret: Secret | undefined;
  /** Milliseconds since 1970. */
  readonly wallClock: number;
  readonly userAgent: string;
}

export interface SignedMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * The event as JSON, signed with the time of this very attempt, so that a receiver can refuse one
 * that somebody recorded and sends again.
 */
export function signedMessage(
  { id, event }: Delivery,
  { secret, wallClock, userAgent }: SigningOptions,
): SignedMessage {
  const body = new TextEncoder().encode(JSON.stringify(eventJson(event)));
  const timestamp = String(Math.floor(wallClock / 1_000));
  const signature = secret === undefined
    ? {}
    : { "X-Sightline-Signature": `sha256=${sign(secret, timestamp, body)}` };
  return {
    headers: {
      "Content-Type": "application/json",
      "User-Agent": userAgent,
      "X-Sightline-Delivery": id,
      "X-Sightline-Event": event.type,
      "X-Sightline-Timestamp": timestamp,
      ...signature,
    },
    body,
  };
}

function sign(secret: Secret, timestamp: string, body: Uint8Array): string {
  return createHmac("sha256", secret.reveal()).update(`${timestamp}.`).update(body).digest("hex");
}

/**
 * - `delivered`: the receiver has it
 * - `retry`: another attempt may do better
 * - `refused`: it would not
 */
export type Verdict =
  | { readonly type: "delivered" }
  | { readonly type: "retry" | "refused"; readonly why: string };

/** Statuses that ask for another attempt though they blame the sender (RFC 9110, 8470, 6585). */
const TRY_AGAIN: ReadonlySet<number> = new Set([408, 425, 429]);

export function judge(outcome: PostOutcome): Verdict {
  if (outcome.type === "failed") return { type: "retry", why: outcome.why };
  const { status } = outcome;
  if (status >= 200 && status < 300) return { type: "delivered" };
  if (status >= 500 || TRY_AGAIN.has(status)) return { type: "retry", why: `HTTP ${status}` };
  const isRedirect = status >= 300 && status < 400;
  const why = `HTTP ${status}${isRedirect ? ": redirects are not followed" : ""}`;
  return { type: "refused", why };
}
