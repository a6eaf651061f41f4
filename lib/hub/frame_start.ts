import type { Clock } from "../io/types.ts";
import type { Duration } from "../machine.ts";
import type { CameraError } from "./camera_status.ts";
import type { BudgetSpent } from "./hub.ts";
import type { HubCamera, OwnStatus } from "./hub_camera.ts";
import { settleOrAbort } from "./settle_or_abort.ts";

/** What came of waiting for a key frame. */
export type FrameOutcome =
  | { readonly type: "frame"; readonly keyframeAge: Duration }
  | {
    readonly type: "timedOut";
    readonly stage: string;
    readonly detail: string;
    readonly advice: string;
  }
  | { readonly type: "failed"; readonly error: CameraError }
  | BudgetSpent;

/**
 * Waits for a key frame of a camera that is being started: no longer than `timeout`, and no longer
 * than there is hope.
 */
export async function waitForFrame(
  camera: HubCamera,
  clock: Clock,
  timeout: Duration,
  signal: AbortSignal | undefined,
): Promise<FrameOutcome> {
  const since = clock.wallClock();
  try {
    const keyframe = await settleOrAbort(camera.main.picture(timeout), signal);
    if (keyframe === undefined) return timedOut(camera.status, since);
    return { type: "frame", keyframeAge: clock.now() - keyframe.at };
  } catch (error) {
    const failure = camera.failure(error);
    if (failure.type === "budget" || isHopeless(failure.error)) return failure;
    return timedOut(camera.status, since);
  }
}

/** Whether it was told at once, without waiting to the end. */
function isHopeless({ reason }: CameraError): boolean {
  return reason === "auth" || reason === "unreachable" || reason === "local";
}

/** Names the stage it is stuck at, and what is known of the reason since then. */
function timedOut({ state, stage = state, lastError }: OwnStatus, since: number): FrameOutcome {
  if (state === "open") {
    const detail = "the stream is open, but has no key frame so far";
    return { type: "timedOut", stage, detail, advice: ADVICE.video };
  }
  // An attempt that failed says more than the one that happens to be under way.
  if (lastError !== undefined && (state === "failed" || lastError.at >= since)) {
    const { detail, advice } = lastError;
    return { type: "timedOut", stage: lastError.stage, detail, advice };
  }
  const detail = stage === state ? `it is still ${state}` : `it is still ${state}, at ${stage}`;
  return { type: "timedOut", stage, detail, advice: ADVICE.later };
}

const ADVICE = {
  video: "The camera sends no video: check its stream settings.",
  later: "Try again: it goes on trying while its lease runs.",
} as const;
