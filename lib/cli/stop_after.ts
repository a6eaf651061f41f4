import type { Clock } from "../io/types.ts";
import type { Duration } from "../machine.ts";

/** A signal that fires with `stop`, or after `duration` where one is given. */
export function stopAfter(
  stop: AbortSignal,
  clock: Clock,
  duration: Duration | undefined,
): { readonly signal: AbortSignal; readonly cancel: () => void } {
  if (duration === undefined) return { signal: stop, cancel: () => {} };
  const controller = new AbortController();
  const cancel = clock.setTimer(duration, () => controller.abort());
  return { signal: AbortSignal.any([stop, controller.signal]), cancel };
}
