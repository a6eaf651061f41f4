import { setAttributes, svg } from "./dom.js";

/** @import { CameraState } from "./words.js" */

/** A shape for each state, as not everybody can tell their colours apart. */
const SHAPES = {
  rest: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11Z",
  full: "M8 1.8a6.2 6.2 0 1 1 0 12.4a6.2 6.2 0 0 1 0-12.4Z",
  half: "M8 1.8a6.2 6.2 0 1 1 0 12.4Z",
  moon: "M10.6 2.2a6.2 6.2 0 1 0 3.6 9.3A5.4 5.4 0 0 1 10.6 2.2Z",
  cross: "M3.4 3.4l9.2 9.2M12.6 3.4l-9.2 9.2",
};

/** @type {Readonly<Record<string, keyof typeof SHAPES>>} */
const SHAPE_OF = { idle: "rest", sleeping: "moon", open: "full", failed: "cross" };

/** The mark of a camera's state; its words stand beside it. */
export class StateMark {
  element = svg("svg", { class: "mark", viewBox: "0 0 16 16", "aria-hidden": "true" });
  #path = svg("path");

  constructor() {
    this.element.append(this.#path);
  }

  /** @param {CameraState} state */
  update(state) {
    const shape = SHAPE_OF[state] ?? "half";
    setAttributes(this.#path, { d: SHAPES[shape] });
    setAttributes(this.element, { "data-shape": shape });
  }
}
