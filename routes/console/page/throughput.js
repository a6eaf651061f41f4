/** Samples kept: two minutes of one every two seconds. */
export const KEPT = 60;

/** Readings closer to the one before than this are left out, in milliseconds. */
const CLOSEST = 1_500;

/** What one camera sends, from counters that are read now and then. */
export class Throughput {
  /** Bytes a second, oldest first. @type {number[]} */
  rates = [];
  /** @type {{ at: number, bytes: number } | undefined} */
  #last;

  /** @param {number} at Milliseconds. @param {number} bytes Received so far. */
  push(at, bytes) {
    const last = this.#last;
    if (last !== undefined && at - last.at < CLOSEST) return;
    this.#last = { at, bytes };
    if (last === undefined || bytes < last.bytes) return; // the daemon began anew
    this.rates.push(1_000 * (bytes - last.bytes) / (at - last.at));
    if (this.rates.length > KEPT) this.rates.shift();
  }

  get now() {
    return this.rates.at(-1) ?? 0;
  }

  get peak() {
    return Math.max(0, ...this.rates);
  }
}

/**
 * A line through the rates, newest at the right edge, as the path of an SVG of this size.
 *
 * @param {readonly number[]} rates
 * @param {number} width
 * @param {number} height
 */
export function sparkline(rates, width, height) {
  const top = Math.max(1, ...rates);
  const step = width / (KEPT - 1);
  const points = rates.map((rate, i) => {
    const x = width - (rates.length - 1 - i) * step;
    return `${x.toFixed(1)} ${(height - 1 - (height - 2) * rate / top).toFixed(1)}`;
  });
  return points.length < 2 ? "" : `M${points.join("L")}`;
}
