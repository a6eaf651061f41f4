import type { HubEvent } from "./hub_event.ts";

/** Members that are points in time, wherever they are. */
const TIMES: ReadonlySet<string> = new Set(["at", "since", "until", "retryAt"]);

/** An event as API and webhooks show it: as the hub has it, its times as ISO 8601. */
export function eventJson(event: HubEvent): Readonly<Record<string, unknown>> {
  return withIsoTimes(event);
}

function withIsoTimes(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (TIMES.has(key) && typeof inner === "number") return [key, new Date(inner).toISOString()];
      const isObject = typeof inner === "object" && inner !== null && !Array.isArray(inner);
      return [key, isObject ? withIsoTimes(inner) : inner];
    }),
  );
}
