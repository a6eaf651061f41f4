/**
 * Tracks and access units out of the media messages of one preview.
 *
 * @module
 */

import type { Duration, Instant } from "../machine.ts";
import { Pacer } from "../media/pacer.ts";
import { sameTracks } from "../media/same_tracks.ts";
import type { AccessUnit, Track } from "../media/track.ts";
import { Timers } from "../timers.ts";
import { type BcMediaFrame, type InfoFrame, posixTimeOf } from "./bcmedia/frame.ts";
import { type BcMediaGap, BcMediaReader } from "./bcmedia/reader.ts";
import { type SoundCounters, SoundLane, type SoundTrack } from "./bcmedia/sound_lane.ts";
import { type VideoCounters, VideoLane } from "./bcmedia/video_lane.ts";

const VIDEO_ID = 0;
const SOUND_ID = 1;

/** What sound a stream had when it was last seen, if any. */
export type KnownSound = SoundTrack | "none" | undefined;

export interface PreviewSourceLimits {
  /**
   * How long the first viewer waits for sound to show up, of which nothing tells beforehand: cameras
   * send some every 64 ms, some not at once.
   */
  readonly soundWait: Duration;
  /** The same where there was none last time. */
  readonly silentWait: Duration;
  /** How long a frame is kept that the next message could still disprove. */
  readonly proofWait: Duration;
  /** The preview is restarted after this long without a frame behind unreadable bytes. */
  readonly stuck: Duration;
  /** What may be held back until it is known whether there is sound. */
  readonly heldBytes: number;
  readonly heldUnits: number;
}

const DEFAULT_PREVIEW_LIMITS: PreviewSourceLimits = {
  soundWait: 3_000,
  silentWait: 1_000,
  proofWait: 10,
  stuck: 5_000,
  heldBytes: 16 << 20,
  heldUnits: 4_096,
};

export interface PreviewSourceOptions {
  readonly sound?: KnownSound;
  readonly limits?: Partial<PreviewSourceLimits>;
}

export type PreviewEvent =
  /**
   * What units belong to from here on. The first comes with the first key frame, or with sound soon
   * after it. Others follow when codec or parameter sets change (`video`), and when sound changes,
   * or shows up after all (`sound`). Whoever ignores the latter gets units of a track it was not
   * told of, or in a format it was not.
   */
  | {
    readonly type: "tracks";
    readonly why: "start" | "video" | "sound";
    readonly tracks: readonly Track[];
  }
  | { readonly type: "unit"; readonly unit: AccessUnit }
  /** Nothing that comes can be read: stop the preview, call `restart()` and start it again. */
  | { readonly type: "stuck" };

type TimerName =
  /** To decide that there is no sound. */
  | "sound"
  /** To hand out a frame that nothing came to prove. */
  | "proof"
  /** To say that nothing can be read. */
  | "stuck"
  /** To let go of what was kept to smooth bursts. */
  | "pace";

/** Status of a preview. */
export interface PreviewReport {
  readonly info: InfoFrame | undefined;
  /** Seconds since 1970 by the camera's clock, of the latest key frame that told them. */
  readonly posixTime: number | undefined;
  readonly video: VideoCounters;
  readonly sound: SoundCounters;
  /** Times frames may have gone missing. */
  readonly gaps: number;
  /** Bytes that were no frames. */
  readonly discarded: number;
  /** Times the camera's clock leapt. */
  readonly leaps: number;
  /** How long media is kept at present to smooth bursts. */
  readonly delay: Duration;
}

/** Turns messages and the time into events. */
export class PreviewSource {
  readonly #limits: PreviewSourceLimits;
  readonly #wasSilent: boolean;
  readonly #reader = new BcMediaReader();
  readonly #video = new VideoLane(VIDEO_ID);
  readonly #sound: SoundLane;
  readonly #pacer = new Pacer<PreviewEvent>();
  readonly #timers = new Timers<TimerName>();
  readonly #events: PreviewEvent[] = [];
  /** What was told last; `undefined` until it is decided whether there is sound. */
  #tracks: readonly Track[] | undefined;
  #held: AccessUnit[] = [];
  #heldBytes = 0;
  /** Where the latest picture is, and the first, in microseconds. */
  #position: number | undefined;
  #firstPosition = 0;
  #info: InfoFrame | undefined;
  #posixTime: number | undefined;

  constructor({ sound, limits }: PreviewSourceOptions = {}) {
    this.#limits = { ...DEFAULT_PREVIEW_LIMITS, ...limits };
    this.#wasSilent = sound === "none";
    this.#sound = new SoundLane(SOUND_ID, sound === "none" ? undefined : sound);
  }

  /** To be remembered for the next time; `undefined` while nothing is known. */
  get sound(): KnownSound {
    return this.#sound.track ?? (this.#tracks === undefined ? undefined : "none");
  }

  get report(): PreviewReport {
    return {
      info: this.#info,
      posixTime: this.#posixTime,
      video: { ...this.#video.counters },
      sound: { ...this.#sound.counters },
      gaps: this.#reader.gaps,
      discarded: this.#reader.discarded,
      leaps: this.#video.leaps,
      delay: this.#pacer.delay,
    };
  }

  /** The payload of one media message, whole. `payload` is borrowed; it may hold anything. */
  handleMessage(now: Instant, payload: Uint8Array): void {
    this.#reader.push(payload);
    for (let one = this.#reader.next(); one !== undefined; one = this.#reader.next()) {
      this.#take(now, one);
    }
    if (this.#reader.isKeeping) this.#timers.set("proof", now + this.#limits.proofWait);
    else this.#timers.clear("proof");
    this.#letGo(now);
  }

  /** The preview was stopped and begins anew on the same line of time, after the next message. */
  restart(now: Instant): void {
    this.#reader.reset();
    this.#video.restart();
    this.#sound.restart();
    this.#position = undefined;
    this.#timers.clear("proof");
    this.#timers.clear("stuck");
    this.#events.push(...this.#pacer.flush());
    this.#letGo(now);
  }

  handleTimeout(now: Instant): void {
    for (const timer of this.#timers.takeDue(now)) this.#handleTimer(now, timer);
    this.#letGo(now);
  }

  pollEvent(): PreviewEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    return this.#timers.next();
  }

  #handleTimer(now: Instant, timer: TimerName): void {
    switch (timer) {
      case "sound":
        return this.#decide();
      case "proof": {
        const frame = this.#reader.release();
        if (frame !== undefined) this.#take(now, frame);
        return;
      }
      case "stuck":
        this.#timers.set("stuck", now + this.#limits.stuck);
        this.#events.push({ type: "stuck" });
        return;
      case "pace":
        return;
    }
  }

  #take(now: Instant, one: BcMediaFrame | BcMediaGap): void {
    if (one.type === "gap") {
      this.#video.gap();
      if (!this.#timers.isSet("stuck")) this.#timers.set("stuck", now + this.#limits.stuck);
      return;
    }
    this.#timers.clear("stuck");
    switch (one.type) {
      case "info":
        this.#info = one;
        return;
      case "video": {
        this.#posixTime = posixTimeOf(one) ?? this.#posixTime;
        const picture = this.#video.take(now, one);
        if (picture === undefined) return;
        const { unit, position, newTrack } = picture;
        this.#position = position;
        this.#sound.observe(position);
        if (newTrack) this.#handleNewVideo();
        this.#give(now, unit, position);
        if (this.#tracks === undefined) this.#considerSound(now, position);
        return;
      }
      case "aac":
      case "adpcm": {
        const units = this.#sound.take(one, this.#position);
        if (this.#sound.track === undefined || this.#position === undefined) return;
        if (this.#tracks === undefined) this.#decide();
        else this.#tell("sound");
        for (const unit of units) this.#give(now, unit, undefined);
        return;
      }
    }
  }

  #handleNewVideo(): void {
    if (this.#tracks !== undefined) return this.#tell("video");
    // Nobody will be told of the track they belong to.
    this.#held = [];
    this.#heldBytes = 0;
  }

  /** There is a picture and nobody was told of tracks yet. */
  #considerSound(now: Instant, position: number): void {
    if (this.#sound.track !== undefined) return this.#decide();
    const wait = this.#wasSilent ? this.#limits.silentWait : this.#limits.soundWait;
    if (!this.#timers.isSet("sound")) {
      this.#firstPosition = position;
      this.#timers.set("sound", now + wait);
    }
    // Where pictures come faster than they were made, sound would, too.
    const isOver = position - this.#firstPosition >= 1_000 * wait;
    const { heldBytes, heldUnits } = this.#limits;
    if (isOver || this.#heldBytes > heldBytes || this.#held.length >= heldUnits) this.#decide();
  }

  /** The tracks are what is known by now. */
  #decide(): void {
    this.#timers.clear("sound");
    if (this.#tracks !== undefined || this.#video.track === undefined) return;
    this.#tell("start");
    for (const unit of this.#held) this.#events.push({ type: "unit", unit });
    this.#held = [];
    this.#heldBytes = 0;
  }

  /** Says what the tracks are, unless that was the last that was said. */
  #tell(why: "start" | "video" | "sound"): void {
    const tracks = [this.#video.track, this.#sound.track].filter((track) => track !== undefined);
    if (this.#tracks !== undefined && sameTracks(this.#tracks, tracks)) return;
    this.#tracks = tracks;
    // Behind everything that still waits, which belongs to the tracks before.
    this.#events.push(...this.#pacer.flush(), { type: "tracks", why, tracks });
  }

  #give(now: Instant, unit: AccessUnit, position: number | undefined): void {
    const bytes = unit.parts.reduce((sum, part) => sum + part.byteLength, 0);
    const madeAt = position === undefined ? undefined : position / 1_000;
    if (this.#tracks !== undefined) {
      this.#pacer.push(now, madeAt, bytes, { type: "unit", unit });
      return;
    }
    if (madeAt !== undefined) this.#pacer.observe(now, madeAt);
    this.#held.push(unit);
    this.#heldBytes += bytes;
  }

  #letGo(now: Instant): void {
    for (let event = this.#pacer.poll(now); event !== undefined; event = this.#pacer.poll(now)) {
      this.#events.push(event);
    }
    const next = this.#pacer.nextAt();
    if (next === undefined) this.#timers.clear("pace");
    else this.#timers.set("pace", next);
  }
}
