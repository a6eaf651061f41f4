import type { Clock } from "../io/types.ts";
import type { Duration } from "../machine.ts";

/** Resolves after so long, or as soon as `signal` fires. */
export function delay(clock: Clock, duration: Duration, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve(undefined);
    };
    const cancel = clock.setTimer(duration, done);
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });
}
