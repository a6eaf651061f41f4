import { LiveEdge, stale } from "./live_edge.js";
import { pause } from "./pause.js";
import { Refusal } from "./session.js";

/** How long to wait before a picture that ended is asked for again, in milliseconds. */
const PAUSES = [300, 1_000, 3_000, 5_000];

/** How often the player is looked at while it plays, in milliseconds. */
const LOOK_EVERY = 250;

/** A stream this browser cannot play. */
export class Unplayable extends Error {
  /** @param {string} contentType */
  constructor(contentType) {
    super(`This browser cannot play ${codecWords(contentType)}`);
  }
}

/** Names of the codecs in a content type. @param {string} contentType */
export function codecWords(contentType) {
  const codecs = /codecs="([^"]*)"/.exec(contentType)?.[1]?.split(/, */) ?? [];
  const words = codecs.map((codec) => {
    if (codec.startsWith("avc1")) return `H.264 (${codec})`;
    return codec.startsWith("hvc1") ? `H.265 (${codec})` : codec;
  });
  return words.join(" with ") || contentType;
}

/** Safari on phones has a variant of its own, which saves power, and no other. */
const Player = /** @type {typeof MediaSource | undefined} */ (
  Reflect.get(globalThis, "ManagedMediaSource") ?? globalThis.MediaSource
);

export const canPlayLive = Player !== undefined;

/** @param {string} contentType */
export function canPlay(contentType) {
  return Player?.isTypeSupported(contentType) ?? false;
}

/**
 * @typedef {object} LivePlayerOptions
 * @property {(sound: boolean, signal: AbortSignal) => Promise<Response>} open Asks for the picture.
 * @property {() => Promise<boolean>} mayGoOn Whether to ask again when it has ended.
 * @property {() => void} onPicture The first picture is there.
 * @property {(leftOut: string) => void} onStart The stream begins; encodings that are left out.
 * @property {(error: Error | undefined) => void} onEnd It is over, and will not come back by itself.
 */

/** Plays what `open` answers in a video element, and keeps it close to the newest picture. */
export class LivePlayer {
  #video;
  #options;
  #ending = new AbortController();
  #edge = new LiveEdge();

  /** @param {HTMLVideoElement} video @param {LivePlayerOptions} options */
  constructor(video, options) {
    this.#video = video;
    this.#options = options;
    const { signal } = this.#ending;
    video.addEventListener("loadeddata", () => options.onPicture(), { signal });
    video.addEventListener("waiting", () => this.#edge.waited(Date.now()), { signal });
    void this.#run(signal).then(() => options.onEnd(undefined), options.onEnd);
  }

  stop() {
    this.#ending.abort();
    this.#video.pause();
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  /**
   * Resolves when it was stopped, or may not go on; rejects where trying again would not help.
   *
   * @param {AbortSignal} signal
   */
  async #run(signal) {
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        const began = Date.now();
        await this.#play(signal);
        if (Date.now() - began > 10_000) failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Unplayable || isFinal(error)) throw error;
      }
      await pause(PAUSES[Math.min(failures, PAUSES.length - 1)] ?? 0, signal);
      if (signal.aborted || !await this.#options.mayGoOn()) return;
    }
  }

  /** One stream from its beginning to its end. @param {AbortSignal} signal */
  async #play(signal) {
    const ending = new AbortController();
    const either = AbortSignal.any([signal, ending.signal]);
    /** @type {number | undefined} */
    let look;
    try {
      const { response, contentType } = await this.#ask(either);
      this.#options.onStart(response.headers.get("X-Left-Out") ?? "");
      const buffer = await this.#attach(contentType, either);
      look = setInterval(() => this.#chase(), LOOK_EVERY);
      const reader = response.body?.getReader();
      for (;;) {
        const { value, done } = await (reader?.read() ?? { value: undefined, done: true });
        if (done || either.aborted) return;
        if (value !== undefined) await this.#append(buffer, value);
        this.#chase();
      }
    } finally {
      clearInterval(look);
      ending.abort();
    }
  }

  /**
   * A stream this browser can play: without sound, where the sound is what it cannot.
   *
   * @param {AbortSignal} signal
   */
  async #ask(signal) {
    const response = await this.#options.open(true, signal);
    const contentType = response.headers.get("Content-Type") ?? "";
    if (canPlay(contentType)) return { response, contentType };
    await response.body?.cancel();
    const video = contentType.replace(/, [^"]*"/, '"');
    if (video === contentType || !canPlay(video)) throw new Unplayable(contentType);
    return { response: await this.#options.open(false, signal), contentType: video };
  }

  /** @param {string} contentType @param {AbortSignal} signal */
  async #attach(contentType, signal) {
    if (Player === undefined) throw new Unplayable(contentType);
    const source = new Player();
    const url = URL.createObjectURL(source);
    signal.addEventListener("abort", () => URL.revokeObjectURL(url), { once: true });
    const opened = happens(source, "sourceopen");
    this.#video.disableRemotePlayback = true; // or Safari's variant does not open
    this.#video.src = url;
    await opened;
    const buffer = source.addSourceBuffer(contentType);
    // Muted pictures may always play; where they may not, the user has the browser's own button.
    this.#video.play().catch(() => {});
    return buffer;
  }

  /** @param {SourceBuffer} buffer @param {Uint8Array<ArrayBuffer>} bytes */
  async #append(buffer, bytes) {
    const until = stale(rangesOf(buffer.buffered), this.#video.currentTime);
    if (until !== undefined) {
      buffer.remove(0, until);
      await happens(buffer, "updateend");
    }
    try {
      buffer.appendBuffer(bytes);
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "QuotaExceededError") throw error;
      buffer.remove(0, Math.max(0.1, this.#video.currentTime - 1));
      await happens(buffer, "updateend");
      buffer.appendBuffer(bytes);
    }
    await happens(buffer, "updateend");
    if (this.#video.error !== null) throw new Error(this.#video.error.message);
  }

  #chase() {
    const video = this.#video;
    const ranges = rangesOf(video.buffered);
    const { seekTo, rate } = this.#edge.chase(Date.now(), ranges, video.currentTime);
    if (seekTo !== undefined) video.currentTime = seekTo;
    if (video.playbackRate !== rate) video.playbackRate = rate;
  }
}

/** Whether an answer would be the same another time. @param {unknown} error */
function isFinal(error) {
  return error instanceof Refusal && error.status < 500 && error.status !== 429;
}

/** @param {TimeRanges} ranges */
function rangesOf(ranges) {
  return Array.from(
    { length: ranges.length },
    (_, i) => ({ start: ranges.start(i), end: ranges.end(i) }),
  );
}

/** Resolves with the next event of that type. @param {EventTarget} target @param {string} type */
function happens(target, type) {
  return new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
}
