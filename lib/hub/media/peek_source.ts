import type { Clock } from "../../io/types.ts";
import type { CloseReason, Duration } from "../../machine.ts";
import type { Source, SourceReader } from "../../media/source.ts";
import type { AccessUnit } from "../../media/track.ts";
import type { SharedStream } from "./shared_stream.ts";
import { Timeline } from "./timeline.ts";

/** How often the last key frame is shown while nothing new comes. */
const STILL_EVERY: Duration = 1_000;

/**
 * At first it comes more often: players measure the frame rate over some 20 pictures before they show
 * any, as ffmpeg does.
 */
const EARLY_STILLS = 25;
const EARLY_EVERY: Duration = 40;

/**
 * What there is to see of a camera without reaching it: its last key frame, after the first second
 * once a second, and live pictures while it is open for somebody else. There is no sound, as players
 * wait for what they are promised. `undefined` while the camera has shown nothing yet.
 */
export function peekSource(stream: SharedStream | undefined, clock: Clock): Source | undefined {
  if (stream?.keyframe === undefined) return undefined;
  return {
    tracks: [stream.keyframe.track],
    read(reader) {
      const peek = new Peek(stream, clock, reader);
      return () => peek.stop();
    },
  };
}

/** One who peeks. */
class Peek implements SourceReader {
  readonly #stream: SharedStream;
  readonly #clock: Clock;
  readonly #reader: SourceReader;
  readonly #timeline: Timeline;
  readonly #stopWatching: () => void;
  #isLive = false;
  #isOver = false;
  /** Stills that still have to come early. */
  #early = EARLY_STILLS;
  #cancelStill = () => {};

  constructor(stream: SharedStream, clock: Clock, reader: SourceReader) {
    this.#stream = stream;
    this.#clock = clock;
    this.#reader = reader;
    this.#timeline = new Timeline(stream.tracks);
    this.#stopWatching = stream.watch(this);
    if (this.#isOver) return;
    if (this.#isLive) this.#waitForStill();
    else this.#showStill();
  }

  onUnit(unit: AccessUnit): void {
    if (unit.trackId !== this.#stream.keyframe?.track.id) return;
    if (!this.#isLive) {
      // What comes before a key frame builds on pictures that were not shown.
      if (!unit.keyframe) return;
      this.#isLive = true;
      this.#timeline.restart();
    }
    this.#early = 0;
    this.#waitForStill();
    this.#hand(unit);
  }

  onEnd(reason: CloseReason): void {
    this.#end();
    this.#reader.onEnd(reason);
  }

  stop(): void {
    this.#end();
    this.#stopWatching();
  }

  #end(): void {
    this.#isOver = true;
    this.#cancelStill();
  }

  #waitForStill(): void {
    this.#cancelStill();
    const wait = this.#early > 0 ? EARLY_EVERY : STILL_EVERY;
    this.#cancelStill = this.#clock.setTimer(wait, () => this.#showStill());
  }

  #showStill(): void {
    this.#isLive = false;
    this.#early -= 1;
    const unit = this.#stream.keyframe?.unit;
    this.#timeline.restart();
    if (unit !== undefined) this.#hand(unit);
    if (!this.#isOver) this.#waitForStill();
  }

  #hand(unit: AccessUnit): void {
    const placed = this.#timeline.place(this.#clock.now(), unit);
    if (placed !== undefined) this.#reader.onUnit(placed);
  }
}
