import { type ControlOrder, controlOrder } from "../config/control_order.ts";
import { readDuration } from "../config/duration.ts";
import type { Duration } from "../machine.ts";

/** What somebody may publish under `…/NAME/set`. */
export type Command =
  /** Without `for` until somebody turns it off. */
  | { readonly type: "on"; readonly for: Duration | undefined }
  | { readonly type: "off" };

/** What somebody may publish under `…/NAME/control`. */
export interface OrderCommand {
  readonly type: "order";
  readonly order: ControlOrder;
}

/** Longest command looked at, in bytes. */
export const MAX_COMMAND_BYTES = 256;

/** Longest lease, as with every other duration there is to set. */
const MAX_LEASE: Duration = 7 * 24 * 3_600_000;

/** `ON`, `OFF` or `{"for":"10m"}`; `undefined` for anything else. */
export function parseCommand(payload: Uint8Array): Command | undefined {
  if (payload.length > MAX_COMMAND_BYTES) return undefined;
  const text = new TextDecoder().decode(payload).trim();
  if (/^on$/i.test(text)) return { type: "on", for: undefined };
  if (/^off$/i.test(text)) return { type: "off" };
  const lease = leaseOf(text);
  return lease === undefined ? undefined : { type: "on", for: lease };
}

/** An order in the API's JSON, as `{"type":"ptz","direction":"left"}`; `undefined` for anything else. */
export function parseOrder(payload: Uint8Array): OrderCommand | undefined {
  if (payload.length > MAX_COMMAND_BYTES) return undefined;
  const { data: order } = controlOrder.safeParse(jsonOf(new TextDecoder().decode(payload)));
  return order && { type: "order", order };
}

function leaseOf(text: string): Duration | undefined {
  const value = jsonOf(text);
  if (typeof value !== "object" || value === null) return undefined;
  const { for: span, ...others } = value as Readonly<Record<string, unknown>>;
  if (typeof span !== "string" || Object.keys(others).length > 0) return undefined;
  const lease = readDuration(span);
  return lease !== undefined && lease <= MAX_LEASE ? lease : undefined;
}

/** `undefined` for what is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
