import { pause } from "./pause.js";
import { EventParser } from "./sse.js";

/** @import { EventData } from "./event_words.js" */
/** @import { Session } from "./session.js" */

/** How long to wait before the feed is taken up again, in milliseconds: longer each time. */
const PAUSES = [500, 2_000, 5_000, 10_000];

/** Nothing for so long, not even a comment: the connection is dead. */
const SILENCE = 40_000;

/** Follows what happens, and takes it up again where it was lost. */
export class EventFeed {
  #session;
  #onEvent;
  #onLost;
  /** @type {string | undefined} */
  #lastId;
  /** @type {AbortController | undefined} */
  #running;

  /**
   * @param {Session} session
   * @param {(event: EventData) => void} onEvent
   * @param {() => void} onLost
   */
  constructor(session, onEvent, onLost) {
    this.#session = session;
    this.#onEvent = onEvent;
    this.#onLost = onLost;
  }

  start() {
    if (this.#running !== undefined) return;
    this.#running = new AbortController();
    void this.#run(this.#running.signal);
  }

  stop() {
    this.#running?.abort();
    this.#running = undefined;
  }

  /** @param {AbortSignal} signal */
  async #run(signal) {
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await this.#follow(signal, () => failures = 0);
      } catch {
        // Whatever it was, it is taken up again; who is told asks for the cameras, and learns more.
      }
      if (signal.aborted) return;
      this.#onLost();
      await pause(PAUSES[Math.min(failures, PAUSES.length - 1)] ?? 0, signal);
    }
  }

  /** @param {AbortSignal} signal @param {() => void} onGood */
  async #follow(signal, onGood) {
    const ending = new AbortController();
    const either = AbortSignal.any([signal, ending.signal]);
    const headers = this.#lastId === undefined ? undefined : { "Last-Event-ID": this.#lastId };
    const query = this.#lastId === undefined ? "?since=0" : "";
    const response = await this.#session.request(`/api/v1/events${query}`, {
      signal: either,
      ...(headers && { headers }),
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventParser();
    onGood();
    for (;;) {
      const silence = setTimeout(() => ending.abort(), SILENCE);
      const { value, done } = await (reader?.read() ?? { value: undefined, done: true });
      clearTimeout(silence);
      if (done || signal.aborted) return;
      for (const { data } of parser.push(value ?? "")) this.#tell(data);
      this.#lastId = parser.lastId ?? this.#lastId;
    }
  }

  /** A bug of the page must not pass for a lost connection. @param {string} data */
  #tell(data) {
    try {
      this.#onEvent(JSON.parse(data));
    } catch (error) {
      reportError(error);
    }
  }
}
