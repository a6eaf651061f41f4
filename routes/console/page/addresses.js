import { copy, h, setAttributes, setText } from "./dom.js";
import { snippetsFor } from "./snippets.js";
import { streamName } from "./words.js";

/** @import { CameraJson } from "../../camera_json.ts" */
/** @import { Snippet } from "./snippets.js" */

/** Where else a camera can be watched: its addresses, and configuration for other programs. */
export class Addresses {
  element = h("div", { class: "addresses" });
  #announce;
  #drawn = "";

  /** @param {(text: string) => void} announce */
  constructor(announce) {
    this.#announce = announce;
  }

  /** @param {CameraJson} camera */
  update({ name, rtsp, battery }) {
    const hasBattery = battery !== undefined;
    const key = JSON.stringify([rtsp, hasBattery]);
    if (key === this.#drawn) return;
    this.#drawn = key;
    const rows = rtsp.map((url) => this.#address(`${streamName(url)} stream`, url));
    if (hasBattery && rtsp[0] !== undefined) {
      rows.push(this.#address("without ever waking it", `${rtsp[0]}?peek`));
    }
    this.element.replaceChildren(
      h("dl", {}, ...rows),
      this.#snippets(name, snippetsFor({ name, rtsp, hasBattery }, location.origin)),
    );
  }

  /** @param {string} title @param {string} url */
  #address(title, url) {
    const button = this.#copyButton(`Copy the RTSP address, ${title}`, () => url);
    return h("div", {}, h("dt", {}, title), h("dd", {}, h("code", {}, url), button));
  }

  /** @param {string} name @param {readonly Snippet[]} snippets */
  #snippets(name, snippets) {
    const text = h("pre", { tabindex: "0", role: "region" });
    const file = h("code");
    let shown = snippets[0];
    const choose = (/** @type {Snippet} */ snippet) => {
      shown = snippet;
      setText(text, snippet.text);
      setText(file, snippet.where);
      setAttributes(text, { "aria-label": `${snippet.title} configuration` });
    };
    const radios = snippets.map((snippet) => {
      const radio = h("input", {
        type: "radio",
        name: `snippet-${name}`,
        checked: snippet === shown,
        onchange: () => choose(snippet),
      });
      return h("label", {}, radio, snippet.title);
    });
    if (shown !== undefined) choose(shown);
    const button = this.#copyButton("Copy the configuration", () => shown?.text ?? "");
    return h(
      "fieldset",
      { class: "snippets" },
      h("legend", {}, "Ready-made configuration"),
      h("div", { class: "choice" }, ...radios),
      h("div", { class: "snippet-head" }, file, button),
      text,
    );
  }

  /** @param {string} label @param {() => string} textOf */
  #copyButton(label, textOf) {
    const button = h("button", { type: "button", class: "small", "aria-label": label }, "Copy");
    button.addEventListener("click", () => void this.#copy(button, textOf()));
    return button;
  }

  /** @param {HTMLButtonElement} button @param {string} text */
  async #copy(button, text) {
    const done = await copy(text);
    this.#announce(done ? "Copied." : "The browser did not let it be copied.");
    setText(button, done ? "Copied" : "Not copied");
    setTimeout(() => setText(button, "Copy"), 1_500);
  }
}
