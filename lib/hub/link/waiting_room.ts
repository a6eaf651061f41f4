import type { Clock } from "../../io/types.ts";
import type { Duration } from "../../machine.ts";
import { LinkError } from "./link_error.ts";

/** One request that waits. */
export interface Waiter<Request, Result> {
  readonly request: Request;
  /** Answers it, once; later answers are ignored. */
  settle(result: Result | LinkError): void;
}

/** Requests that wait for something to come up, each for as long as its asker is patient. */
export class WaitingRoom<Request, Result> {
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter<Request, Result>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** Waits for an answer; `tooLate` says why there was none when `patience` is over. */
  wait(request: Request, patience: Duration, tooLate: () => LinkError): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const waiter: Waiter<Request, Result> = {
      request,
      settle: (result) => {
        cancel();
        this.#waiters.delete(waiter);
        if (result instanceof LinkError) reject(result);
        else resolve(result);
      },
    };
    const cancel = this.#clock.setTimer(patience, () => waiter.settle(tooLate()));
    this.#waiters.add(waiter);
    return promise;
  }

  /** The one that has waited longest, which leaves the room; it must be settled. */
  takeFirst(): Waiter<Request, Result> | undefined {
    const [first] = this.#waiters;
    if (first !== undefined) this.#waiters.delete(first);
    return first;
  }

  /** Gives everybody the same answer. */
  settleAll(result: Result | LinkError): void {
    for (const waiter of [...this.#waiters]) waiter.settle(result);
  }
}
