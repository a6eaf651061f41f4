/** What events say to people. @module */

import { longSpan, sentence, stateWords, wayWords } from "./words.js";

/** @import { CameraState } from "./words.js" */

/**
 * An event as it comes: `type`, `id`, `at`, mostly `camera`, and what belongs to its type.
 * @typedef {Readonly<Record<string, any>> & { readonly type: string }} EventData
 */

/** @type {Readonly<Record<string, string>>} */
const CAUSES = {
  viewer: "a viewer",
  api: "the API",
  mqtt: "MQTT",
  cli: "the command line",
  mode: "its mode, which is always",
  forward: "a forwarded port",
  camera: "the camera itself",
};

/** Who had something done. @param {{ by: string, who?: string } | undefined} cause */
export function causeWords(cause) {
  if (cause === undefined) return "";
  const by = CAUSES[cause.by] ?? cause.by;
  return cause.who === undefined ? by : `${by} (${cause.who})`;
}

/**
 * Of states people wait for or fear; others are steps on the way.
 *
 * @type {Readonly<Record<string, "good" | "bad" | "note">>}
 */
const STATE_WEIGHTS = { open: "good", failed: "bad", idle: "note", sleeping: "note" };

/** How grave an event is. @param {EventData} event @returns {"good" | "bad" | "note" | "step"} */
export function eventWeight(event) {
  if (event.type === "state") return STATE_WEIGHTS[event.state] ?? "step";
  if (["error", "wayFailed", "stall"].includes(event.type)) return "bad";
  if (event.type === "wake" && event.allowed === false) return "bad";
  if (event.type === "control" && event.outcome !== "done") return "bad";
  return event.type === "config" && event.outcome === "rejected" ? "bad" : "note";
}

/** An event in a sentence, without the camera's name. @param {EventData} event */
export function eventWords(event) {
  return sentence(clauseOf(event));
}

/** @param {EventData} event @returns {string} */
function clauseOf(event) {
  switch (event.type) {
    case "state":
      return stateClause(event);
    case "way":
      return `moved: reached ${wayWords(event.way)} now`;
    case "wayFailed":
      return `not reached ${wayWords(event.way)}: ${event.detail}`;
    case "error":
      return event.error?.detail ?? "something failed";
    case "viewers":
      return event.viewers === 0 ? "nobody watches any more" : watched(event.viewers);
    case "lease":
      return leaseClause(event);
    case "stopped":
      return `stopped by ${causeWords(event.cause)}`;
    case "wake":
      return event.allowed
        ? `wanted by ${causeWords(event.cause)}`
        : `not reached for ${causeWords(event.cause)}: its wake budget is spent`;
    case "battery":
      return `battery at ${event.battery?.percent} %${event.battery?.charging ? ", charging" : ""}`;
    case "motion":
      return motionClause(event);
    case "controls":
      return `can be told: ${typesOf(event.controls)}`;
    case "control":
      return orderClause(event);
    case "stall":
      return event.renewed
        ? "the picture froze; reached again over a new connection"
        : "the picture froze; asked for again";
    case "camera":
      return `camera ${event.change}`;
    case "config":
      return `configuration ${event.outcome}: ${event.detail}`;
    case "missed":
      return "earlier events are kept no longer";
    default:
      return event.type;
  }
}

/** @param {EventData} event */
function stateClause({ state, way, detail, error }) {
  const words = stateWords(/** @type {CameraState} */ (state));
  if (state === "open" && way !== undefined) return `open ${wayWords(way)}`;
  const why = error?.detail ?? detail;
  return why === undefined ? words : `${words}: ${why}`;
}

/** @param {EventData} event */
function leaseClause({ change, until, cause, at }) {
  const by = cause === undefined ? "" : ` by ${causeWords(cause)}`;
  if (change === "ended") return `no longer kept open${by}`;
  if (until === undefined) return `kept open until it is stopped${by}`;
  return `kept open for ${longSpan(Date.parse(until) - Date.parse(at))}${by}`;
}

/** @param {unknown} controls */
function typesOf(controls) {
  if (!Array.isArray(controls) || controls.length === 0) return "nothing";
  return controls.map(({ type }) => type).join(", ");
}

/** @param {EventData} event */
function orderClause({ order, outcome, detail, cause }) {
  const by = causeWords(cause);
  return outcome === "done" ? `${order}, by ${by}` : `no ${order} for ${by}: ${detail}`;
}

/** @param {EventData} event */
function motionClause({ motion, visitor, kinds }) {
  const what = Array.isArray(kinds) && kinds.length > 0 ? `: ${kinds.join(", ")}` : "";
  if (visitor) return "somebody rings";
  return motion ? `something moves${what}` : "nothing moves any more";
}

/** @param {number} viewers */
function watched(viewers) {
  return viewers === 1 ? "one viewer watches" : `${viewers} viewers watch`;
}
