import { h, setAttributes, setText, show, svg } from "./dom.js";
import { sparkline, Throughput } from "./throughput.js";
import { bitRate, longSpan, percent, span } from "./words.js";

/** @import { CameraJson } from "../../camera_json.ts" */

const CHART = { width: 72, height: 18 };

/** The numbers of one camera, in a row. */
export class CameraFacts {
  element = h("dl", { class: "facts" });
  #throughput = new Throughput();
  #peak = h("span", { class: "unseen" });
  #line = svg("path");
  #chart = svg(
    "svg",
    {
      class: "sparkline",
      viewBox: `0 0 ${CHART.width} ${CHART.height}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    },
    svg("path", { class: "axis", d: `M0 ${CHART.height - 0.5}H${CHART.width}` }),
    this.#line,
  );
  /** @type {Map<string, { readonly row: HTMLElement, readonly value: HTMLElement }>} */
  #rows = new Map();

  constructor() {
    this.#add("Throughput", this.#peak, this.#chart);
    for (const name of ["Viewers", "Round trip", "Lost", "Battery"]) this.#add(name);
  }

  /** @param {CameraJson} camera @param {number} now */
  update(camera, now) {
    const { viewers, rttMs, loss, battery, state } = camera;
    const received = Object.values(camera.bytes.received);
    this.#throughput.push(now, received.reduce((sum, bytes) => sum + bytes, 0));
    const { rates, now: rate, peak } = this.#throughput;
    setAttributes(this.#line, { d: sparkline(rates, CHART.width, CHART.height) });
    setText(this.#peak, ` (${bitRate(peak)} at most in the last two minutes)`);
    this.#set("Throughput", bitRate(rate));
    this.#set("Viewers", String(viewers));
    this.#set("Round trip", rttMs === undefined ? undefined : span(rttMs));
    this.#set("Lost", loss === undefined || state !== "open" ? undefined : percent(loss));
    this.#set("Battery", battery && batteryWords(battery, now));
  }

  /** @param {string} name @param {...Element} more */
  #add(name, ...more) {
    const value = h("span");
    const row = h("div", {}, h("dt", {}, name), h("dd", {}, value, ...more));
    this.#rows.set(name, { row, value });
    this.element.append(row);
  }

  /** @param {string} name @param {string | undefined} text */
  #set(name, text) {
    const found = this.#rows.get(name);
    if (found === undefined) return;
    setText(found.value, text ?? "");
    show(found.row, text !== undefined);
  }
}

/** @param {NonNullable<CameraJson["battery"]>} battery @param {number} now */
function batteryWords({ percent, charging, at }, now) {
  const age = now - Date.parse(at);
  const when = age > 120_000 ? `, ${longSpan(age)} ago` : "";
  return `${percent} %${charging ? ", charging" : ""}${when}`;
}
