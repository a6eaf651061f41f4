/** The Session header (RFC 2326 section 12.37). @module */

import type { Duration } from "../machine.ts";

/** What is meant where a server names no timeout. */
export const DEFAULT_SESSION_TIMEOUT: Duration = 60_000;

/** What a server may ask for at most and at least: nobody has to be called every second. */
const TIMEOUT_RANGE: readonly [Duration, Duration] = [5_000, 3_600_000];

export interface SessionHeader {
  readonly id: string;
  /** `undefined` where the server names none, here. */
  readonly timeout: Duration | undefined;
}

/** `ID[;timeout=SECONDS]`; `undefined` for a value without id. */
export function parseSessionHeader(value: string): SessionHeader | undefined {
  const [id = "", ...parameters] = value.split(";").map((part) => part.trim());
  if (id === "") return undefined;
  const seconds = parameters.map((part) => /^timeout\s*=\s*"?(\d{1,9})/i.exec(part)?.[1])
    .find((text) => text !== undefined);
  const named = Number(seconds ?? 0) * 1000;
  const [least, most] = TIMEOUT_RANGE;
  return { id, timeout: named === 0 ? undefined : Math.min(Math.max(named, least), most) };
}
