import type { Duration, Instant } from "../../machine.ts";
import { encodeAdpcm } from "../bcmedia/encode.ts";
import type { AdpcmFrame } from "../bcmedia/frame.ts";
import { type AudioConfig, READ_TALK_ABILITY, type TalkAbility } from "./commands/talk_ability.ts";
import { START_TALK } from "./commands/talk_config.ts";
import { TALK_DATA } from "./commands/talk_data.ts";
import { STOP_TALK } from "./commands/talk_stop.ts";
import type { Exchange } from "./exchange.ts";
import type { NumberPool } from "./number_pool.ts";
import { type Done, done, failed, type Outcome } from "./outcome.ts";

/** Blocks that may wait to be played. */
export const MAX_BLOCKS_WAITING = 32;

/** How often to take the loudspeaker away from somebody else. */
const MAX_TAKEOVERS = 2;

/** Somebody else talks. */
const TALK_BUSY = 422;

/** Wait between the last block and the end, which would cut it off. [observed] */
const LAST_WORDS: Duration = 100;

/** A sender later than this does not catch up: the camera could not play it that fast. */
const MAX_LATENESS: Duration = 200;

interface Waiting {
  readonly media: Uint8Array;
  readonly duration: Duration;
}

/** The way to a camera's loudspeaker. Blocks leave at the pace at which they are heard. */
export class TalkLine {
  readonly #exchange: Exchange;
  readonly #numbers: NumberPool;
  readonly #channel: number;
  readonly #waiting: Waiting[] = [];
  #state: "closed" | "opening" | "open" | "ending" = "closed";
  /** Samples in a second. */
  #sampleRate = 0;
  /** Of all blocks of one talk. */
  #num = 0;
  /** When the next block may leave. */
  #nextBlock: Instant = -Infinity;
  #wantsSpace = false;
  #opening: { readonly onDone: Done<AudioConfig> } | undefined;
  #onEnded: Done<unknown> = () => {};

  constructor(exchange: Exchange, numbers: NumberPool, channel: number) {
    this.#exchange = exchange;
    this.#numbers = numbers;
    this.#channel = channel;
  }

  /** Whether the camera has to be told of the end. */
  get isOpen(): boolean {
    return this.#state !== "closed";
  }

  /** Done with how sound has to be encoded. */
  open(now: Instant, onDone: Done<AudioConfig>): void {
    if (this.#state !== "closed") return onDone(failed("busy", "it is being talked to"), now);
    this.#state = "opening";
    const opening = { onDone };
    this.#opening = opening;
    this.#exchange.ask(now, READ_TALK_ABILITY, { channel: this.#channel }, (outcome, at) => {
      if (this.#opening !== opening) return;
      if (outcome.type === "failed") return this.#finishOpening(at, outcome);
      const config = outcome.value.configs.find(isUsable);
      if (config !== undefined) return this.#start(at, outcome.value, config, MAX_TAKEOVERS);
      const detail = "the camera plays no sound that can be made here";
      this.#finishOpening(at, failed("garbled", detail));
    });
  }

  /**
   * Queues a block; false where there is no room, and then `takeSpace()` tells once there is. Throws
   * `RangeError` where the line is not open.
   */
  write(now: Instant, frame: AdpcmFrame): boolean {
    if (this.#state !== "open") {
      throw new RangeError(`Cannot talk as the line must be open: it is ${this.#state}`);
    }
    if (this.#waiting.length >= MAX_BLOCKS_WAITING) {
      this.#wantsSpace = true;
      return false;
    }
    const duration = 1_000 * 2 * frame.nibbles.byteLength / this.#sampleRate;
    this.#waiting.push({ media: encodeAdpcm(frame), duration });
    this.handleTimeout(now);
    return true;
  }

  /** Whether there is room since `write()` found none; true once. */
  takeSpace(): boolean {
    const hasSpace = this.#wantsSpace && this.#waiting.length < MAX_BLOCKS_WAITING / 2;
    if (hasSpace) this.#wantsSpace = false;
    return hasSpace;
  }

  /** Ends the talk once all was said. */
  end(now: Instant, onDone: Done<unknown>): void {
    if (this.#state !== "open") return onDone(done({}), now);
    this.#state = "ending";
    this.#onEnded = onDone;
    this.#nextBlock = Math.max(this.#nextBlock, now);
    if (this.#waiting.length === 0) this.#nextBlock += LAST_WORDS;
  }

  /** Ends the talk at once, in mid-sentence. */
  cutOff(now: Instant, onDone: Done<unknown>): void {
    const onEnded = this.#reset(now, "the talk was ended");
    this.#exchange.ask(now, STOP_TALK, { channel: this.#channel }, (_, at) => {
      // To refuse means that nobody talks.
      onEnded(done({}), at);
      onDone(done({}), at);
    }, { isUrgent: true });
  }

  /** The connection is over. */
  close(now: Instant, detail: string): void {
    this.#reset(now, detail)(failed("closed", detail), now);
  }

  handleTimeout(now: Instant): void {
    while (this.#waiting.length > 0 && now >= this.#nextBlock) this.#sendNext(now);
    if (this.#state !== "ending" || this.#waiting.length > 0 || now < this.#nextBlock) return;
    this.cutOff(now, () => {});
  }

  pollTimeout(): Instant | undefined {
    const isWaiting = this.#waiting.length > 0 || this.#state === "ending";
    return isWaiting ? this.#nextBlock : undefined;
  }

  #start(now: Instant, ability: TalkAbility, config: AudioConfig, takeovers: number): void {
    const opening = this.#opening;
    const { priority: _, ...chosen } = config;
    const { duplexes: [duplex = "FDX"], modes: [mode = "followVideoStream"] } = ability;
    const request = { channel: this.#channel, duplex, mode, config: chosen };
    this.#exchange.ask(now, START_TALK, request, (outcome, at) => {
      if (this.#opening !== opening) return;
      if (outcome.type === "failed" && outcome.code === TALK_BUSY && takeovers > 0) {
        this.#exchange.ask(at, STOP_TALK, { channel: this.#channel }, (_, then) => {
          if (this.#opening === opening) this.#start(then, ability, config, takeovers - 1);
        });
        return;
      }
      if (outcome.type === "done") {
        this.#sampleRate = config.sampleRate;
        this.#num = this.#numbers.take();
        this.#nextBlock = -Infinity;
      }
      this.#finishOpening(at, outcome.type === "done" ? done(config) : outcome);
    });
  }

  #finishOpening(now: Instant, outcome: Outcome<AudioConfig>): void {
    const opening = this.#opening;
    this.#opening = undefined;
    this.#state = outcome.type === "done" ? "open" : "closed";
    opening?.onDone(outcome, now);
  }

  /** Forgets the talk; returns who waits for its end. */
  #reset(now: Instant, detail: string): Done<unknown> {
    if (this.#state === "opening") this.#finishOpening(now, failed("closed", detail));
    if (this.#state !== "closed") this.#numbers.release(this.#num);
    this.#state = "closed";
    this.#waiting.length = 0;
    const onEnded = this.#onEnded;
    this.#onEnded = () => {};
    return onEnded;
  }

  #sendNext(now: Instant): void {
    const block = this.#waiting.shift();
    if (block === undefined) return;
    this.#exchange.tell(TALK_DATA, { channel: this.#channel, media: block.media }, this.#num);
    const since = now - this.#nextBlock > MAX_LATENESS ? now : this.#nextBlock;
    this.#nextBlock = since + block.duration;
    if (this.#state === "ending" && this.#waiting.length === 0) this.#nextBlock += LAST_WORDS;
  }
}

/** Samples of a block, at most: half a second at the rate cameras have. */
const MAX_BLOCK_SAMPLES = 8_192;

/** Whether sound can be made here as a camera wants it. */
export function isUsable(config: AudioConfig): boolean {
  const { audioType, sampleRate, samplesPerBlock, soundTrack } = config;
  return audioType === "adpcm" && soundTrack === "mono" && sampleRate >= 4_000 &&
    sampleRate <= 96_000 && samplesPerBlock >= 2 && samplesPerBlock <= MAX_BLOCK_SAMPLES;
}
