/** The console: asks the daemon how its cameras are, and shows it. @module */

import { CameraCard } from "./camera_card.js";
import { h, setAttributes, setText, show } from "./dom.js";
import { EventFeed } from "./event_feed.js";
import { EventList } from "./event_list.js";
import { Session } from "./session.js";
import { TokenDialog } from "./token_dialog.js";
import { counted, isActive, stateWords, wayWords } from "./words.js";

/** @import { CameraJson } from "../../camera_json.ts" */
/** @import { EventData } from "./event_words.js" */

/** How often cameras are asked for, in milliseconds: the scale of the throughput's line. */
const POLL_EVERY = 2_000;

/** How soon after an event. */
const POLL_SOON = 120;

/** How long a page may be out of sight before its pictures stop, in milliseconds. */
const HIDDEN_FOR = 5_000;

/** Older events are history, which nobody wants read out, in milliseconds. */
const NEWS = 5_000;

/** Live pictures at once: browsers open six connections to a place, and need some for the rest. */
const MAX_LIVE = 3;

class Console {
  #cameras = place("cameras");
  #summary = place("summary");
  #link = place("link");
  #none = place("none");
  #announcer = place("announcer");
  #filter = /** @type {HTMLSelectElement} */ (place("filter"));
  #signOut = /** @type {HTMLButtonElement} */ (place("sign-out"));
  #log = new EventList(place("log"));
  /** @type {Map<string, CameraCard>} */
  #cards = new Map();
  /** Those with a live picture, the one that has it for longest first. @type {CameraCard[]} */
  #live = [];
  #session = new Session(() => this.#askForToken());
  #token = new TokenDialog((token) => {
    this.#session.token = token;
    this.#start();
  });
  #feed = new EventFeed(
    this.#session,
    (event) => this.#handle(event),
    () => this.#pollIn(POLL_SOON),
  );
  /** @type {number | undefined} */
  #timer;
  #isRunning = false;
  #isPolling = false;
  /** @type {string[]} */
  #toSay = [];

  run() {
    this.#filter.addEventListener("change", () => this.#log.filter = this.#filter.value);
    this.#signOut.addEventListener("click", () => {
      this.#session.token = undefined;
      location.reload();
    });
    /** @type {number | undefined} */
    let hiding;
    document.addEventListener("visibilitychange", () => {
      clearTimeout(hiding);
      if (document.hidden) hiding = setTimeout(() => this.#stop(), HIDDEN_FOR);
      else this.#start();
    });
    this.#start();
  }

  #start() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#feed.start();
    for (const { picture } of this.#cards.values()) picture.isPaused = false;
    void this.#poll();
  }

  /** Nobody looks: nothing is asked for, and no live picture is kept. */
  #stop() {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    this.#feed.stop();
    for (const { picture } of this.#cards.values()) picture.isPaused = true;
  }

  #askForToken() {
    this.#stop();
    this.#token.ask(this.#session.hasToken);
  }

  async #poll() {
    clearTimeout(this.#timer);
    if (this.#isPolling) return;
    this.#isPolling = true;
    const answer = await this.#session.json("/api/v1/cameras").catch(() => undefined);
    this.#isPolling = false;
    this.#pollIn(POLL_EVERY);
    this.#showLink(answer !== undefined);
    if (answer !== undefined) this.#show(answer.cameras);
  }

  /** @param {number} delay */
  #pollIn(delay) {
    clearTimeout(this.#timer);
    if (this.#isRunning) this.#timer = setTimeout(() => void this.#poll(), delay);
  }

  /** @param {readonly CameraJson[]} cameras */
  #show(cameras) {
    show(this.#signOut, this.#session.hasToken);
    show(this.#none, cameras.length === 0);
    setText(this.#summary, summaryOf(cameras));
    const names = cameras.map(({ name }) => name);
    if (names.join("\n") !== [...this.#cards.keys()].join("\n")) this.#arrange(names);
    for (const camera of cameras) this.#cards.get(camera.name)?.update(camera);
  }

  /** @param {readonly string[]} names */
  #arrange(names) {
    const before = this.#cards;
    this.#cards = new Map(names.map((name) => [name, before.get(name) ?? this.#newCard(name)]));
    for (const [name, card] of before) {
      if (!this.#cards.has(name)) card.close();
    }
    this.#cameras.replaceChildren(...[...this.#cards.values()].map(({ element }) => element));
    this.#filter.replaceChildren(
      h("option", { value: "" }, "all cameras"),
      ...names.map((name) => h("option", { value: name }, name)),
    );
    this.#log.filter = "";
  }

  /** @param {string} name */
  #newCard(name) {
    return new CameraCard(name, {
      session: this.#session,
      announce: (text) => this.#say(text),
      onLive: (card) => this.#countLive(card),
      onChanged: () => this.#pollIn(POLL_SOON),
    });
  }

  /** @param {CameraCard} card */
  #countLive(card) {
    if (card.picture.isWanted && this.#live.includes(card)) return;
    this.#live = this.#live.filter((one) => one !== card);
    if (!card.picture.isWanted) return;
    this.#live.push(card);
    if (this.#live.length <= MAX_LIVE) return;
    this.#live[0]?.picture.want(false);
    this.#say(`${MAX_LIVE} live pictures at once; the first one shows its latest still again.`);
  }

  /** @param {EventData} event */
  #handle(event) {
    this.#log.add(event);
    this.#pollIn(POLL_SOON);
    const age = this.#session.now() - Date.parse(event["at"] ?? "");
    if (event.type === "state" && age < NEWS) this.#say(newsOf(event));
  }

  /** @param {boolean} isConnected */
  #showLink(isConnected) {
    setText(this.#link, isConnected ? "connected" : "no connection to the daemon");
    setAttributes(this.#link, { "data-connected": isConnected });
  }

  /** Reads it out, together with what else is to be said at that moment. @param {string} text */
  #say(text) {
    this.#toSay.push(text);
    if (this.#toSay.length > 1) return;
    setTimeout(() => {
      setText(this.#announcer, this.#toSay.join(" "));
      this.#toSay = [];
    }, 400);
  }
}

/** @param {EventData} event */
function newsOf({ camera, state, way, error }) {
  const how = state === "open" ? ` ${wayWords(way)}` : "";
  const why = error === undefined ? "" : `: ${error.detail}`;
  return `${camera}: ${stateWords(state)}${how}${why}.`;
}

/** @param {readonly CameraJson[]} cameras */
function summaryOf(cameras) {
  const open = cameras.filter(({ state }) => state === "open").length;
  const coming = cameras.filter(({ state }) => isActive(state)).length - open;
  const asleep = cameras.filter(({ state }) => state === "sleeping").length;
  const failed = cameras.filter(({ state }) => state === "failed").length;
  const parts = [
    counted(cameras.length, "camera"),
    `${open} open`,
    ...(coming > 0 ? [`${coming} on the way`] : []),
    ...(asleep > 0 ? [`${asleep} asleep`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  return parts.join(" · ");
}

/** @param {string} id */
function place(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`Cannot show the console as its page needs #${id}`);
  return element;
}

new Console().run();
