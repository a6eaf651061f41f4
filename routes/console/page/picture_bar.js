import { h, setAttributes, setText, show, svg, whenUsed } from "./dom.js";

/** @import { Picture } from "./picture.js" */

const ICONS = {
  speaker: "M3 6.2h2.4L9 3.2v9.6L5.4 9.8H3Z",
  waves: "M11 5.6a3.4 3.4 0 0 1 0 4.8M12.8 3.8a6 6 0 0 1 0 8.4",
  mute: "M11.4 6.2l3.4 3.6M14.8 6.2l-3.4 3.6",
  corners: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
};

/** What stands below a picture: what it is, and what can be done with it. */
export class PictureBar {
  element;
  #picture;
  #badge = h("span", { class: "badge" });
  #live = h("button", { type: "button" }, "Live");
  #waves = svg("path");
  #sound = h(
    "button",
    { type: "button", class: "icon", "aria-label": "Sound" },
    icon(svg("path", { d: ICONS.speaker, class: "solid" }), this.#waves),
  );
  #full = h(
    "button",
    { type: "button", class: "icon", "aria-label": "Full screen" },
    icon(svg("path", { d: ICONS.corners })),
  );
  #stream = h("select", { "aria-label": "Stream" });

  /** @param {Picture} picture */
  constructor(picture) {
    this.#picture = picture;
    this.#stream.addEventListener("change", () => picture.stream = this.#stream.value);
    whenUsed(this.#live, () => picture.want(!picture.isWanted));
    whenUsed(this.#sound, () => picture.toggleSound());
    whenUsed(this.#full, () => void picture.fillScreen().catch(() => {}));
    this.element = h(
      "div",
      { class: "picture-bar" },
      this.#badge,
      this.#stream,
      this.#sound,
      this.#full,
      this.#live,
    );
  }

  /** @param {readonly string[]} names */
  offer(names) {
    const known = Array.from(this.#stream.options, ({ value }) => value);
    if (names.join() === known.join()) return;
    this.#stream.replaceChildren(...names.map((value) => h("option", { value }, value)));
    this.#stream.value = this.#picture.stream;
  }

  /** @param {string} badge @param {boolean} isAwake Whether there is a live picture to be had. */
  update(badge, isAwake) {
    const { isWanted, isMuted, isLive, isKeptOpen, stream } = this.#picture;
    setText(this.#badge, badge);
    show(this.#live, isAwake || isWanted);
    setAttributes(this.#live, { "aria-pressed": isWanted ? "true" : "false" });
    setAttributes(this.#waves, { d: isMuted ? ICONS.mute : ICONS.waves });
    setAttributes(this.#sound, { "aria-pressed": isMuted ? "false" : "true" });
    show(this.#stream, isAwake && isKeptOpen && this.#stream.options.length > 1);
    if (this.#stream.value !== stream) this.#stream.value = stream;
    show(this.#sound, isLive && isKeptOpen);
    show(this.#full, isLive);
  }
}

/** @param {...Element} paths */
function icon(...paths) {
  return svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, ...paths);
}
