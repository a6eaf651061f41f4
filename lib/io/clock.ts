import type { Clock } from "./types.ts";
import type { Duration } from "../machine.ts";

/** What fits a runtime's timer: it fires at once when asked for 2³¹ ms, 24.8 days, or more. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The clock of this computer. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallClock: () => Date.now(),
  setTimer,
};

function setTimer(delay: Duration, callback: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (left: Duration): void => {
    // Runtimes cut fractions off, which would wake the caller early.
    const step = Math.min(Math.max(Math.ceil(left), 0), MAX_TIMER_MS);
    timer = setTimeout(() => left > step ? wait(left - step) : callback(), step);
  };
  wait(delay);
  return () => clearTimeout(timer);
}
