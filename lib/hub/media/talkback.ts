/**
 * Talking to a camera: one talker at a time, what they say kept for a moment and played in its own
 * time.
 *
 * @module
 */

import type { Clock } from "../../io/types.ts";
import type { Log } from "../../log/log.ts";
import type { Duration } from "../../machine.ts";
import { Resampler } from "../../media/resampler.ts";
import { type Loudspeaker, type Source, SPEECH_RATE, type Talker } from "../../media/source.ts";
import type { Camera, TalkLine } from "../camera.ts";
import { LinkError } from "../link/link_error.ts";
import { settleOrAbort } from "../settle_or_abort.ts";

export const TALK_LIMITS = {
  /** Silence after which the loudspeaker is somebody else's. */
  silence: 2_000,
  /** What may wait to be played; older sound is left out, as answers come to newer. */
  waiting: 500,
  /** What is kept before the first block, so that an uneven way does not tear words apart. */
  head: 100,
  /** How far ahead of what is heard the camera is given sound. */
  lead: 100,
  /** How long after a failure the loudspeaker is opened anew. */
  retry: 5_000,
  /** How long a camera may take to say whether it has a loudspeaker. */
  answer: 3_000,
} as const satisfies Record<string, Duration>;

export interface TalkbackOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The camera as it is now; another one after a stop. */
  readonly camera: () => Camera;
  readonly onBug: (error: unknown) => void;
}

/** A camera's loudspeaker, for all its viewers. Never a reason to connect. */
export class Talkback implements Loudspeaker {
  readonly #options: TalkbackOptions;
  #talk: RunningTalk | undefined;

  constructor(options: TalkbackOptions) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#talk !== undefined;
  }

  talker(): Talker {
    let own: RunningTalk | undefined;
    let unheard = 0;
    return {
      say: (samples) => {
        if (own === undefined || own.isOver) own = this.#begin();
        if (own === undefined) unheard += samples.length;
        else own.say(samples);
      },
      end: () => {
        own?.end();
        if (unheard === 0) return;
        const ms = msOf(unheard);
        this.#options.log.warn("a viewer was not heard as another one talked", { ms });
      },
    };
  }

  /** The same source, with this loudspeaker. */
  beside(source: Source): Source {
    return {
      tracks: source.tracks,
      read: (reader) => source.read(reader),
      loudspeaker: (signal) => this.#find(signal),
    };
  }

  async #find(signal: AbortSignal): Promise<Loudspeaker | undefined> {
    const { camera, clock, onBug } = this.#options;
    const tooLate = new AbortController();
    const cancel = clock.setTimer(TALK_LIMITS.answer, () => tooLate.abort());
    try {
      const both = AbortSignal.any([signal, tooLate.signal]);
      const canTalk = await settleOrAbort(camera().canTalk?.(both) ?? Promise.resolve(false), both);
      return canTalk === true ? this : undefined;
    } catch (error) {
      onBug(error);
      return undefined;
    } finally {
      cancel();
    }
  }

  /** `undefined` while the loudspeaker is somebody else's. */
  #begin(): RunningTalk | undefined {
    if (this.#talk !== undefined) return undefined;
    const talk = new RunningTalk(this.#options);
    this.#talk = talk;
    void talk.run().catch(this.#options.onBug).finally(() => this.#talk = undefined);
    return talk;
  }
}

/** One talk, from the first word to the silence after the last. */
class RunningTalk {
  readonly #options: TalkbackOptions;
  readonly #waiting: Int16Array[] = [];
  #waitingSamples = 0;
  #said = 0;
  #dropped = 0;
  #isEnding = false;
  #cancelSilence = () => {};
  #wake = () => {};
  /** Nobody's any more; who goes on talking begins another one. */
  isOver = false;

  constructor(options: TalkbackOptions) {
    this.#options = options;
  }

  say(samples: Int16Array): void {
    if (this.#isEnding) return;
    this.#cancelSilence();
    this.#cancelSilence = this.#options.clock.setTimer(TALK_LIMITS.silence, () => this.end());
    this.#said += samples.length;
    this.#waiting.push(samples);
    this.#waitingSamples += samples.length;
    this.#dropOld();
    this.#wake();
  }

  end(): void {
    this.#cancelSilence();
    this.#isEnding = true;
    this.#wake();
  }

  /** Plays until the end. Rejects on bugs of ours alone. */
  async run(): Promise<void> {
    const { log } = this.#options;
    try {
      while (!this.#isEnding) {
        try {
          await this.#playAll();
        } catch (error) {
          if (!(error instanceof LinkError)) throw error;
          log.warn("cannot talk to the camera", { detail: error.end.detail });
          await this.#pause(TALK_LIMITS.retry);
        }
      }
    } finally {
      this.#cancelSilence();
      this.isOver = true;
      log.info("talk ended", { said: msOf(this.#said), dropped: msOf(this.#dropped) });
    }
  }

  async #playAll(): Promise<void> {
    const line = await this.#options.camera().talk?.();
    if (line === undefined) throw new LinkError(NO_LOUDSPEAKER);
    this.#options.log.info("talk began");
    try {
      await this.#play(line);
    } finally {
      await line.end();
    }
  }

  async #play(line: TalkLine): Promise<void> {
    const { clock } = this.#options;
    const resampler = new Resampler(SPEECH_RATE, line.sampleRate);
    const block = new Int16Array(line.blockLength);
    let length = 0;
    let heardUntil = clock.now();
    const flush = async () => {
      const early = heardUntil - clock.now() - TALK_LIMITS.lead;
      if (early > 0) await this.#sleep(early);
      await line.write(block.fill(0, length));
      heardUntil = Math.max(heardUntil, clock.now()) + 1_000 * block.length / line.sampleRate;
      length = 0;
    };
    await this.#gather();
    for (;;) {
      const piece = this.#waiting.shift();
      if (piece !== undefined) {
        this.#waitingSamples -= piece.length;
        for (const sample of resampler.push(piece)) {
          block[length++] = sample;
          if (length === block.length) await flush();
        }
      } else if (this.#isEnding) {
        if (length > 0) await flush();
        return;
      } else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Waits until there is something to begin with. */
  async #gather(): Promise<void> {
    const enough = SPEECH_RATE * TALK_LIMITS.head / 1_000;
    while (this.#waitingSamples < enough && !this.#isEnding) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Forgets the oldest of what waits, a part of a piece too. */
  #dropOld(): void {
    for (;;) {
      const tooMany = this.#waitingSamples - SPEECH_RATE * TALK_LIMITS.waiting / 1_000;
      const [first] = this.#waiting;
      if (tooMany <= 0 || first === undefined) return;
      const dropped = Math.min(tooMany, first.length);
      if (dropped === first.length) this.#waiting.shift();
      else this.#waiting[0] = first.subarray(dropped);
      this.#waitingSamples -= dropped;
      this.#dropped += dropped;
    }
  }

  #sleep(duration: Duration): Promise<void> {
    return new Promise((resolve) => this.#options.clock.setTimer(duration, resolve));
  }

  /** Ends early with the talk. */
  async #pause(duration: Duration): Promise<void> {
    let isOver = false;
    const cancel = this.#options.clock.setTimer(duration, () => {
      isOver = true;
      this.#wake();
    });
    while (!isOver && !this.#isEnding) await new Promise<void>((resolve) => this.#wake = resolve);
    cancel();
  }
}

function msOf(samples: number): Duration {
  return Math.round(1_000 * samples / SPEECH_RATE);
}

const NO_LOUDSPEAKER = {
  reason: "local",
  stage: "talk",
  detail: "the camera has no loudspeaker",
  advice: "",
} as const;
