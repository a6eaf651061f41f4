/**
 * A camera as it is shown over MQTT: what automations need, and what changes seldom.
 *
 * A broker has more readers than the API. So there is no URL or port here, and errors leave out what
 * cameras and servers say, which has addresses in it.
 *
 * @module
 */

import type { CameraState, CameraStatus } from "../hub/camera_status.ts";

/** What is published under `…/NAME/state`, as JSON. Times are ISO 8601. */
export interface CameraView {
  readonly state: CameraState;
  readonly since: string;
  /** It is being reached or open, or is wanted to be: what the switch shows. */
  readonly on: boolean;
  readonly way: string | null;
  readonly viewers: number;
  /** It has failed, and was neither open nor at rest since. */
  readonly problem: boolean;
  readonly error: {
    readonly stage: string;
    readonly reason: string;
    readonly advice: string;
    readonly at: string;
  } | null;
  readonly retryAt: string | null;
  /** When a start ends; `null` where none runs, or one without end. */
  readonly until: string | null;
  readonly battery: {
    readonly percent: number;
    readonly charging: boolean;
    readonly at: string;
  } | null;
}

/** States in which a camera is left alone. */
const AT_REST: ReadonlySet<CameraState> = new Set(["idle", "sleeping"]);

/**
 * `hadProblem` is `problem` of the view before: a camera that is tried again and again is in trouble
 * all the while, so that nobody is notified anew each time.
 */
export function cameraView(status: CameraStatus, hadProblem: boolean): CameraView {
  const { state, since, way, viewers, lease, lastError, retryAt, battery } = status;
  const isWell = state === "open" || AT_REST.has(state);
  const problem = state === "failed" || (hadProblem && !isWell);
  const error = problem ? lastError : undefined;
  return {
    state,
    since: iso(since),
    on: lease !== undefined || isWanted(status),
    way: way ?? null,
    viewers,
    problem,
    error: error === undefined ? null : {
      stage: error.stage,
      reason: error.reason,
      advice: error.advice,
      at: iso(error.at),
    },
    retryAt: maybeIso(retryAt),
    until: maybeIso(lease?.until),
    battery: battery === undefined ? null : { ...battery, at: iso(battery.at) },
  };
}

/** One that has failed is wanted as long as it is tried again. */
function isWanted({ state, retryAt }: CameraStatus): boolean {
  return state === "failed" ? retryAt !== undefined : !AT_REST.has(state);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function maybeIso(at: number | undefined): string | null {
  return at === undefined ? null : iso(at);
}
