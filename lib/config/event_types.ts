/** What events there are, by their `type`; the hub says what each of them carries. */
export const EVENT_TYPES = [
  "state",
  "way",
  "wayFailed",
  "error",
  "viewers",
  "lease",
  "stopped",
  "wake",
  "battery",
  "controls",
  "control",
  "motion",
  "stall",
  "camera",
  "config",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];
