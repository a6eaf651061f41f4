import { enable, h, isUsable, setAttributes, setText, show, whenUsed } from "./dom.js";
import { cameraPath, Refusal } from "./session.js";
import { isActive, sentence } from "./words.js";

/** @import { CameraJson } from "../../camera_json.ts" */
/** @import { Picture } from "./picture.js" */
/** @import { Session } from "./session.js" */

/** How long a camera can be started for; the empty one until it is stopped. */
const LEASES = [
  ["1m", "1 min"],
  ["2m", "2 min"],
  ["10m", "10 min"],
  ["30m", "30 min"],
  ["2h", "2 h"],
  ["", "no end"],
];

/** What is offered first: a battery camera pays for each minute. */
const USUAL = { mains: "10m", battery: "2m" };

/** Starting and stopping one camera. */
export class CameraControls {
  element;
  #name;
  #session;
  #picture;
  #onChanged;
  #lease = h(
    "select",
    { "aria-label": "For how long" },
    ...LEASES.map(([value = "", text = ""]) => h("option", { value }, text)),
  );
  #start = h("button", { type: "submit", class: "primary" });
  #stop = h("button", { type: "button" }, "Stop");
  #problem = h("p", { class: "problem", role: "alert", hidden: true });
  #hasChosen = false;
  #isBusy = false;
  /** @type {CameraJson | undefined} */
  #camera;

  /**
   * @param {string} name
   * @param {Session} session
   * @param {Picture} picture
   * @param {() => void} onChanged Something was done: the camera is to be asked for anew.
   */
  constructor(name, session, picture, onChanged) {
    this.#name = name;
    this.#session = session;
    this.#picture = picture;
    this.#onChanged = onChanged;
    this.#lease.addEventListener("change", () => this.#hasChosen = true);
    setAttributes(this.#stop, { "aria-label": `Stop ${name}` });
    whenUsed(this.#stop, () => void this.#act("stop"));
    const form = h("form", { class: "start" }, this.#start, this.#lease, this.#stop);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (isUsable(this.#start)) void this.#begin();
    });
    this.element = h("div", { class: "controls" }, form, this.#problem);
  }

  /** @param {CameraJson} camera */
  update(camera) {
    this.#camera = camera;
    if (!this.#hasChosen) {
      this.#lease.value = camera.battery === undefined ? USUAL.mains : USUAL.battery;
    }
    const verb = camera.lease === undefined ? "Start" : "Extend";
    setText(this.#start, `${verb} for`);
    setAttributes(this.#start, { "aria-label": `${verb} for, ${this.#name}` });
    this.#enable();
  }

  #enable() {
    const { state = "idle", lease } = this.#camera ?? {};
    enable(this.#start, !this.#isBusy);
    enable(this.#stop, !this.#isBusy && (isActive(state) || lease !== undefined));
  }

  async #begin() {
    this.#picture.want(true);
    const lease = this.#lease.value;
    await this.#act(lease === "" ? "start" : `start?for=${lease}`);
  }

  /** @param {string} what */
  async #act(what) {
    this.#isBusy = true;
    this.#enable();
    this.#say("");
    try {
      await this.#session.request(cameraPath(this.#name, `/${what}`), { method: "POST" });
    } catch (error) {
      if (what !== "stop") this.#picture.want(false);
      this.#say(failureWords(error));
    }
    this.#isBusy = false;
    this.#enable();
    this.#onChanged();
  }

  /** @param {string} text */
  #say(text) {
    setText(this.#problem, text);
    show(this.#problem, text !== "");
  }
}

/** Why the daemon did not do something. @param {unknown} error */
export function failureWords(error) {
  if (error instanceof Refusal) return `${sentence(error.message)} ${error.advice}`.trim();
  return "The daemon does not answer.";
}
