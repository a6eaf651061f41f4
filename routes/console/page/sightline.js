/**
 * The way to a camera as a line: one piece for each state it went through, as long as that took, and
 * every step of it for who wants to know.
 *
 * @module
 */

import { h, setAttributes, setText, show } from "./dom.js";
import { isActive, spaced, span, wayWords } from "./words.js";

/** @import { CameraJson } from "../../camera_json.ts" */
/** @typedef {CameraJson["handshake"][number]} Step */

/** What has begun is at least so wide, as a share of the line. */
const NARROWEST = 0.12;

/**
 * How wide each step is drawn, as shares that sum to 1: by their time, but wide enough to be seen.
 *
 * @param {readonly number[]} durations Milliseconds.
 */
export function widths(durations) {
  const total = durations.reduce((sum, duration) => sum + duration, 0);
  const room = 1 - NARROWEST * durations.length;
  return durations.map((duration) =>
    NARROWEST + room * (total > 0 ? duration / total : 1 / durations.length)
  );
}

/**
 * Where each step lies in the whole, as shares of it.
 *
 * @param {readonly Step[]} steps
 * @param {number} now Milliseconds since 1970.
 */
export function spans(steps, now) {
  const times = steps.map((step) => {
    const from = Date.parse(step.at);
    return { from, to: from + (step.durationMs ?? Math.max(0, now - from)) };
  });
  const first = Math.min(...times.map(({ from }) => from));
  const whole = Math.max(1, Math.max(...times.map(({ to }) => to)) - first);
  return times.map(({ from, to }) => ({
    left: (from - first) / whole,
    width: Math.max(0.004, (to - from) / whole),
  }));
}

/** The states on the way, and what each is for; other steps are parts of them. @type {Readonly<Record<string, string>>} */
const GAINS = {
  locating: "find",
  punching: "path",
  authenticating: "login",
  starting: "picture",
};

export class Sightline {
  element;
  #line = h("div", { class: "way-line", "aria-hidden": "true" });
  #steps = h("ol", { class: "way-steps", "aria-label": "Steps to the camera" });
  #end = h("span", { class: "way-end" });
  #drawn = "";

  constructor() {
    this.element = h(
      "div",
      { class: "way" },
      h("span", { class: "way-here", "aria-hidden": "true" }),
      this.#line,
      this.#end,
      this.#steps,
    );
  }

  /** @param {CameraJson} camera @param {number} now */
  update(camera, now) {
    setAttributes(this.element, { "data-state": camera.state });
    setText(this.#end, wayLabel(camera));
    const steps = camera.handshake.filter(({ stage }) => stage in GAINS);
    const lengths = steps.map(({ at, durationMs }) => durationMs ?? now - Date.parse(at));
    const key = JSON.stringify([steps, lengths]);
    if (key === this.#drawn) return;
    this.#drawn = key;
    const shares = widths(lengths);
    this.#line.replaceChildren(...steps.map(({ outcome }, i) => {
      const piece = h("i", { "data-outcome": outcome });
      piece.style.flexGrow = String(shares[i] ?? 0);
      return piece;
    }));
    this.#steps.replaceChildren(
      ...steps.map((step, i) => {
        const time = timeOf(step, lengths[i] ?? 0);
        return h("li", { "data-outcome": step.outcome }, `${GAINS[step.stage]} `, h("b", {}, time));
      }),
    );
    show(this.#steps, steps.length > 0);
  }
}

/** @param {Step} step @param {number} length */
function timeOf({ outcome }, length) {
  return outcome === "failed" ? `failed after ${span(length)}` : span(length);
}

/** @param {CameraJson} camera */
function wayLabel({ state, way, handshake }) {
  if (state === "open") return wayWords(way) || "open";
  if (handshake.length === 0) return state === "sleeping" ? "asleep" : "not reached yet";
  return state === "failed" ? "failed" : isActive(state) ? "on the way" : "closed again";
}

/** Every step, drawn where it lies in time. @param {readonly Step[]} steps @param {number} now */
export function stepTable(steps, now) {
  const places = spans(steps, now);
  return h(
    "ol",
    { class: "steps" },
    ...steps.map((step, i) => {
      const { left = 0, width = 0 } = places[i] ?? {};
      const bar = h("span", { class: "step-bar", "aria-hidden": "true" });
      bar.style.marginLeft = `${(100 * left).toFixed(2)}%`;
      bar.style.width = `${(100 * Math.min(width, 1 - left)).toFixed(2)}%`;
      return h(
        "li",
        { "data-outcome": step.outcome },
        h("span", { class: "step-name" }, spaced(step.stage)),
        h("span", { class: "step-track" }, bar),
        h("span", { class: "step-time" }, stepTime(step)),
      );
    }),
  );
}

/** @param {Step} step */
function stepTime({ durationMs, outcome }) {
  if (durationMs === undefined) return "running";
  return outcome === "failed" ? `${span(durationMs)}, failed` : span(durationMs);
}
