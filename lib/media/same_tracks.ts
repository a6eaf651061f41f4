import { equalBytes } from "../bytes/bytes.ts";
import type { Track } from "./track.ts";

/**
 * Whether whoever was told of tracks `a` can go on with `b`: the same tracks, codecs, clocks and
 * parameter sets.
 */
export function sameTracks(a: readonly Track[], b: readonly Track[]): boolean {
  return a.length === b.length && a.every((track, i) => sameTrack(track, b[i]));
}

function sameTrack(a: Track, b: Track | undefined): boolean {
  if (b === undefined) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => sameValue(Reflect.get(a, name), Reflect.get(b, name)));
}

function sameValue(a: unknown, b: unknown): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? equalBytes(a, b) : a === b;
}
