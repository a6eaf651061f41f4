/** What the hub says when it does not do what it is asked for. */

import type { TunnelEnd } from "../tunnel_end.ts";
import type { BudgetSpent, Refused } from "./hub.ts";
import { type BudgetError, LinkError } from "./link/link_error.ts";

export const CLOSING: Refused = {
  type: "refused",
  why: "closing",
  detail: "the daemon is ending, or the camera is being removed",
  advice: "",
};

export const NOT_STARTED: Refused = {
  type: "refused",
  why: "manual",
  detail: "the camera is in mode manual, and nobody has started it",
  advice: "Start it, or set its mode to on-demand.",
};

export const TOO_MANY_STREAMS: Refused = {
  type: "refused",
  why: "limit",
  detail: "too many streams of this camera were asked for",
  advice: "Stop the camera, or ask for fewer of its channels.",
};

export const NOTHING_TO_PEEK: Refused = {
  type: "refused",
  why: "nothing",
  detail: "the camera has shown no picture since the daemon started",
  advice: "Watch it once without peek.",
};

export const NOT_OPEN: Refused = {
  type: "refused",
  why: "closed",
  detail: "the camera is not open, and an order does not reach or wake it",
  advice: "Start it first: sightline start NAME.",
};

export const NEEDS_ACCOUNT: Refused = {
  type: "refused",
  why: "control",
  detail: "the device takes orders of an account only",
  advice: "Add user name and password of the device to the camera's address.",
};

export const TOO_MANY_ORDERS: Refused = {
  type: "refused",
  why: "limit",
  detail: "the camera is busy with other orders",
  advice: "Try again in a moment.",
};

export function noSuchControl(detail: string): Refused {
  return {
    type: "refused",
    why: "control",
    detail,
    advice: "sightline control NAME lists what it can be told.",
  };
}

export function tooManyCameras(limit: number): Refused {
  return {
    type: "refused",
    why: "limit",
    detail: `there are ${limit} cameras already`,
    advice: "Remove one first.",
  };
}

/** A port that cannot be listened on. */
export function cannotListen(detail: string): Refused {
  return { type: "refused", why: "listen", detail, advice: "Choose another port." };
}

export function budgetSpent({ message, end, retryAfter }: BudgetError): BudgetSpent {
  return { type: "budget", retryAfter, detail: message, advice: end.advice };
}

export const NO_PORTS: TunnelEnd = {
  reason: "local",
  stage: "refused",
  detail: "cameras of this vendor have no ports to offer",
  advice: "",
};

export const GONE = new LinkError({
  reason: "local",
  stage: "starting",
  detail: "whoever asked went away",
  advice: "",
});
