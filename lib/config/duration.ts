import type { Duration } from "../machine.ts";
import { ConfigError } from "./config_error.ts";

const UNITS: Readonly<Record<string, Duration>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** How a duration is written, for error texts and help. */
export const DURATION_RULE = "a number and a unit: 500ms, 30s, 10m or 2h";

/** The same as a regular expression, for schemas. */
export const DURATION_PATTERN = "^\\d+(?:\\.\\d+)?(?:ms|s|m|h)$";

/** The milliseconds of `500ms`, `30s`, `10m` or `2h`, or `undefined` for anything else. */
export function readDuration(text: string): Duration | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const unit = UNITS[match?.[2] ?? ""];
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}

/** As `readDuration()`, but throws `ConfigError` naming `what`. */
export function parseDuration(text: string, what: string): Duration {
  const duration = readDuration(text);
  if (duration === undefined) {
    throw new ConfigError(`${what} must be ${DURATION_RULE}: is "${text}"`);
  }
  return duration;
}
