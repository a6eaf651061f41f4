import { h, show } from "./dom.js";
import { canPlay, codecWords } from "./live_player.js";
import { cameraPath, Refusal } from "./session.js";

/** @import { CameraJson } from "../../camera_json.ts" */
/** @import { Session } from "./session.js" */

/** The still of a camera that is open is renewed this often, in milliseconds. */
const RENEW_EVERY = 10_000;

/** Ages are told no more exactly than this, in milliseconds: it is the same key frame. */
const SAME = 500;

/** A camera's latest key frame; or its own snapshot, where this browser cannot show key frames. */
export class Still {
  /** Why there is nothing to show. */
  problem = "";
  #name;
  #session;
  #onChange;
  #video = h("video", { class: "still", playsinline: true, "aria-hidden": "true", tabindex: "-1" });
  #image = h("img", { class: "still" });
  /** When the picture that is shown came, by the daemon's clock. @type {number | undefined} */
  #at;
  #isLoading = false;
  #isClosed = false;
  /** The state that began then had a picture that cannot be shown. @type {string | undefined} */
  #hopelessSince;
  /** @type {string | undefined} */
  #url;

  /** @param {string} name @param {Session} session @param {() => void} onChange */
  constructor(name, session, onChange) {
    this.#name = name;
    this.#session = session;
    this.#onChange = onChange;
    this.#video.muted = true;
    this.#image.alt = `Latest picture of ${name}`;
    for (const element of this.elements) show(element, false);
    this.#video.addEventListener("error", () => {
      if (this.#video.hasAttribute("src")) void this.#replaceKeyFrame();
    });
  }

  get elements() {
    return [this.#video, this.#image];
  }

  get isShown() {
    return this.#url !== undefined;
  }

  /** Of the picture that is shown, in milliseconds. */
  get age() {
    return this.#at === undefined ? undefined : this.#session.now() - this.#at;
  }

  /** @param {CameraJson} camera */
  update({ keyframeAgeMs, streams, state, since, rtsp }) {
    const main = streams.find((stream) => stream.rtsp === rtsp[0]);
    const age = main?.keyframeAgeMs ?? keyframeAgeMs;
    if (age === undefined || this.#isLoading || since === this.#hopelessSince) return;
    const at = this.#session.now() - age;
    if (this.#at !== undefined && at - this.#at < (state === "open" ? RENEW_EVERY : SAME)) return;
    this.#isLoading = true;
    void this.#load(at).then(
      (isShown) => this.#hopelessSince = isShown ? undefined : since,
      () => {}, // the daemon is away, which the page says by itself
    ).finally(() => {
      this.#isLoading = false;
      this.#onChange();
    });
  }

  close() {
    this.#isClosed = true;
    if (this.#url !== undefined) URL.revokeObjectURL(this.#url);
    this.#url = undefined;
  }

  /** The browser could not show what it said it could. */
  async #replaceKeyFrame() {
    try {
      await this.#loadSnapshot("its key frame");
    } catch {
      // The daemon is away, which the page says by itself.
    }
    this.#onChange();
  }

  /** Resolves with whether there is something to show. @param {number} at */
  async #load(at) {
    try {
      const path = cameraPath(this.#name, "/keyframe.mp4");
      const response = await this.#session.request(path);
      const type = response.headers.get("Content-Type") ?? "";
      if (canPlay(type) || this.#video.canPlayType(type) !== "") {
        await this.#put(this.#video, response, at);
        return true;
      }
      await response.body?.cancel();
      return await this.#loadSnapshot(codecWords(type));
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }

  /** The camera's own picture. @param {string} what What cannot be shown in its place. */
  async #loadSnapshot(what) {
    try {
      await this.#put(
        this.#image,
        await this.#session.request(cameraPath(this.#name, "/snapshot.jpg")),
        this.#session.now(),
      );
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.problem = `This browser cannot show ${what}, and the camera gave no snapshot.`;
      return false;
    }
  }

  /**
   * @param {HTMLVideoElement | HTMLImageElement} element
   * @param {Response} response
   * @param {number} at When the picture came, where the response does not say.
   */
  async #put(element, response, at) {
    const picture = await response.blob();
    if (this.#isClosed) return;
    const old = this.#url;
    this.#url = URL.createObjectURL(picture);
    const age = response.headers.get("X-Snapshot-Age");
    this.#at = age === null ? at : this.#session.now() - 1_000 * Number(age);
    this.problem = "";
    element.src = this.#url;
    for (const one of this.elements) {
      show(one, one === element);
      if (one !== element) one.removeAttribute("src");
    }
    if (old !== undefined) URL.revokeObjectURL(old);
  }
}
