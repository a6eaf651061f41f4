import { decodeAdpcm } from "../../media/ima_adpcm.ts";
import { BcMediaReader } from "../../reolink/bcmedia/reader.ts";

/** Samples that are remembered: half a minute at 16 kHz. */
export const MAX_RECORDED = 30 * 16_000;

/** A camera's loudspeaker, which one client has at a time. Clients are told apart by identity. */
export class Loudspeaker {
  #owner: object | undefined;
  readonly #recorded: Int16Array[] = [];
  #recordedSamples = 0;
  /** What was said so far, in whole messages and in bytes of media. */
  messages = 0;
  bytes = 0;

  /** Whether anybody has it. */
  get isTaken(): boolean {
    return this.#owner !== undefined;
  }

  /** The last that was heard from it, in samples of 16 bits; what was no ADPCM made no sound. */
  get heard(): Int16Array {
    const samples = new Int16Array(this.#recordedSamples);
    let at = 0;
    for (const piece of this.#recorded) {
      samples.set(piece, at);
      at += piece.length;
    }
    return samples;
  }

  /** False when somebody else has it. */
  take(client: object): boolean {
    if (this.#owner !== undefined && this.#owner !== client) return false;
    this.#owner = client;
    return true;
  }

  /** False when it is not this client's. */
  play(client: object, media: Uint8Array): boolean {
    if (this.#owner !== client) return false;
    this.messages += 1;
    this.bytes += media.byteLength;
    const reader = new BcMediaReader();
    reader.push(media);
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      if (frame.type === "adpcm") this.#record(decodeAdpcm(frame, frame.nibbles).samples);
    }
    return true;
  }

  release(client: object): void {
    if (this.#owner === client) this.#owner = undefined;
  }

  /** Takes it from whoever has it. */
  stop(): void {
    this.#owner = undefined;
  }

  #record(samples: Int16Array): void {
    this.#recorded.push(samples);
    this.#recordedSamples += samples.length;
    while (this.#recordedSamples > MAX_RECORDED) {
      this.#recordedSamples -= this.#recorded.shift()?.length ?? Infinity;
    }
  }
}
