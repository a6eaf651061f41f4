/** The loudspeaker of a Reolink camera: samples in, blocks of ADPCM out. @module */

import { type AdpcmState, encodeAdpcm } from "../../media/ima_adpcm.ts";
import { BaichuanError } from "../../reolink/baichuan/baichuan_error.ts";
import type { Talk } from "../../reolink/baichuan/talk.ts";
import type { TalkLine } from "../camera.ts";
import { LinkError } from "../link/link_error.ts";
import type { SessionUse } from "./session.ts";

/** Opens it; releases `use` once the talk is over, or where there is none. Rejects with `LinkError`. */
export async function openReolinkTalk(use: SessionUse): Promise<TalkLine> {
  try {
    return new ReolinkTalk(await asked(use.client.talk()), use);
  } catch (error) {
    use.release();
    throw error;
  }
}

class ReolinkTalk implements TalkLine {
  readonly #talk: Talk;
  readonly #use: SessionUse;
  #state: AdpcmState = { predictor: 0, stepIndex: 0 };

  constructor(talk: Talk, use: SessionUse) {
    this.#talk = talk;
    this.#use = use;
  }

  get sampleRate(): number {
    return this.#talk.config.sampleRate;
  }

  /** A byte holds two samples. */
  get blockLength(): number {
    return this.#talk.config.samplesPerBlock & ~1;
  }

  async write(block: Int16Array): Promise<void> {
    const { predictor, stepIndex } = this.#state;
    const { nibbles, after } = encodeAdpcm(this.#state, block);
    this.#state = after;
    // Nobody reads the word, and in captures it is half of the nibbles' length [capture].
    const unknown = nibbles.byteLength >>> 1;
    await asked(this.#talk.write({ type: "adpcm", unknown, predictor, stepIndex, nibbles }));
  }

  async end(): Promise<void> {
    try {
      await asked(this.#talk.end());
    } finally {
      this.#use.release();
    }
  }
}

async function asked<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (!(error instanceof BaichuanError)) throw error;
    const { message: detail, reason } = error;
    const known = reason === "silent" ? "timeout" : "peer";
    throw new LinkError({ reason: known, stage: "talk", detail, advice: "" }, error);
  }
}
