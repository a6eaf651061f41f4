/** Events in words, a line each. @module */

import { printable } from "./daemon_failure.ts";

type Members = Readonly<Record<string, unknown>>;

/** `2026-01-31T08:00:00.000Z  front  state: open via direct`. */
export function eventWords(event: Members): string {
  const { at, camera, type } = event;
  const say = WORDS[String(type)];
  const words = say === undefined ? "" : say(event);
  const parts = [at, camera ?? "-", words === "" ? type : `${type}: ${words}`];
  return printable(parts.map(String).join("  "));
}

const WORDS: Readonly<Record<string, (event: Members) => string>> = {
  state: ({ state, way, stage, error, detail, retryAt }) =>
    joined(
      state,
      // At rest it is a connection that is about to be let go.
      way && state !== "idle" && state !== "sleeping" && `via ${way}`,
      stage && stage !== state && `(${stage})`,
      isMembers(error) ? `as ${error["detail"]}` : detail && `as ${detail}`,
    ) + (retryAt ? `; again at ${retryAt}` : ""),
  way: ({ way }) => joined(way),
  wayFailed: ({ way, detail }) => joined(way, detail && `as ${detail}`),
  error: ({ error }) => isMembers(error) ? joined(`${error["stage"]}:`, error["detail"]) : "",
  viewers: ({ viewers, path }) => joined(viewers, "on", path),
  lease: ({ change, until, cause }) => joined(change, until && `until ${until}`, causeWords(cause)),
  stopped: ({ cause }) => causeWords(cause),
  wake: ({ allowed, cause }) => joined(allowed === true ? "allowed" : "refused", causeWords(cause)),
  battery: ({ battery }) => isMembers(battery) ? `${battery["percent"]} %` : "",
  motion: ({ motion, visitor, kinds }) =>
    joined(
      motion === true ? "something moves" : "nothing moves",
      Array.isArray(kinds) && kinds.length > 0 && `(${kinds.join(", ")})`,
      visitor === true && "somebody rings",
    ),
  controls: ({ controls }) =>
    Array.isArray(controls)
      ? controls.map((one) => isMembers(one) ? one["type"] : "").join(", ")
      : "",
  control: ({ order, outcome, detail, cause }) =>
    joined(order, outcome, detail && `as ${detail}`, causeWords(cause)),
  stall: ({ path, renewed }) => joined(path, renewed === true && "over a new connection"),
  camera: ({ change }) => joined(change),
  config: ({ outcome, detail }) => joined(outcome, detail),
};

function causeWords(cause: unknown): string {
  if (!isMembers(cause)) return "";
  const { by, who } = cause;
  return who === undefined ? `by ${by}` : `by ${by} (${who})`;
}

function joined(...parts: readonly unknown[]): string {
  return parts.filter((part) => part !== undefined && part !== false && part !== "").join(" ");
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null;
}
