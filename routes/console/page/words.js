/** Numbers and states in words, the same wherever they are shown. @module */

/** @import { CameraJson } from "../../camera_json.ts" */

/** @typedef {CameraJson["state"]} CameraState */

/** @type {Readonly<Record<CameraState, string>>} */
const STATES = {
  idle: "idle",
  locating: "looking for it",
  punching: "opening a way",
  authenticating: "logging in",
  starting: "waiting for a picture",
  open: "open",
  sleeping: "asleep",
  failed: "failed",
};

/** @type {Readonly<Record<string, string>>} */
const WAYS = {
  lan: "over the LAN",
  direct: "directly",
  map: "directly",
  relay: "over the vendor's relay",
  tcp: "over TCP",
};

/** @param {CameraState} state */
export function stateWords(state) {
  return STATES[state] ?? state;
}

/** How a camera is reached, as words behind a state. @param {string | undefined} way */
export function wayWords(way) {
  return way === undefined ? "" : WAYS[way] ?? way;
}

/** Whether somebody is on the way to it, or there. @param {CameraState} state */
export function isActive(state) {
  return state !== "idle" && state !== "sleeping" && state !== "failed";
}

/** A span as two words: `42 ms`, `1.4 s`, `3 min`. @param {number} milliseconds */
export function span(milliseconds) {
  const ms = Math.max(0, milliseconds);
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  return longSpan(ms);
}

/** A span of seconds or more, without fractions. @param {number} milliseconds */
export function longSpan(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

/** @param {number} perSecond Bytes a second. */
export function bitRate(perSecond) {
  const kilobits = perSecond * 8 / 1_000;
  if (kilobits < 1) return "0 kbit/s";
  if (kilobits < 999.5) return `${Math.round(kilobits)} kbit/s`;
  return `${(kilobits / 1_000).toFixed(1)} Mbit/s`;
}

/** @param {number} count */
export function byteCount(count) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** @param {number} share 0 to 1. */
export function percent(share) {
  const value = share * 100;
  return `${value > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
}

/** @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/** A word of the API as people write it: `main-probe`, `wayFailed`. @param {string} word */
export function spaced(word) {
  return word.replaceAll("-", " ").replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

/** @param {string} clause */
export function sentence(clause) {
  const text = clause.charAt(0).toUpperCase() + clause.slice(1);
  return text === "" || /[.!?]$/.test(text) ? text : `${text}.`;
}

/** The stream at the end of an RTSP address: `main` for the camera's own. @param {string} url */
export function streamName(url) {
  const words = url.replace(/^[a-z]+:\/\/[^/]*\//, "").split("/");
  return words.length > 1 ? words.slice(1).join("/") : "main";
}
