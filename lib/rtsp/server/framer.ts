import type { AccessUnit, Track } from "../../media/track.ts";
import { rtpFormat } from "../../rtp/format.ts";
import { RTP_HEADER_LENGTH, setRtpHeader } from "../../rtp/packet.ts";
import { MAX_PAYLOAD_LENGTH, type Packetize, payloadLength } from "../../rtp/payload.ts";
import { INTERLEAVED_HEADER_LENGTH, INTERLEAVED_MAGIC } from "../message.ts";
import type { PlayedTrack } from "./playback.ts";

const HEADERS_LENGTH = INTERLEAVED_HEADER_LENGTH + RTP_HEADER_LENGTH;

/** An access unit in interleaved frames, but for what differs from viewer to viewer. */
export class FramedUnit {
  readonly #blank: Uint8Array;

  constructor(blank: Uint8Array) {
    this.#blank = blank;
  }

  /** Of all frames. */
  get byteLength(): number {
    return this.#blank.byteLength;
  }

  /** Writes the frames for one viewer to `into`: one copy, and the headers of its next packets. */
  copyFor({ sender, channels }: PlayedTrack, timestamp: number, into: Uint8Array): void {
    into.set(this.#blank);
    const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
    for (let at = 0; at < into.byteLength;) {
      const length = view.getUint16(at + 2);
      const end = at + INTERLEAVED_HEADER_LENGTH + length;
      const isLast = end === into.byteLength;
      const header = sender.next(timestamp, isLast, length - RTP_HEADER_LENGTH);
      view.setUint8(at + 1, channels.rtp);
      setRtpHeader(view, at + INTERLEAVED_HEADER_LENGTH, header);
      at = end;
    }
  }
}

/** Puts the access units of one track into frames, once for all its viewers. */
export class Framer {
  readonly #packetize: Packetize;
  /** The one before: viewers get the same unit one right after the other. */
  #last: { readonly unit: AccessUnit; readonly framed: FramedUnit } | undefined;

  private constructor(track: Track) {
    this.#packetize = rtpFormat(track).packetize;
  }

  /** The one of `track`, the same for everybody. */
  static of(track: Track): Framer {
    const framer = framers.get(track) ?? new Framer(track);
    framers.set(track, framer);
    return framer;
  }

  frame(unit: AccessUnit): FramedUnit {
    if (this.#last?.unit === unit) return this.#last.framed;
    const framed = new FramedUnit(this.#cut(unit));
    this.#last = { unit, framed };
    return framed;
  }

  #cut({ parts }: AccessUnit): Uint8Array {
    const payloads = this.#packetize(parts, MAX_PAYLOAD_LENGTH);
    const lengths = payloads.map(payloadLength);
    const frames = new Uint8Array(lengths.reduce((sum, one) => sum + HEADERS_LENGTH + one, 0));
    const view = new DataView(frames.buffer);
    let at = 0;
    payloads.forEach((payload, i) => {
      view.setUint8(at, INTERLEAVED_MAGIC);
      view.setUint16(at + 2, RTP_HEADER_LENGTH + (lengths[i] ?? 0));
      at += HEADERS_LENGTH;
      for (const piece of payload) {
        frames.set(piece, at);
        at += piece.byteLength;
      }
    });
    return frames;
  }
}

const framers = new WeakMap<Track, Framer>();
