import type { Instant } from "../../machine.ts";

/**
 * Why a request to a camera failed.
 *
 * - `refused`: the camera said no, with a status
 * - `silent`: it did not answer in time
 * - `garbled`: its answer cannot be read, or is not what was asked for
 * - `busy`: too much is being asked already, or the same thing
 * - `closed`: the connection is over
 */
export type FailureReason = "refused" | "silent" | "garbled" | "busy" | "closed";

export interface Failure {
  readonly reason: FailureReason;
  /** The status, where the camera refused. */
  readonly code?: number;
  /** What happened, as a clause. */
  readonly detail: string;
}

/** The result of a request. */
export type Outcome<T> =
  | { readonly type: "done"; readonly value: T }
  | { readonly type: "failed" } & Failure;

/**
 * Takes an outcome, once, and the present. Called from inside of a session, which may be told more
 * to do from here. Must not throw.
 */
export type Done<T> = (outcome: Outcome<T>, now: Instant) => void;

export function done<T>(value: T): Outcome<T> {
  return { type: "done", value };
}

export function failed(reason: FailureReason, detail: string, code?: number): Outcome<never> {
  return { type: "failed", reason, detail, ...(code === undefined ? {} : { code }) };
}

/** The meaning of a status, where it is known. [observed] */
export function describeStatus(code: number): string {
  return MEANINGS.get(code) ?? `status ${code}`;
}

const MEANINGS: ReadonlyMap<number, string> = new Map([
  [400, "status 400: it cannot, or not yet"],
  [401, "status 401: wrong credentials"],
  [406, "status 406: it requires an account login"],
  [417, "status 417: it requires another kind of login"],
  [421, "status 421: not for this account"],
  [422, "status 422: somebody else is using it"],
  [500, "status 500: it cannot comply"],
]);

/** Whether a status means that all went well. 201 ends a transfer; 300 was seen. [observed] */
export function isSuccess(code: number): boolean {
  return code === 200 || code === 201 || code === 300;
}
