import { Addresses } from "./addresses.js";
import { h, setText } from "./dom.js";
import { causeWords } from "./event_words.js";
import { Folds } from "./folds.js";
import { cameraPath } from "./session.js";
import { stepTable } from "./sightline.js";
import { byteCount, counted, sentence, spaced, span, wayWords } from "./words.js";

/** @import { CameraJson, WakeJson } from "../../camera_json.ts" */
/** @import { Session } from "./session.js" */

/** What one camera has to say to who asks: addresses, snippets, steps, wakes, counters. */
export class CameraDetails {
  #name;
  #session;
  #addresses;
  #steps = { title: "Handshake", body: h("div"), onOpen: () => this.#drawSteps() };
  #wakes = { title: "Wakes", body: h("div"), onOpen: () => void this.#loadWakes() };
  #counters = { title: "Counters", body: h("dl", { class: "pairs" }), onOpen() {} };
  #folds;
  /** @type {CameraJson | undefined} */
  #camera;

  /** @param {string} name @param {Session} session @param {(text: string) => void} announce */
  constructor(name, session, announce) {
    this.#name = name;
    this.#session = session;
    this.#addresses = new Addresses(announce);
    const watch = { title: "Addresses", body: this.#addresses.element, onOpen() {} };
    this.#folds = new Folds([watch, this.#steps, this.#wakes, this.#counters], name);
  }

  get element() {
    return this.#folds.element;
  }

  /** @param {CameraJson} camera */
  update(camera) {
    const before = this.#camera;
    this.#camera = camera;
    this.#folds.offer(this.#steps, camera.handshake.length > 0);
    this.#folds.offer(this.#wakes, camera.counters.wakes > 0 || camera.battery !== undefined);
    this.#addresses.update(camera);
    setPairs(this.#counters.body, counterPairs(camera));
    const { handshake, counters } = camera;
    if (JSON.stringify(before?.handshake) !== JSON.stringify(handshake)) this.#drawSteps();
    if (before?.counters.wakes !== counters.wakes) void this.#loadWakes();
  }

  #drawSteps() {
    if (this.#camera === undefined || !this.#folds.isOpen(this.#steps)) return;
    const { handshake } = this.#camera;
    this.#steps.body.replaceChildren(stepTable(handshake, this.#session.now()));
  }

  async #loadWakes() {
    if (!this.#folds.isOpen(this.#wakes)) return;
    try {
      const { wakes } = await this.#session.json(cameraPath(this.#name, "/wakes"));
      this.#wakes.body.replaceChildren(wakeTable(wakes.toReversed()));
    } catch {
      this.#wakes.body.replaceChildren(h("p", {}, "They could not be had."));
    }
  }
}

/** @typedef {readonly [name: string, value: string]} Pair */

/** @param {CameraJson} camera @returns {Pair[]} */
function counterPairs({ counters, bytes, forwards, streams, lastError, state }) {
  /** @param {readonly (readonly [string, unknown])[]} all @returns {Pair[]} */
  const pairs = (all) => all.map(([name, value]) => [name, String(value)]);
  return [
    ...pairs(
      Object.entries(bytes.received).map(([way, count]) => [
        `Received ${wayWords(way)}`,
        byteCount(count),
      ]),
    ),
    ["Sent to viewers", byteCount(bytes.sent)],
    ...pairs(Object.entries(counters).map(([name, count]) => [sentence(name).slice(0, -1), count])),
    ...pairs(streams.map(({ path, tracks, viewers, state }) => [
      path,
      [state, counted(viewers, "viewer"), ...tracks].join(", "),
    ])),
    ...pairs(forwards.map(({ listen, devicePort }) => [`Port ${devicePort}`, `at ${listen}`])),
    ...pairs(
      lastError === undefined || state === "failed"
        ? []
        : [["Last error", `${lastError.detail} (${spaced(lastError.stage)})`]],
    ),
  ];
}

/**
 * Shows pairs in a list; those that are there already change only their text.
 *
 * @param {HTMLElement} list
 * @param {readonly Pair[]} pairs
 */
function setPairs(list, pairs) {
  while (list.children.length > pairs.length) list.lastElementChild?.remove();
  pairs.forEach(([name, value], i) => {
    const [dt, dd] = list.children[i]?.children ?? [];
    if (dt === undefined || dd === undefined) {
      list.append(h("div", {}, h("dt", {}, name), h("dd", {}, value)));
      return;
    }
    setText(dt, name);
    setText(dd, value);
  });
}

/** @param {readonly WakeJson[]} wakes Newest first. */
function wakeTable(wakes) {
  if (wakes.length === 0) return h("p", {}, "It has not been reached since the daemon started.");
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": "Wakes, newest first" },
    h(
      "table",
      {},
      h("thead", {}, row("th", ["When", "Who", "What became of it", "Battery"])),
      h("tbody", {}, ...wakes.map((wake) => row("td", wakeCells(wake)))),
    ),
  );
}

/** @param {WakeJson} wake */
function wakeCells({ at, by, who, outcome, connectedForMs, detail, charge }) {
  const lasted = connectedForMs === undefined ? "" : ` for ${span(connectedForMs)}`;
  const what = `${outcome === "closed" ? "connected" : outcome}${lasted}`;
  return [
    new Date(at).toLocaleString([], { dateStyle: "short", timeStyle: "medium" }),
    causeWords(who === undefined ? { by } : { by, who }),
    detail === undefined ? what : `${what}: ${detail}`,
    charge === undefined ? "" : `${charge.first} → ${charge.last} %`,
  ];
}

/** @param {"td" | "th"} tag @param {readonly string[]} cells */
function row(tag, cells) {
  return h("tr", {}, ...cells.map((cell) => h(tag, tag === "th" ? { scope: "col" } : {}, cell)));
}
