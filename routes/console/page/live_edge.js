/**
 * How a live picture is kept live: what to do with a player, from what it has and where it is.
 *
 * @module
 */

/** Seconds behind the newest picture that are aimed at; more where pictures come unevenly. */
export const TARGET = { least: 0.35, most: 2, step: 0.25 };

/** Seconds behind the aim before it is hurried, and before it jumps. */
const HURRY = 0.3;
const JUMP = 3;

/** How much faster it goes to catch up: nobody hears or sees it. */
const FAST = 1.08;

/** After a jump a player is bound to wait a moment, in milliseconds. */
const SETTLES = 1_500;

/** A player that did not have to wait for so long may come closer again, in milliseconds. */
const CALM = 20_000;

/** Seconds of pictures seen that are kept. */
const KEPT = 15;

/**
 * @typedef {object} Range
 * @property {number} start Seconds.
 * @property {number} end
 */

/**
 * Where to go, and how fast.
 * @typedef {object} Chase
 * @property {number | undefined} seekTo
 * @property {number} rate
 */

export class LiveEdge {
  #target = TARGET.least;
  #jumpedAt = -Infinity;
  #changedAt = 0;

  /** Seconds behind the newest picture that are aimed at. */
  get target() {
    return this.#target;
  }

  /** The player ran dry: it must stay further behind. @param {number} now Milliseconds. */
  waited(now) {
    if (now - this.#jumpedAt < SETTLES) return;
    this.#target = Math.min(TARGET.most, this.#target + TARGET.step);
    this.#changedAt = now;
  }

  /**
   * @param {number} now Milliseconds.
   * @param {readonly Range[]} ranges What the player has, in order.
   * @param {number} at Where it is.
   * @returns {Chase}
   */
  chase(now, ranges, at) {
    const newest = ranges.at(-1);
    if (newest === undefined) return { seekTo: undefined, rate: 1 };
    if (now - this.#changedAt > CALM) {
      this.#target = Math.max(TARGET.least, this.#target - TARGET.step);
      this.#changedAt = now;
    }
    const isInside = at >= newest.start && at <= newest.end;
    const behind = newest.end - at - this.#target;
    if (isInside && behind <= JUMP) {
      return { seekTo: undefined, rate: behind > HURRY ? FAST : 1 };
    }
    this.#jumpedAt = now;
    return { seekTo: Math.max(newest.start, newest.end - this.#target), rate: 1 };
  }
}

/**
 * Until when pictures that were seen can be forgotten, or `undefined` where there is too little to
 * bother.
 *
 * @param {readonly Range[]} ranges
 * @param {number} at
 */
export function stale(ranges, at) {
  const oldest = ranges[0];
  return oldest === undefined || at - oldest.start < 2 * KEPT ? undefined : at - KEPT;
}
