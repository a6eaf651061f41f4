/** Times as people say them. @module */

import type { Duration } from "../machine.ts";

const UNITS: readonly [string, Duration][] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** In its two largest units: `3d 4h`, `10m`, `12s`; below a second `40ms`. */
export function formatDuration(duration: Duration): string {
  if (duration < 1_000) return `${Math.max(0, Math.round(duration))}ms`;
  let left = Math.round(duration / 1_000) * 1_000;
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

/** How long until or since a time the API has told. */
export function away(iso: string, now: number): string {
  return formatDuration(Math.abs(Date.parse(iso) - now));
}

/** Bytes in the unit that suits them: `1.2 GB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
