import { h, show } from "./dom.js";
import { eventWeight, eventWords } from "./event_words.js";

/** @import { EventData } from "./event_words.js" */

/** Rows kept. */
const KEPT = 300;

/** What happened, newest first. */
export class EventList {
  element = h("ol", { class: "events" });
  #empty = h("p", { class: "empty" }, "Nothing has happened yet.");
  #camera = "";
  /** @type {EventData | undefined} */
  #last;

  /** @param {HTMLElement} place */
  constructor(place) {
    place.append(this.#empty, this.element);
  }

  /** Shows events of one camera only; of all where it is "". @param {string} camera */
  set filter(camera) {
    this.#camera = camera;
    for (const row of this.element.children) {
      if (row instanceof HTMLElement) show(row, this.#isShown(row.dataset["camera"] ?? ""));
    }
  }

  /** @param {EventData} event */
  add(event) {
    // Whoever begins has missed what was before.
    if (event.type === "missed" && this.#last === undefined) return;
    if (tellsMore(event, this.#last)) this.element.firstElementChild?.remove();
    this.#last = event;
    const camera = event["camera"] ?? "";
    const at = event["at"] === undefined ? undefined : new Date(event["at"]);
    const row = h(
      "li",
      { "data-weight": eventWeight(event), "data-camera": camera },
      at === undefined
        ? ""
        : h("time", { datetime: at.toISOString(), title: at.toLocaleString() }, clock(at)),
      h("span", { class: "event-text" }, h("b", {}, camera), " ", eventWords(event)),
    );
    show(row, this.#isShown(camera));
    this.element.prepend(row);
    show(this.#empty, false);
    while (this.element.children.length > KEPT) this.element.lastElementChild?.remove();
  }

  /** @param {string} camera */
  #isShown(camera) {
    return this.#camera === "" || this.#camera === camera;
  }
}

/** @param {Date} at */
function clock(at) {
  return at.toLocaleTimeString([], { hour12: false });
}

/**
 * Whether an event says what the one before has said, and more.
 *
 * @param {EventData} event
 * @param {EventData | undefined} before
 */
function tellsMore(event, before) {
  return event.type === "state" && before?.type === "error" &&
    event["camera"] === before["camera"] &&
    event["error"]?.detail === before["error"]?.detail;
}
