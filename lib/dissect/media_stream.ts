import { concatBytes } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import {
  type BcMediaFrame,
  paddingOf,
  posixTimeOf,
  type VideoFrame,
} from "../reolink/bcmedia/frame.ts";
import { type FrameHead, readHead } from "../reolink/bcmedia/head.ts";
import type { Findings } from "./findings.ts";

const NOTHING = new Uint8Array(0);

/**
 * Finds the heads of BcMedia frames in the payloads of one preview's messages. A frame is told of
 * where its head is complete; what it holds is counted and not kept.
 */
export class MediaStream {
  /** The beginning of a head. */
  #partial: Uint8Array = NOTHING;
  /** Bytes of the present frame that are still to come, and how many of those are padding. */
  #left = 0;
  #padding = 0;
  /** Until a message begins with a frame: a capture may begin anywhere. */
  #isLost = true;

  /** Reads the payload of the next message. */
  push(message: Uint8Array, offset: number, findings: Findings): void {
    this.#begin(message, offset, findings);
    if (this.#isLost) return;
    let rest = message;
    while (rest.byteLength > 0) {
      const skipped = Math.min(this.#left, rest.byteLength);
      this.#left -= skipped;
      rest = rest.subarray(skipped);
      if (rest.byteLength === 0) return;
      const bytes = concatBytes([this.#partial, rest]);
      const head = headOf(bytes);
      if (head === "none") return this.#lose(offset, findings);
      if (head === undefined) {
        this.#partial = bytes;
        return;
      }
      tell(head, findings);
      rest = rest.subarray(Math.max(0, head.length - this.#partial.byteLength));
      this.#partial = NOTHING;
      this.#padding = paddingOf(head.size);
      this.#left = head.payloadLength + this.#padding;
    }
  }

  /** Nothing is lost on the way: a frame where another was to go on is the end of that. */
  #begin(message: Uint8Array, offset: number, findings: Findings): void {
    const isInside = this.#left > 0 || this.#partial.byteLength > 0;
    if (!this.#isLost && !isInside) return;
    const head = headOf(message);
    if (head === "none" || head === undefined) return;
    // The padding of the last frame may be left out.
    if (isInside && (this.#left > this.#padding || this.#partial.byteLength > 0)) {
      const rule = "a BcMedia frame must go on here, but another one begins";
      findings.errors.push({ offset, rule });
    }
    this.#isLost = false;
    this.#left = 0;
    this.#partial = NOTHING;
  }

  #lose(offset: number, findings: Findings): void {
    this.#isLost = true;
    this.#left = 0;
    this.#partial = NOTHING;
    findings.errors.push({ offset, rule: "a BcMedia frame must begin here" });
  }
}

/** `undefined` while there is too little of it. */
function headOf(bytes: Uint8Array): FrameHead | undefined | "none" {
  try {
    return readHead(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return "none";
    throw error;
  }
}

function tell(head: FrameHead, { fields, summaries }: Findings): void {
  const frame = head.finish(NOTHING);
  fields.add({ "bcmedia.type": typeOf(frame), "bcmedia.size": head.size });
  switch (frame.type) {
    case "video":
      fields.add({
        "bcmedia.codec": frame.codec,
        "bcmedia.channel": frame.channel,
        "bcmedia.us": frame.microseconds,
        "bcmedia.us_high": frame.microsecondsHigh,
        "bcmedia.posix": posixTimeOf(frame),
      });
      break;
    case "info":
      fields.add({
        "bcmedia.width": frame.width,
        "bcmedia.height": frame.height,
        "bcmedia.fps": frame.fps,
      });
      break;
    default:
      break;
  }
  summaries.push(describe(frame, head.size));
}

function typeOf(frame: BcMediaFrame): string {
  return frame.type === "video" ? frame.keyframe ? "key" : "inter" : frame.type;
}

function describe(frame: BcMediaFrame, size: number): string {
  switch (frame.type) {
    case "video":
      return `${frame.codec} ${frame.keyframe ? "key frame" : "frame"} of ${size} bytes at ${
        secondsOf(frame)
      } s`;
    case "info":
      return `info ${frame.width}x${frame.height}, ${frame.fps} a second`;
    case "aac":
      return `AAC of ${size} bytes`;
    case "adpcm":
      return `ADPCM of ${size} bytes`;
  }
}

/** By the camera's own clock. */
function secondsOf({ microseconds, microsecondsHigh }: VideoFrame): string {
  return ((microsecondsHigh * 2 ** 32 + microseconds) / 1e6).toFixed(6);
}
