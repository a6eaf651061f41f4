import { INTERLEAVED_HEADER_LENGTH, INTERLEAVED_MAGIC } from "./message.ts";

/** What stands at the front of the bytes waiting. */
export interface SyncState {
  /** Bytes to throw away. */
  readonly junk: number;
  /** Whether a message begins behind them; otherwise more bytes are needed to tell. */
  readonly ready: boolean;
}

/** Rubbish thrown away in one go before the stream is taken for something else altogether. */
export const MAX_JUNK_BYTES = 1 << 20;

/** What a server may begin a message with; a method is followed by a blank. */
const STARTS = [
  ...["OPTIONS", "DESCRIBE", "ANNOUNCE", "GET_PARAMETER", "SET_PARAMETER", "REDIRECT"],
  ...["PLAY_NOTIFY", "TEARDOWN", "PAUSE", "RECORD"],
].map((method) => new TextEncoder().encode(`${method} `)).concat(
  new TextEncoder().encode("RTSP/1."),
);

/** Whether something is so: no, yes, or not to be told yet. */
type Answer = "no" | "yes" | "unknown";

/**
 * Finds the next message in the stream of a camera that sends rubbish between them.
 *
 * While all is well a frame is believed where its channel is agreed and its payload is RTP or RTCP
 * by its version; any other frame, and every frame after rubbish, only if what follows it looks
 * like the beginning of a message too. What is not believed is searched byte by byte.
 */
export class FrameSync {
  readonly #isChannel: (channel: number) => boolean;
  #lost = false;
  #junkInOneGo = 0;
  /** Bytes thrown away so far. */
  junkBytes = 0;
  /** Times rubbish began. */
  losses = 0;

  /** @param isChannel Whether a channel of interleaved frames is agreed. */
  constructor(isChannel: (channel: number) => boolean) {
    this.#isChannel = isChannel;
  }

  /** Whether there has been too much rubbish to hope for more. */
  get isHopeless(): boolean {
    return this.#junkInOneGo > MAX_JUNK_BYTES;
  }

  /** Looks at the bytes waiting, which begin where a message should. */
  look(bytes: Uint8Array): SyncState {
    for (let at = 0; at < bytes.byteLength; at++) {
      const answer = this.#beginsMessage(bytes, at);
      if (answer === "no") {
        this.#lose();
        continue;
      }
      this.#count(at);
      if (answer === "yes") this.#find();
      return { junk: at, ready: answer === "yes" };
    }
    this.#count(bytes.byteLength);
    return { junk: bytes.byteLength, ready: false };
  }

  #lose(): void {
    if (!this.#lost) this.losses++;
    this.#lost = true;
  }

  #find(): void {
    this.#lost = false;
    this.#junkInOneGo = 0;
  }

  #count(junk: number): void {
    this.junkBytes += junk;
    this.#junkInOneGo += junk;
  }

  #beginsMessage(bytes: Uint8Array, at: number): Answer {
    const first = bytes[at] ?? 0;
    if (first === INTERLEAVED_MAGIC) return this.#beginsFrame(bytes, at);
    return isCapital(first) ? beginsWithStart(bytes, at) : "no";
  }

  #beginsFrame(bytes: Uint8Array, at: number): Answer {
    const channel = bytes[at + 1];
    const first = bytes[at + INTERLEAVED_HEADER_LENGTH];
    if (channel === undefined) return "unknown";
    const isAgreed = this.#isChannel(channel);
    if (this.#lost && !isAgreed) return "no";
    if (first === undefined) return "unknown";
    const isRtp = first >>> 6 === 2;
    if (this.#lost && !isRtp) return "no";
    if (!this.#lost && isAgreed && isRtp) return "yes";
    const length = (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0);
    const next = bytes[at + INTERLEAVED_HEADER_LENGTH + length];
    // To wait for 64 KiB that rubbish speaks of would hold up the picture.
    if (next === undefined) return this.#lost ? "unknown" : "no";
    return mayBeginMessage(next) ? "yes" : "no";
  }
}

function beginsWithStart(bytes: Uint8Array, at: number): Answer {
  for (const start of STARTS) {
    const length = Math.min(start.byteLength, bytes.byteLength - at);
    let same = 0;
    while (same < length && start[same] === bytes[at + same]) same++;
    if (same === start.byteLength) return "yes";
    if (at + same === bytes.byteLength) return "unknown";
  }
  return "no";
}

function isCapital(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

function mayBeginMessage(byte: number): boolean {
  return byte === INTERLEAVED_MAGIC || isCapital(byte) || byte === 0x0d || byte === 0x0a;
}
