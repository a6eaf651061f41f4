/**
 * One event of a stream.
 * @typedef {object} ServerEvent
 * @property {string} type
 * @property {string} data
 */

/**
 * Reads server-sent events out of text as it comes: the browser's own reader cannot send a token.
 */
export class EventParser {
  /** Id of the latest whole event that had one. @type {string | undefined} */
  lastId;
  /** @type {string | undefined} */
  #id;
  #rest = "";
  #type = "message";
  /** @type {string[]} */
  #data = [];

  /** The events that are complete with this text. @param {string} text @returns {ServerEvent[]} */
  push(text) {
    const lines = (this.#rest + text).split(/\r\n|\n/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#take(line));
  }

  /** @param {string} line @returns {ServerEvent[]} */
  #take(line) {
    if (line === "") return this.#finish();
    const colon = line.indexOf(":");
    if (colon === 0) return []; // a comment
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") this.#id = value;
    if (field === "event") this.#type = value;
    if (field === "data") this.#data.push(value);
    return [];
  }

  /** @returns {ServerEvent[]} */
  #finish() {
    const event = { type: this.#type, data: this.#data.join("\n") };
    const isWhole = this.#data.length > 0;
    this.lastId = this.#id;
    this.#type = "message";
    this.#data = [];
    return isWhole ? [event] : [];
  }
}
