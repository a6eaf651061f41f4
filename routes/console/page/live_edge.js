/**
 * How a live picture is kept live: what to do with a player, from what it has and where it is.
 *
 * @module
 */

/** Seconds behind the newest picture that are aimed at; more where the way is uneven. */
export const TARGET = { least: 0.35, most: 2, step: 0.25 };

/** Seconds behind the aim before it is hurried, and before it jumps. */
const HURRY = 0.35;
const JUMP = 3;

/** How much faster it goes to catch up: nobody hears or sees it. */
const FAST = 1.08;

/** Seconds of pictures seen that are kept. */
const KEPT = 15;

/**
 * @typedef {object} Range
 * @property {number} start Seconds.
 * @property {number} end
 */

/**
 * @typedef {object} Chase
 * @property {number | undefined} seekTo
 * @property {number} rate
 */

/**
 * Where to go, and how fast.
 *
 * @param {readonly Range[]} ranges What the player has, in order.
 * @param {number} at Where it is.
 * @param {number} target Seconds behind the newest picture to aim at.
 * @returns {Chase}
 */
export function chase(ranges, at, target) {
  const newest = ranges.at(-1);
  if (newest === undefined) return { seekTo: undefined, rate: 1 };
  const aim = Math.max(newest.start, newest.end - target);
  const isInside = at >= newest.start && at <= newest.end;
  const behind = newest.end - at - target;
  if (!isInside || behind > JUMP) return { seekTo: aim, rate: 1 };
  return { seekTo: undefined, rate: behind > HURRY ? FAST : 1 };
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
  if (oldest === undefined || at - oldest.start < 2 * KEPT) return undefined;
  return at - KEPT;
}
