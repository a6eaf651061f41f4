import { CameraControls } from "./camera_controls.js";
import { CameraDetails } from "./camera_details.js";
import { CameraFacts } from "./camera_facts.js";
import { CameraOrders } from "./camera_orders.js";
import { h, setAttributes, setText, show } from "./dom.js";
import { Picture } from "./picture.js";
import { Sightline } from "./sightline.js";
import { StateMark } from "./state_mark.js";
import { longSpan, sentence, stateWords } from "./words.js";

/** @import { CameraJson } from "../../camera_json.ts" */
/** @import { Session } from "./session.js" */

/**
 * @typedef {object} CardOptions
 * @property {Session} session
 * @property {(text: string) => void} announce Has it read out to those who cannot see it.
 * @property {(card: CameraCard) => void} onLive A live picture was switched on or off.
 * @property {() => void} onChanged Something was done.
 */

let count = 0;

/** Everything about one camera. */
export class CameraCard {
  element;
  picture;
  #session;
  #mark = new StateMark();
  #state = h("span", { class: "state-words" });
  #kind = h("p", { class: "kind" });
  #since = h("p", { class: "since" });
  #sightline = new Sightline();
  #facts = new CameraFacts();
  #error = h("div", { class: "error" });
  #controls;
  #orders;
  #details;

  /** @param {string} name @param {CardOptions} options */
  constructor(name, { session, announce, onLive, onChanged }) {
    this.#session = session;
    this.picture = new Picture(name, session, () => onLive(this));
    this.#controls = new CameraControls(name, session, this.picture, onChanged);
    this.#orders = new CameraOrders(name, session);
    this.#details = new CameraDetails(name, session, announce);
    const id = `camera-${count += 1}`;
    this.element = h(
      "article",
      { class: "camera", "aria-labelledby": id },
      h(
        "header",
        {},
        h("h2", { id }, name),
        h("p", { class: "state" }, this.#mark.element, this.#state),
        this.#kind,
        this.#since,
      ),
      this.picture.element,
      this.#sightline.element,
      this.#error,
      this.#controls.element,
      this.#orders.element,
      this.#facts.element,
      this.#details.element,
    );
  }

  /** @param {CameraJson} camera */
  update(camera) {
    const now = this.#session.now();
    setAttributes(this.element, { "data-state": camera.state });
    this.#mark.update(camera.state);
    setText(this.#state, stateWords(camera.state));
    setText(this.#since, timeWords(camera, now));
    setText(this.#kind, kindWords(camera));
    this.picture.update(camera);
    this.#sightline.update(camera, now);
    this.#facts.update(camera, now);
    this.#controls.update(camera);
    this.#orders.update(camera);
    this.#details.update(camera);
    this.#showError(camera);
  }

  close() {
    this.picture.close();
    this.element.remove();
  }

  /** @param {CameraJson} camera */
  #showError({ state, lastError }) {
    const isShown = state === "failed" && lastError !== undefined;
    show(this.#error, isShown);
    if (!isShown) return;
    const text = [sentence(lastError.detail), lastError.advice];
    if (this.#error.textContent === text.join("")) return;
    const [what, ...more] = text.filter((part) => part !== "");
    this.#error.replaceChildren(h("p", {}, what ?? ""), ...more.map((part) => h("p", {}, part)));
  }
}

/** Who made it, and how it is kept. @param {CameraJson} camera */
function kindWords({ vendor, mode }) {
  const maker = vendor === "dahua" ? "Dahua" : "Reolink";
  if (mode === "on-demand") return maker;
  return mode === "always" ? `${maker}, always open` : `${maker}, opened by hand`;
}

/** Since when it is so, and for how long it will be. @param {CameraJson} camera @param {number} now */
function timeWords({ since, lease, retryAt, state }, now) {
  const so = `for ${longSpan(now - Date.parse(since))}`;
  if (state === "failed" && retryAt !== undefined) {
    return `${so} · again in ${longSpan(Date.parse(retryAt) - now)}`;
  }
  if (lease === undefined) return so;
  return lease.until === undefined
    ? `${so} · until it is stopped`
    : `${so} · ${longSpan(Date.parse(lease.until) - now)} left`;
}
