import { h, setAttributes, show } from "./dom.js";

/**
 * @typedef {object} Fold
 * @property {string} title
 * @property {Element} body
 * @property {() => void} onOpen
 */

let count = 0;

/** A row of buttons, each of which opens something below the row; one at a time. */
export class Folds {
  element;
  /** @type {{ fold: Fold, button: HTMLButtonElement, panel: HTMLElement }[]} */
  #folds;
  /** @type {Fold | undefined} */
  #open;

  /** @param {readonly Fold[]} folds @param {string} of What they are about. */
  constructor(folds, of) {
    this.#folds = folds.map((fold) => {
      const id = `fold-${count += 1}`;
      const button = h("button", { type: "button", "aria-controls": id }, fold.title);
      setAttributes(button, { "aria-label": `${fold.title}: ${of}`, "aria-expanded": "false" });
      button.addEventListener("click", () => this.#toggle(fold));
      const panel = h("div", { id, class: "fold", hidden: true }, fold.body);
      return { fold, button, panel };
    });
    this.element = h(
      "div",
      { class: "folds" },
      h("div", { class: "fold-row" }, ...this.#folds.map(({ button }) => button)),
      ...this.#folds.map(({ panel }) => panel),
    );
  }

  /** @param {Fold} fold */
  isOpen(fold) {
    return this.#open === fold;
  }

  /** Whether a fold is offered at all. @param {Fold} fold @param {boolean} isOffered */
  offer(fold, isOffered) {
    const found = this.#folds.find((one) => one.fold === fold);
    if (found !== undefined) show(found.button, isOffered);
  }

  /** @param {Fold} wanted */
  #toggle(wanted) {
    this.#open = this.#open === wanted ? undefined : wanted;
    for (const { fold, button, panel } of this.#folds) {
      const isOpen = fold === this.#open;
      setAttributes(button, { "aria-expanded": isOpen ? "true" : "false" });
      show(panel, isOpen);
    }
    this.#open?.onOpen();
  }
}
