import { tryDecode } from "../../bytes/try_decode.ts";
import { type BcMediaFrame, paddingOf } from "./frame.ts";
import { type FrameHead, readHead } from "./head.ts";

/** Bytes were no frames, or frames are missing: what follows may need pictures nobody has. */
export interface BcMediaGap {
  readonly type: "gap";
}

const GAP: BcMediaGap = { type: "gap" };
const EMPTY = new Uint8Array(0);

/**
 * Reads the frames of one preview out of the payloads of its media messages.
 *
 * Frames begin and end anywhere, but nothing is lost on the way from the camera, so bytes that are
 * no frame mean that a message was misread. Nothing inside a message tells where the next frame
 * begins, as pictures hold any bytes whatever: the reader goes on where a *message* begins with a
 * frame, and gives up everything before.
 *
 * A frame is handed out once it is sure. One that fills a message, or ends with the message it
 * began in, is; any other is kept until what comes behind it proves to be a frame too, or until
 * {@link release}. Holds one frame and what was pushed and not read.
 */
export class BcMediaReader {
  readonly #messages: Uint8Array[] = [];
  /** What is unread of the present message. */
  #rest: Uint8Array = EMPTY;
  /** The first bytes of a frame from messages before, with room behind them. */
  #partial: Uint8Array = EMPTY;
  #partialLength = 0;
  /** Of the frame being read, once there is enough of it. */
  #head: FrameHead | undefined;
  /** Complete, and waiting for proof. */
  #kept: BcMediaFrame | undefined;
  #isLost = false;
  /** Bytes that were no frames. */
  discarded = 0;
  /** Times frames may have gone missing. */
  gaps = 0;

  /** Whether it waits for a message that begins with a frame. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Whether a complete frame waits for proof. */
  get isKeeping(): boolean {
    return this.#kept !== undefined;
  }

  /** The payload of the next media message, whole. `message` is borrowed. */
  push(message: Uint8Array): void {
    if (message.byteLength > 0) this.#messages.push(message.slice());
  }

  /** The next frame or gap; `undefined` until more is pushed. */
  next(): BcMediaFrame | BcMediaGap | undefined {
    for (;;) {
      if (this.#rest.byteLength > 0) {
        const found = this.#read();
        if (found !== undefined) return found;
        continue;
      }
      const message = this.#messages.shift();
      if (message === undefined) return undefined;
      this.#rest = message;
      const found = this.#begin();
      if (found !== undefined) return found;
    }
  }

  /** The frame that waits for proof, taken as it is, since none is coming. */
  release(): BcMediaFrame | undefined {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept;
  }

  /** Forgets all: the camera begins anew. */
  reset(): void {
    this.#messages.length = 0;
    this.#rest = EMPTY;
    this.#forget();
    this.#isLost = false;
  }

  /** A message begins. What is unfinished by now is over if it begins with a frame. */
  #begin(): BcMediaFrame | BcMediaGap | undefined {
    if (!this.#isLost && this.#partialLength === 0) return undefined;
    if (tryDecode(() => readHead(this.#rest)) === undefined) {
      if (this.#isLost) this.#discardRest();
      return undefined;
    }
    if (!this.#isLost) return this.#breakOff();
    this.#isLost = false;
    return undefined;
  }

  /** Reads on in the present message; `undefined` if that brought nothing to hand out yet. */
  #read(): BcMediaFrame | BcMediaGap | undefined {
    if (this.#head === undefined) return this.#readHead();
    const { length, payloadLength, size } = this.#head;
    const end = length + payloadLength + paddingOf(size);
    const missing = end - this.#partialLength;
    if (this.#rest.byteLength < missing) {
      this.#keepRest(end);
      return undefined;
    }
    const isInOne = this.#partialLength === 0;
    const frame = this.#finish(this.#head, this.#take(missing, end));
    if (isInOne && this.#rest.byteLength === 0) return frame;
    this.#kept = frame;
    return undefined;
  }

  #readHead(): BcMediaFrame | BcMediaGap | undefined {
    const before = this.#partialLength;
    const decoded = tryDecode(() => ({ head: readHead(this.#peek()) }));
    if (decoded === undefined) return this.#lose();
    if (decoded.head === undefined) {
      this.#keepRest(before + this.#rest.byteLength);
      return undefined;
    }
    this.#head = decoded.head;
    return this.release();
  }

  /** The bytes of the present frame there are. Short while its head is not known. */
  #peek(): Uint8Array {
    if (this.#partialLength === 0) return this.#rest;
    // More than any head has, so that a long message is not copied for it.
    const some = this.#rest.subarray(0, 512);
    const joined = new Uint8Array(this.#partialLength + some.byteLength);
    joined.set(this.#partial.subarray(0, this.#partialLength));
    joined.set(some, this.#partialLength);
    return joined;
  }

  /** The whole frame, of `end` bytes, of which the present message has the last `missing`. */
  #take(missing: number, end: number): Uint8Array {
    const last = this.#rest.subarray(0, missing);
    this.#rest = this.#rest.subarray(missing);
    if (this.#partialLength === 0) return last;
    this.#append(last, end);
    return this.#partial.subarray(0, end);
  }

  #finish(head: FrameHead, bytes: Uint8Array): BcMediaFrame {
    this.#forget();
    return head.finish(bytes.subarray(head.length, head.length + head.payloadLength));
  }

  /** The rest of the message belongs to a frame of `end` bytes that goes on in the next one. */
  #keepRest(end: number): void {
    this.#append(this.#rest, end);
    this.#rest = EMPTY;
  }

  /** Grows by doubling, as sizes are claims: memory is for bytes that came. */
  #append(bytes: Uint8Array, end: number): void {
    const length = this.#partialLength + bytes.byteLength;
    if (length > this.#partial.byteLength) {
      const grown = new Uint8Array(Math.max(length, Math.min(end, 2 * length)));
      grown.set(this.#partial.subarray(0, this.#partialLength));
      this.#partial = grown;
    }
    this.#partial.set(bytes, this.#partialLength);
    this.#partialLength = length;
  }

  /** A frame begins where another was to go on, which may lack nothing but its padding. */
  #breakOff(): BcMediaFrame | BcMediaGap {
    const head = this.#head;
    const partial = this.#partial.subarray(0, this.#partialLength);
    if (head !== undefined && partial.byteLength >= head.length + head.payloadLength) {
      return this.#finish(head, partial);
    }
    this.discarded += partial.byteLength;
    this.#forget();
    return this.#gap();
  }

  #lose(): BcMediaGap {
    this.discarded += this.#partialLength;
    this.#discardRest();
    this.#forget();
    this.#isLost = true;
    return this.#gap();
  }

  #gap(): BcMediaGap {
    this.gaps++;
    return GAP;
  }

  #discardRest(): void {
    this.discarded += this.#rest.byteLength;
    this.#rest = EMPTY;
  }

  #forget(): void {
    this.#partial = EMPTY;
    this.#partialLength = 0;
    this.#head = undefined;
    this.#kept = undefined;
  }
}
