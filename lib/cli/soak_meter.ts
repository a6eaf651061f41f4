import type { HubEvent } from "../hub/control.ts";
import type { ProcessStats } from "../io/process_stats.ts";
import type { Duration, Instant } from "../machine.ts";

const HOUR = 3_600_000;

/** Samples kept; every second one goes when there are more, so that months fit. */
const MAX_SAMPLES = 1_024;

/** What comes before this share of a run is warming up, and says nothing of growth. */
const WARM_UP = 0.1;

/** What a long run came to. Times in milliseconds. */
export interface SoakReport {
  readonly hours: number;
  readonly frames: number;
  readonly bytes: number;
  /** The longest the picture stood still, the end of the run included. */
  readonly longestGap: Duration;
  /** How far into the run that began. */
  readonly longestGapAt: Duration;
  readonly stalls: number;
  /** Connections that were lost, or replaced as a stall did not end otherwise. */
  readonly rebuilds: number;
  readonly wayChanges: number;
  readonly residentBytes: number;
  /** Bytes of resident memory the process grows by in an hour, warming up left out. */
  readonly memorySlope: number;
  /** Share of one processor. */
  readonly cpu: number;
}

interface Sample {
  readonly at: Instant;
  readonly stats: ProcessStats;
}

/** Counts what a camera goes through. */
export class SoakMeter {
  readonly #start: Instant;
  #frames = 0;
  #bytes = 0;
  #last: Instant;
  #longestGap = 0;
  #longestGapAt = 0;
  #stalls = 0;
  #rebuilds = 0;
  #wayChanges = 0;
  #samples: Sample[] = [];

  constructor(now: Instant) {
    this.#start = now;
    this.#last = now;
  }

  /** A picture arrived. */
  frame(now: Instant, bytes: number): void {
    this.#measureGap(now);
    this.#last = now;
    this.#frames += 1;
    this.#bytes += bytes;
  }

  event(event: HubEvent): void {
    switch (event.type) {
      case "stall":
        this.#stalls += 1;
        if (event.renewed) this.#rebuilds += 1;
        return;
      case "error":
        this.#rebuilds += 1;
        return;
      case "way":
        this.#wayChanges += 1;
        return;
      default:
        return;
    }
  }

  sample(now: Instant, stats: ProcessStats): void {
    this.#samples.push({ at: now, stats });
    if (this.#samples.length <= MAX_SAMPLES) return;
    this.#samples = this.#samples.filter((_, i) => i % 2 === 0);
  }

  report(now: Instant): SoakReport {
    this.#measureGap(now);
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    const cpuSeconds = (last?.stats.cpuSeconds ?? 0) - (first?.stats.cpuSeconds ?? 0);
    const measured = (last?.at ?? 0) - (first?.at ?? 0);
    return {
      hours: (now - this.#start) / HOUR,
      frames: this.#frames,
      bytes: this.#bytes,
      longestGap: this.#longestGap,
      longestGapAt: this.#longestGapAt,
      stalls: this.#stalls,
      rebuilds: this.#rebuilds,
      wayChanges: this.#wayChanges,
      residentBytes: last?.stats.residentBytes ?? 0,
      memorySlope: this.#slope(now),
      cpu: measured > 0 ? cpuSeconds * 1000 / measured : 0,
    };
  }

  #measureGap(now: Instant): void {
    const gap = now - this.#last;
    if (gap <= this.#longestGap) return;
    this.#longestGap = gap;
    this.#longestGapAt = this.#last - this.#start;
  }

  /** Least squares. */
  #slope(now: Instant): number {
    const from = this.#start + WARM_UP * (now - this.#start);
    const points = this.#samples.filter(({ at }) => at >= from)
      .map(({ at, stats }) => ({ x: (at - this.#start) / HOUR, y: stats.residentBytes }));
    if (points.length < 2) return 0;
    const x = points.reduce((sum, point) => sum + point.x, 0) / points.length;
    const y = points.reduce((sum, point) => sum + point.y, 0) / points.length;
    const spread = points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
    const joint = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0);
    return spread === 0 ? 0 : joint / spread;
  }
}
