import type { Clock } from "../../io/types.ts";
import type { Instant } from "../../machine.ts";
import type { Source, SourceReader } from "../../media/source.ts";
import type { AccessUnit, Track } from "../../media/track.ts";
import { type Clip, loadClip, type TimedUnit } from "./clip.ts";

/** Units made up for after the clock jumped; if there are more, it goes on with the present. */
const MAX_CATCH_UP = 200;

/**
 * Plays a clip over and over, in real time, to any number of readers.
 *
 * What is due is worked out from the time since the beginning and never from the timer before, so
 * nothing drifts. Units are counted from 0 through all repetitions; while nobody reads, no timer
 * runs. A new reader gets the current group of pictures at once.
 */
export class ClipSource implements Source {
  readonly tracks: readonly Track[];
  readonly #clip: Clip;
  readonly #clock: Clock;
  readonly #start: Instant;
  readonly #readers = new Set<SourceReader>();
  /** Number of the next unit to hand out. */
  #next = 0;
  #cancelTimer = () => {};

  constructor(clock: Clock, clip: Clip = loadClip()) {
    this.#clock = clock;
    this.#clip = clip;
    this.#start = clock.now();
    this.tracks = clip.tracks;
  }

  /** How many read now. */
  get readers(): number {
    return this.#readers.size;
  }

  read(reader: SourceReader): () => void {
    if (this.#readers.size === 0) this.#next = this.#firstAfter(this.#elapsed());
    for (let number = this.#keyframeBefore(this.#next); number < this.#next; number++) {
      reader.onUnit(this.#at(number).unit);
    }
    this.#readers.add(reader);
    this.#setTimer();
    return () => {
      this.#readers.delete(reader);
      if (this.#readers.size === 0) this.#cancelTimer();
    };
  }

  /** Ends all readers. */
  close(): void {
    this.#cancelTimer();
    const readers = [...this.#readers];
    this.#readers.clear();
    for (const reader of readers) reader.onEnd("local");
  }

  #elapsed(): number {
    return this.#clock.now() - this.#start;
  }

  #setTimer(): void {
    this.#cancelTimer();
    const delay = Math.max(0, this.#at(this.#next).dueAt - this.#elapsed());
    this.#cancelTimer = this.#clock.setTimer(delay, () => this.#handOut());
  }

  #handOut(): void {
    const end = this.#firstAfter(this.#elapsed());
    if (end - this.#next > MAX_CATCH_UP) this.#next = this.#keyframeBefore(end);
    while (this.#next < end) {
      const { unit } = this.#at(this.#next++);
      for (const reader of this.#readers) reader.onUnit(unit);
    }
    if (this.#readers.size > 0) this.#setTimer();
  }

  /** The unit with this number, as it is in its repetition of the clip. */
  #at(number: number): TimedUnit {
    const { units, duration } = this.#clip;
    const round = Math.floor(number / units.length);
    const timed = units[number % units.length];
    if (timed === undefined) throw new RangeError(`Cannot play unit as it must exist: ${number}`);
    return {
      dueAt: timed.dueAt + round * duration,
      unit: this.#shift(timed.unit, (round * duration) / 1000),
    };
  }

  #shift(unit: AccessUnit, seconds: number): AccessUnit {
    const clockRate = this.tracks.find(({ id }) => id === unit.trackId)?.clockRate ?? 0;
    return { ...unit, timestamp: unit.timestamp + seconds * clockRate };
  }

  /** Number of the first unit due after `elapsed` milliseconds. */
  #firstAfter(elapsed: number): number {
    const { units, duration } = this.#clip;
    const round = Math.floor(elapsed / duration);
    const rest = elapsed - round * duration;
    const index = units.findIndex(({ dueAt }) => dueAt > rest);
    return round * units.length + (index === -1 ? units.length : index);
  }

  /** Number of the last video key frame before unit `number`; the clip begins with one. */
  #keyframeBefore(number: number): number {
    let at = Math.max(0, number - 1);
    while (at > 0 && !this.#isVideoKeyframe(at)) at--;
    return at;
  }

  #isVideoKeyframe(number: number): boolean {
    const { unit } = this.#at(number);
    const track = this.tracks.find(({ id }) => id === unit.trackId);
    return unit.keyframe && track?.kind === "video";
  }
}
