import type { CameraState, Way } from "../hub/camera_status.ts";
import type { HubEvent } from "../hub/hub_event.ts";
import type { ProcessStats } from "../io/process_stats.ts";
import type { Duration, Instant } from "../machine.ts";

const HOUR = 3_600_000;

/** A picture that stands still for so long is a stall, whatever the reason. */
export const STALL: Duration = 2_000;

/** Samples kept; every second one goes when there are more, so that months fit. */
const MAX_SAMPLES = 1_024;

/** What comes before this share of a run is warming up, and says nothing of growth. */
const WARM_UP = 0.1;

/** Parts of a run whose lowest use of memory is compared. */
const PARTS = 8;

/** In less, memory goes up and down by more than it grows. */
const MIN_FOR_SLOPE: Duration = 1_500_000;

/** What a long run came to. Times in milliseconds. */
export interface SoakReport {
  readonly hours: number;
  readonly frames: number;
  readonly bytes: number;
  /** The longest the picture stood still, the end of the run included. */
  readonly longestGap: Duration;
  /** How far into the run that began. */
  readonly longestGapAt: Duration;
  /** How often it stood still for `STALL` or longer. */
  readonly stalls: number;
  /** How long that was altogether. */
  readonly stalled: Duration;
  /** How often the stream was asked for again over the connection there was. */
  readonly restarts: number;
  /** How often the connection was had again after it was lost or given up. */
  readonly rebuilds: number;
  /** Connections lost, and attempts that failed. */
  readonly failures: number;
  readonly wayChanges: number;
  /** Resident memory at the end, and the most there was. */
  readonly residentBytes: number;
  readonly maxResidentBytes: number;
  /**
   * Bytes of resident memory the process grows by in an hour, warming up left out; `null` for a run
   * too short to tell.
   */
  readonly memorySlope: number | null;
  /** Share of one processor. */
  readonly cpu: number;
}

interface Sample {
  readonly at: Instant;
  readonly stats: ProcessStats;
}

/** States of a camera that is not reached. */
const AWAY: readonly CameraState[] = [
  "idle",
  "sleeping",
  "failed",
  "locating",
  "punching",
  "authenticating",
];

/** Counts what a camera that is open goes through. */
export class SoakMeter {
  readonly #start: Instant;
  #frames = 0;
  #bytes = 0;
  #last: Instant;
  #longestGap = 0;
  #longestGapAt = 0;
  #stalls = 0;
  #stalled = 0;
  #restarts = 0;
  #rebuilds = 0;
  #failures = 0;
  #wayChanges = 0;
  #isAway = false;
  #way: Way | undefined;
  #samples: Sample[] = [];
  #maxResident = 0;

  /** @param way The camera is reached by at the start. */
  constructor(now: Instant, way: Way | undefined) {
    this.#start = now;
    this.#last = now;
    this.#way = way;
  }

  /** A picture arrived. */
  frame(now: Instant, bytes: number): void {
    this.#endGap(now);
    this.#last = now;
    this.#frames += 1;
    this.#bytes += bytes;
  }

  event(event: HubEvent): void {
    switch (event.type) {
      case "stall":
        if (!event.renewed) this.#restarts += 1;
        return;
      case "error":
        this.#failures += 1;
        return;
      case "way":
        this.#noteWay(event.way);
        return;
      case "state":
        this.#noteWay(event.way);
        if (AWAY.includes(event.state)) this.#isAway = true;
        else if (event.state === "open" && this.#isAway) {
          this.#isAway = false;
          this.#rebuilds += 1;
        }
        return;
      default:
        return;
    }
  }

  sample(now: Instant, stats: ProcessStats): void {
    this.#maxResident = Math.max(this.#maxResident, stats.residentBytes);
    this.#samples.push({ at: now, stats });
    if (this.#samples.length <= MAX_SAMPLES) return;
    this.#samples = this.#samples.filter((_, i) => i % 2 === 0);
  }

  /** To be asked for once, at the end. */
  report(now: Instant): SoakReport {
    this.#endGap(now);
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
      stalled: this.#stalled,
      restarts: this.#restarts,
      rebuilds: this.#rebuilds,
      failures: this.#failures,
      wayChanges: this.#wayChanges,
      residentBytes: last?.stats.residentBytes ?? 0,
      maxResidentBytes: this.#maxResident,
      memorySlope: measured < MIN_FOR_SLOPE ? null : this.#slope(now),
      cpu: measured > 0 ? cpuSeconds * 1000 / measured : 0,
    };
  }

  #noteWay(way: Way | undefined): void {
    if (way === undefined) return;
    if (this.#way !== undefined && way !== this.#way) this.#wayChanges += 1;
    this.#way = way;
  }

  #endGap(now: Instant): void {
    const gap = now - this.#last;
    if (gap >= STALL) {
      this.#stalls += 1;
      this.#stalled += gap;
    }
    if (gap <= this.#longestGap) return;
    this.#longestGap = gap;
    this.#longestGapAt = this.#last - this.#start;
  }

  /** Least squares through what is in use at least: in between, garbage comes and goes. */
  #slope(now: Instant): number {
    const from = this.#start + WARM_UP * (now - this.#start);
    const points = lowest(this.#samples.filter(({ at }) => at >= from), from, now)
      .map(({ at, stats }) => ({ x: (at - this.#start) / HOUR, y: stats.residentBytes }));
    if (points.length < 2) return 0;
    const x = points.reduce((sum, point) => sum + point.x, 0) / points.length;
    const y = points.reduce((sum, point) => sum + point.y, 0) / points.length;
    const spread = points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
    const joint = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0);
    return spread === 0 ? 0 : joint / spread;
  }
}

/** The lowest sample of each of `PARTS` equal parts of the time. */
function lowest(samples: readonly Sample[], from: Instant, to: Instant): Sample[] {
  const parts = new Map<number, Sample>();
  for (const sample of samples) {
    const part = Math.min(PARTS - 1, Math.floor(PARTS * (sample.at - from) / (to - from)));
    const before = parts.get(part);
    if (before === undefined || sample.stats.residentBytes < before.stats.residentBytes) {
      parts.set(part, sample);
    }
  }
  return [...parts.values()];
}
