import type { Duration, Instant } from "../machine.ts";

/** A difference between tracks smaller than this is nothing anybody sees or hears. */
const IN_STEP: Duration = 10;

/** A difference beyond this is no delay: the sender's clock makes no sense. */
const BEYOND_SENSE: Duration = 10_000;

/** One track whose RTP timestamps are to be placed. */
export interface ClockedTrack {
  readonly id: number;
  /** Units of a timestamp in one second. */
  readonly clockRate: number;
  /** RTP timestamp of the moment playing began, 32 bits, where the sender says so (RTP-Info). */
  readonly rtpTime: number | undefined;
}

interface Lane {
  readonly track: ClockedTrack;
  /** Timestamp that stands for zero, without wrapping around. */
  origin: number | undefined;
  last: number;
  /** What the sender's wall clock shows at zero, in milliseconds. */
  wallClockAtZero: number | undefined;
  corrected: boolean;
  /** What was told of its beginning counts no more. */
  restarted: boolean;
}

/**
 * Lines up the tracks of one RTSP session: their RTP timestamps begin anywhere, and are given one
 * zero.
 *
 * Where the sender says at which timestamps playing begins, that is taken; where not, the moment a
 * track's first unit arrived. The first sender reports then put sound in step with picture, once:
 * later ones differ by jitter of the sender's clocks only.
 */
export class MediaClock {
  readonly #lanes: ReadonlyMap<number, Lane>;
  readonly #trustsRtpTime: boolean;
  #startedAt: Instant | undefined;

  /** @param tracks The first is the one others are put in step with. */
  constructor(tracks: readonly ClockedTrack[]) {
    this.#trustsRtpTime = tracks.every(({ rtpTime }) => rtpTime !== undefined);
    this.#lanes = new Map(tracks.map((track) => [track.id, newLane(track)]));
  }

  /** The time of a unit of this track, in its clock's units, from a timestamp that does not wrap. */
  place(now: Instant, id: number, timestamp: number): number | undefined {
    const lane = this.#lanes.get(id);
    if (lane === undefined) return undefined;
    this.#startedAt ??= now;
    lane.last = timestamp;
    lane.origin ??= this.#firstOrigin(lane, timestamp, now - this.#startedAt);
    return timestamp - lane.origin;
  }

  /** The sender of this track began anew: its timestamps say nothing about those before. */
  restart(id: number): void {
    const lane = this.#lanes.get(id);
    if (lane === undefined || this.#startedAt === undefined) return;
    lane.origin = undefined;
    lane.wallClockAtZero = undefined;
    lane.restarted = true;
  }

  /** A sender report: `rtpTimestamp` (32 bits) was the moment `wallClock` (ms) at the sender. */
  report(id: number, wallClock: number, rtpTimestamp: number): void {
    const lane = this.#lanes.get(id);
    if (lane?.origin === undefined) return;
    const extended = lane.last + ((rtpTimestamp - (lane.last >>> 0)) | 0);
    lane.wallClockAtZero ??= wallClock - 1_000 * (extended - lane.origin) / lane.track.clockRate;
    for (const other of this.#lanes.values()) this.#putInStep(other);
  }

  #putInStep(lane: Lane): void {
    const [reference] = this.#lanes.values();
    if (reference === undefined || lane === reference || lane.corrected) return;
    if (reference.wallClockAtZero === undefined || lane.wallClockAtZero === undefined) return;
    lane.corrected = true;
    const late = lane.wallClockAtZero - reference.wallClockAtZero;
    if (Math.abs(late) < IN_STEP || Math.abs(late) > BEYOND_SENSE) return;
    if (lane.origin !== undefined) lane.origin -= Math.round(late * lane.track.clockRate / 1_000);
  }

  #firstOrigin({ track, restarted }: Lane, timestamp: number, elapsed: Duration): number {
    const { rtpTime, clockRate } = track;
    if (this.#trustsRtpTime && rtpTime !== undefined && !restarted) {
      const ahead = ((timestamp >>> 0) - rtpTime) | 0;
      if (Math.abs(ahead) < 60 * clockRate) return timestamp - ahead;
    }
    return timestamp - Math.round(elapsed * clockRate / 1_000);
  }
}

function newLane(track: ClockedTrack): Lane {
  return {
    track,
    origin: undefined,
    last: 0,
    wallClockAtZero: undefined,
    corrected: false,
    restarted: false,
  };
}
