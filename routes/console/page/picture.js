import { h, setText, show } from "./dom.js";
import { canPlayLive, LivePlayer, Unplayable } from "./live_player.js";
import { PictureBar } from "./picture_bar.js";
import { cameraPath, Refusal } from "./session.js";
import { Still } from "./still.js";
import { longSpan, sentence, streamName } from "./words.js";

/** @import { CameraJson } from "../../camera_json.ts" */
/** @import { Session } from "./session.js" */

/**
 * What a camera shows: live while that is wanted and it is open, its latest key frame otherwise.
 *
 * Nobody who only looks has a camera reached, woken or kept open: the live picture of the main stream
 * is one that peeks. Sound, and any other stream, are asked for as a viewer does, which keeps the
 * camera open; so they are to be had only while it is kept open anyway.
 */
export class Picture {
  element;
  #session;
  #onLive;
  #name;
  #video = h("video", { class: "live", playsinline: true, autoplay: true });
  #note = h("p", { class: "note" });
  #problem = h("p", { class: "problem", role: "alert" });
  #still;
  #frame;
  #bar;
  /** @type {CameraJson | undefined} */
  #camera;
  /** @type {LivePlayer | undefined} */
  #player;
  #isWanted = false;
  #isPaused = false;
  #hasPicture = false;
  #hasSound = false;
  #stream = "main";
  #leftOut = "";
  /** Why there is no live picture, where there should be one. */
  #why = "";

  /** @param {string} name @param {Session} session @param {() => void} onLive Wanted or not has changed. */
  constructor(name, session, onLive) {
    this.#name = name;
    this.#session = session;
    this.#onLive = onLive;
    this.#still = new Still(name, session, () => this.#show());
    this.#bar = new PictureBar(this);
    this.#video.muted = true;
    this.#video.setAttribute("aria-label", `Live picture of ${name}`);
    this.#frame = h("div", { class: "screen" }, ...this.#still.elements, this.#video, this.#note);
    this.element = h("figure", { class: "picture" }, this.#frame, this.#bar.element, this.#problem);
    this.#show();
  }

  /** Whether a live picture is wanted, be it there or on its way. */
  get isWanted() {
    return this.#isWanted;
  }

  get isLive() {
    return this.#hasPicture && this.#player !== undefined;
  }

  get isMuted() {
    return !this.#hasSound;
  }

  /** Whether sound and other streams are to be had. */
  get isKeptOpen() {
    return isKeptOpen(this.#camera);
  }

  get stream() {
    return this.#stream;
  }

  /** @param {string} stream */
  set stream(stream) {
    this.#stream = stream;
    this.#why = "";
    this.#endLive();
    // Who chooses a stream wants to see it.
    this.want(true);
  }

  /** @param {boolean} isWanted */
  want(isWanted) {
    const hasChanged = this.#isWanted !== isWanted;
    this.#isWanted = isWanted;
    this.#why = "";
    this.#sync();
    if (hasChanged) this.#onLive();
  }

  /** Nobody looks at the page. @param {boolean} isPaused */
  set isPaused(isPaused) {
    this.#isPaused = isPaused;
    this.#sync();
  }

  toggleSound() {
    this.#hasSound = !this.#hasSound;
    this.#video.muted = !this.#hasSound;
    this.#endLive();
    this.#sync();
  }

  async fillScreen() {
    if (this.#frame.requestFullscreen !== undefined) await this.#frame.requestFullscreen();
    // Safari on phones fills the screen with videos only.
    else Reflect.get(this.#video, "webkitEnterFullscreen")?.call(this.#video);
  }

  /** @param {CameraJson} camera */
  update(camera) {
    this.#camera = camera;
    this.#bar.offer(camera.rtsp.map(streamName));
    const isOver = ["idle", "sleeping"].includes(camera.state) ||
      (camera.state === "failed" && camera.lease === undefined);
    if (!isKeptOpen(camera)) this.#onlyPeek();
    if (isOver && this.#isWanted) this.want(false);
    else this.#sync();
    if (!this.isLive && !this.#isPaused) this.#still.update(camera);
  }

  /** Forgets everything. */
  close() {
    this.#isWanted = false;
    this.#endLive();
    this.#still.close();
  }

  get #isAwake() {
    return this.#camera?.state === "open";
  }

  #sync() {
    const hasPictures = this.#isAwake &&
      (this.#stream !== "main" || this.#camera?.keyframeAgeMs !== undefined);
    const isWanted = this.#isWanted && !this.#isPaused;
    if (isWanted && hasPictures && this.#why === "" && this.#player === undefined) {
      this.#beginLive();
    }
    if (!isWanted) this.#endLive();
    this.#show();
  }

  /** What would keep the camera open ends with what has kept it open. */
  #onlyPeek() {
    if (this.#isViewer) this.#endLive();
    this.#hasSound = false;
    this.#video.muted = true;
    this.#stream = "main";
  }

  get #isViewer() {
    return this.#hasSound || this.#stream !== "main";
  }

  #beginLive() {
    if (!canPlayLive) {
      this.#why = "This browser has no way to play live pictures; the latest still is shown.";
      return;
    }
    /** @type {LivePlayer} */
    const player = new LivePlayer(this.#video, {
      open: (sound, signal) => this.#session.request(this.#livePath(sound), { signal }),
      mayGoOn: () => this.#mayGoOn(),
      onStart: (leftOut) => this.#leftOut = leftOut,
      onPicture: () => {
        this.#hasPicture = true;
        this.#show();
      },
      onEnd: (error) => {
        if (this.#player !== player) return;
        this.want(false);
        if (error !== undefined) this.#why = whyNot(error, this.#stream);
        this.#show();
      },
    });
    this.#player = player;
  }

  #endLive() {
    this.#player?.stop();
    this.#player = undefined;
    this.#hasPicture = false;
    this.#leftOut = "";
  }

  /** A viewer would have the camera reached again. */
  async #mayGoOn() {
    if (!this.#isViewer) return true;
    const camera = await this.#session.json(cameraPath(this.#name)).catch(() => undefined);
    return camera?.state === "open" && isKeptOpen(camera);
  }

  /** @param {boolean} withSound Whether this browser can play it. */
  #livePath(withSound) {
    const query = new URLSearchParams(this.#isViewer ? {} : { peek: "true" });
    if (this.#stream !== "main") query.set("stream", this.#stream);
    if (!withSound || !this.#hasSound) query.set("sound", "false");
    return cameraPath(this.#name, `/live.mp4?${query}`);
  }

  #show() {
    const { isLive } = this;
    show(this.#video, isLive);
    this.element.classList.toggle("is-live", isLive);
    this.#bar.update(this.#badge(), this.#isAwake);
    const note = isLive || this.#still.isShown ? "" : this.#still.problem || this.#emptyNote();
    setText(this.#note, note);
    show(this.#note, note !== "");
    setText(this.#problem, this.#why);
    show(this.#problem, this.#why !== "");
  }

  #badge() {
    if (this.isLive) {
      return this.#leftOut === "" ? "live" : `live, but no sound (${this.#leftOut})`;
    }
    if (this.#isWanted && this.#why === "") return "getting the picture…";
    const { age } = this.#still;
    return age === undefined ? "" : age < 1_000 ? "still, just now" : `still, ${longSpan(age)} ago`;
  }

  #emptyNote() {
    switch (this.#camera?.state) {
      case undefined:
      case "idle":
        return "No picture yet. Start the camera to see it.";
      case "sleeping":
        return "Asleep. Looking here does not wake it.";
      case "failed":
        return "No picture: the camera could not be reached.";
      default:
        return "No picture yet.";
    }
  }
}

/** @param {CameraJson | undefined} camera */
function isKeptOpen(camera) {
  return camera?.lease !== undefined || camera?.mode === "always";
}

/** @param {Error} error @param {string} stream */
function whyNot(error, stream) {
  if (error instanceof Unplayable) {
    const other = stream === "main" ? "Choose the sub stream" : "Choose another stream";
    return `${error.message}. ${other}, or play the RTSP address in a player.`;
  }
  return sentence(error.message) + (error instanceof Refusal ? ` ${error.advice}` : "");
}
