import { failureWords } from "./camera_controls.js";
import { enable, h, setText, show, whenUsed } from "./dom.js";
import { cameraPath } from "./session.js";

/** @import { CameraJson } from "../../camera_json.ts" */
/** @import { Session } from "./session.js" */

/** @typedef {NonNullable<CameraJson["controls"]>[number]} Control */

/** How long a press on an arrow moves a camera. */
const STEP = "500ms";

/** What is on or off. @type {Readonly<Record<string, string>>} */
const SWITCHES = { light: "Light", led: "Status LED", pir: "Motion sensor" };

/** Arrows and what they are called. @type {Readonly<Record<string, readonly [string, string]>>} */
const MOVES = {
  left: ["←", "Turn left"],
  right: ["→", "Turn right"],
  up: ["↑", "Tilt up"],
  down: ["↓", "Tilt down"],
  in: ["+", "Zoom in"],
  out: ["−", "Zoom out"],
};

/** What one camera can be told, as buttons; there while it is open. */
export class CameraOrders {
  element;
  #name;
  #session;
  #row = h("div", { class: "orders" });
  #problem = h("p", { class: "problem", role: "alert", hidden: true });
  /** What the buttons were made for. */
  #made = "";
  #isOpen = false;
  #isBusy = false;

  /** @param {string} name @param {Session} session */
  constructor(name, session) {
    this.#name = name;
    this.#session = session;
    this.element = h(
      "div",
      { class: "controls", role: "group", "aria-label": `Controls of ${name}`, hidden: true },
      this.#row,
      this.#problem,
    );
  }

  /** @param {CameraJson} camera */
  update({ state, controls = [] }) {
    this.#isOpen = state === "open";
    const wanted = JSON.stringify(controls);
    if (wanted !== this.#made) {
      this.#made = wanted;
      this.#row.replaceChildren(...controls.map((control) => this.#part(control)));
    }
    // Whoever is in it with the keyboard stays there.
    const isHeld = this.element.contains(document.activeElement);
    show(this.element, controls.length > 0 && (this.#isOpen || isHeld));
    this.#enable();
  }

  #enable() {
    for (const button of this.#row.querySelectorAll("button")) {
      enable(button, this.#isOpen && !this.#isBusy);
    }
  }

  /** @param {Control} control @returns {HTMLElement} */
  #part(control) {
    switch (control.type) {
      case "ptz":
        return h("span", { class: "order" }, ...this.#moves(control.directions));
      case "preset":
        return this.#presets(control.presets);
      case "zoom":
        return this.#zoom(control);
      case "siren":
        return this.#button("Siren", "Sound the siren", () => ({ type: "siren" }));
      case "reboot":
        return this.#button("Restart", "Restart the camera", () => {
          return confirm(`Restart ${this.#name}?`) ? { type: "reboot" } : undefined;
        });
      default:
        return this.#switch(control.type);
    }
  }

  /** @param {string} type */
  #switch(type) {
    const name = SWITCHES[type] ?? type;
    return h(
      "span",
      { class: "order" },
      h("span", {}, name),
      this.#button("on", `${name} on`, () => ({ type, on: true })),
      this.#button("off", `${name} off`, () => ({ type, on: false })),
    );
  }

  /** @param {readonly string[]} directions */
  #moves(directions) {
    return Object.entries(MOVES).filter(([direction]) => directions.includes(direction))
      .map(([direction, [sign, name]]) => {
        return this.#button(sign, name, () => ({ type: "ptz", direction, for: STEP }));
      });
  }

  /** @param {readonly { id: number, name: string }[]} presets */
  #presets(presets) {
    if (presets.length === 0) return h("span", { hidden: true });
    const select = h(
      "select",
      { "aria-label": "Preset" },
      ...presets.map(({ id, name }) => h("option", { value: id }, name || `Preset ${id}`)),
    );
    const order = () => ({ type: "preset", id: Number(select.value) });
    return h("span", { class: "order" }, select, this.#button("Go", "Go to the preset", order));
  }

  /** @param {{ min: number, max: number }} range */
  #zoom({ min, max }) {
    const range = h("input", { type: "range", min, max, value: min, "aria-label": "Zoom" });
    range.addEventListener("change", () => {
      if (this.#isOpen) void this.#give({ type: "zoom", position: Number(range.value) });
    });
    return h("label", { class: "order" }, h("span", {}, "Zoom"), range);
  }

  /** @param {string} text @param {string} name @param {() => object | undefined} order */
  #button(text, name, order) {
    const label = `${name}, ${this.#name}`;
    const button = h("button", { type: "button", class: "small", "aria-label": label }, text);
    whenUsed(button, () => {
      const given = order();
      if (given !== undefined) void this.#give(given);
    });
    return button;
  }

  /** @param {object} order */
  async #give(order) {
    this.#isBusy = true;
    this.#enable();
    this.#say("");
    try {
      await this.#session.request(cameraPath(this.#name, "/control"), {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(order),
      });
    } catch (error) {
      this.#say(failureWords(error));
    }
    this.#isBusy = false;
    this.#enable();
  }

  /** @param {string} text */
  #say(text) {
    setText(this.#problem, text);
    show(this.#problem, text !== "");
  }
}
