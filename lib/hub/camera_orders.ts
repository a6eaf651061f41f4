/**
 * What one camera is told to do: over the connection there is, and never a reason to make one.
 *
 * @module
 */

import { type ControlOrder, orderWords } from "../config/control_order.ts";
import type { Clock } from "../io/types.ts";
import type { Duration } from "../machine.ts";
import type { CameraConnection } from "./camera_connection.ts";
import type { Cause } from "./cause.ts";
import type { Refused } from "./hub.ts";
import type { EventData } from "./hub_event.ts";
import { objection } from "./controls.ts";
import type { ControlResult } from "./hub.ts";
import { LinkError } from "./link/link_error.ts";
import { NEEDS_ACCOUNT, noSuchControl, NOT_OPEN, TOO_MANY_ORDERS } from "./refusals.ts";

/** Orders a camera may be at once; a movement takes as long as it lasts. */
export const MAX_ORDERS = 8;

/** How long a camera may take for an order, besides how long that lasts. */
export const ORDER_PATIENCE: Duration = 15_000;

export interface CameraOrdersOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly connection: () => CameraConnection;
  readonly onEvent: (event: EventData) => void;
}

/** What became of an order, but for what the camera is like afterwards. */
export type OrderOutcome =
  | { readonly type: "done" }
  | Exclude<ControlResult, { readonly type: "done" | "unknown" }>;

export class CameraOrders {
  readonly #options: CameraOrdersOptions;
  #pending = 0;

  constructor(options: CameraOrdersOptions) {
    this.#options = options;
  }

  /** Has the camera do something, and tells what became of it. */
  async give(order: ControlOrder, cause: Cause, signal: AbortSignal): Promise<OrderOutcome> {
    const outcome = this.#refuse(order) ?? await this.#carryOut(order, signal);
    this.#options.onEvent({
      type: "control",
      camera: this.#options.name,
      order: orderWords(order),
      outcome: outcome.type,
      detail: detailOf(outcome),
      cause,
    });
    return outcome;
  }

  #refuse(order: ControlOrder): Refused | undefined {
    const { state, camera, controls } = this.#options.connection();
    if (state.type !== "connected") return NOT_OPEN;
    const why = controls && objection(controls, order);
    if (why !== undefined) return noSuchControl(why);
    if (camera.control === undefined) return NEEDS_ACCOUNT;
    return this.#pending >= MAX_ORDERS ? TOO_MANY_ORDERS : undefined;
  }

  async #carryOut(order: ControlOrder, signal: AbortSignal): Promise<OrderOutcome> {
    const { clock, connection } = this.#options;
    const late = new AbortController();
    const lasts = order.type === "ptz" ? order.for : 0;
    const cancel = clock.setTimer(ORDER_PATIENCE + lasts, () => late.abort());
    this.#pending += 1;
    try {
      const both = AbortSignal.any([signal, late.signal]);
      const isDone = await connection().camera.control?.(order, both);
      if (isDone === true) return { type: "done" };
      return noSuchControl(`cameras of this vendor cannot be told ${orderWords(order)}`);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      return { type: "failed", error: { ...error.end, at: clock.wallClock() } };
    } finally {
      this.#pending -= 1;
      cancel();
    }
  }
}

function detailOf(outcome: OrderOutcome): string | undefined {
  if (outcome.type === "done") return undefined;
  return outcome.type === "failed" ? outcome.error.detail : outcome.detail;
}
