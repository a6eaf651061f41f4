import { Reader } from "../bytes/reader.ts";
import { seqAdd } from "../bytes/seq.ts";
import type { Entropy } from "../machine.ts";
import type { RtpHeader } from "./packet.ts";
import type { SenderReport } from "./rtcp.ts";

/** The counters of one RTP stream to one receiver. */
export class RtpSender {
  readonly payloadType: number;
  readonly ssrc: number;
  readonly #timestampBase: number;
  #sequenceNumber: number;
  #packetCount = 0;
  #octetCount = 0;

  /** SSRC, first sequence number and first timestamp are random (RFC 3550 section 5.1). */
  constructor(payloadType: number, entropy: Entropy) {
    const random = new Reader(entropy(10), "entropy");
    this.payloadType = payloadType;
    this.ssrc = random.u32();
    this.#timestampBase = random.u32();
    this.#sequenceNumber = random.u16();
  }

  /** Sequence number of the next packet. */
  get nextSequenceNumber(): number {
    return this.#sequenceNumber;
  }

  /** The header of the next packet, whose payload has `length` bytes. */
  next(timestamp: number, marker: boolean, length: number): RtpHeader {
    const header = {
      marker,
      payloadType: this.payloadType,
      sequenceNumber: this.#sequenceNumber,
      timestamp: this.rtpTimestamp(timestamp),
      ssrc: this.ssrc,
    };
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    this.#packetCount = seqAdd(this.#packetCount, 1);
    this.#octetCount = seqAdd(this.#octetCount, length);
    return header;
  }

  /** What stands in RTP headers for a `timestamp` of the track. */
  rtpTimestamp(timestamp: number): number {
    // Not seqAdd(): timestamps of a track grow past 2³² and must wrap around here.
    return (this.#timestampBase + timestamp % 2 ** 32) % 2 ** 32;
  }

  /** The state of the stream for a report; `timestamp` of the track is the moment `wallClock`. */
  report(timestamp: number, wallClock: number): SenderReport {
    return {
      ssrc: this.ssrc,
      wallClock,
      rtpTimestamp: this.rtpTimestamp(timestamp),
      packetCount: this.#packetCount,
      octetCount: this.#octetCount,
    };
  }
}
