/**
 * Elements in one expression. Text only ever becomes text nodes: nothing a camera, a file or a person
 * has named is read as HTML.
 *
 * @module
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Attributes of an element; `undefined` and `false` leave one out, `on…` listens, `class` and the
 * like are as in HTML.
 * @typedef {Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>} Attributes
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...Node} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

/** @param {Element} element @param {Attributes} attributes */
export function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === undefined || value === false) element.removeAttribute(name);
    else {
      const text = value === true ? "" : String(value);
      if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    }
  }
}

/** Changes a text where it is another one: a screen reader may be in it. @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {HTMLElement} element @param {boolean} isShown */
export function show(element, isShown) {
  if (element.hidden === isShown) element.hidden = !isShown;
}

/**
 * A button that cannot be used stays where the keyboard is, and does nothing.
 *
 * @param {HTMLButtonElement} button
 * @param {boolean} isUsable
 */
export function enable(button, isUsable) {
  setAttributes(button, { "aria-disabled": isUsable ? undefined : "true" });
}

/** @param {HTMLButtonElement} button */
export function isUsable(button) {
  return button.getAttribute("aria-disabled") !== "true";
}

/** @param {HTMLButtonElement} button @param {() => void} act */
export function whenUsed(button, act) {
  button.addEventListener("click", () => {
    if (isUsable(button)) act();
  });
}

/** Puts a text where it can be pasted from; whether that went well. @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Browsers have no clipboard for pages that came without TLS from another machine.
    return copyBySelection(text);
  }
}

/** @param {string} text */
function copyBySelection(text) {
  const area = h("textarea", { class: "unseen", readonly: true });
  area.value = text;
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
