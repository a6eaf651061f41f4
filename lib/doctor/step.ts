/** What the doctor tells while it works: one step at a time. @module */

import type { Way } from "../hub/camera_status.ts";
import type { Duration } from "../machine.ts";

/**
 * - `name`: a name of the vendor's servers is resolved
 * - `udp`: something comes back from the internet
 * - `server`: one of the vendor's servers answers
 * - `clock`: our clock against a server's
 * - `id`: the cloud knows the camera, and it is online
 * - `cloud`: another cloud is asked whether it knows the camera
 * - `salt`: what the camera mixes into its passwords
 * - `camera`: the camera itself answers what was passed on to it
 * - `account`: an account of the camera is proven to it
 * - `power`: what the camera runs on
 * - `way`: one way to the camera, all by itself
 * - `stream`: the first answer to the request for a stream
 * - `frame`: the first key frame
 * - `nat`: what our own router does, as far as others have told
 */
export const STEP_NAMES = [
  "name",
  "udp",
  "server",
  "clock",
  "id",
  "cloud",
  "salt",
  "camera",
  "account",
  "power",
  "way",
  "stream",
  "frame",
  "nat",
] as const;

export type StepName = typeof STEP_NAMES[number];

/** `note`: neither good nor bad. `skipped`: not done, and `detail` says why. */
export const STEP_OUTCOMES = ["ok", "failed", "note", "skipped"] as const;

export type StepOutcome = typeof STEP_OUTCOMES[number];

export interface Step {
  readonly name: StepName;
  readonly outcome: StepOutcome;
  /** When it was over, since the beginning. */
  readonly at: Duration;
  /** How long it took, where that is of interest. */
  readonly took: Duration | undefined;
  readonly way: Way | undefined;
  /** What was found, as a clause. Holds addresses of servers and camera, and never a secret. */
  readonly detail: string;
}
