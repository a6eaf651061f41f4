import { tryDecode } from "../../bytes/try_decode.ts";
import { decodeALaw, decodeMuLaw } from "../../media/g711.ts";
import type { Talker } from "../../media/source.ts";
import { decodeRtpPacket, type RtpPacket } from "../../rtp/packet.ts";
import { SPEECH_PAYLOAD_TYPES } from "./describe.ts";

/** Packets of one sender further behind the last than this begin a new count, RFC 3550 A.1. */
const MAX_MISORDER = 100;

/**
 * What a client says over a backchannel: RTP packets of G.711 in, samples to whoever talks with them.
 * Packets that are missing are not waited for, and those that come behind a later one are left out:
 * over a connection neither happens, and of speech that is late nobody has anything.
 */
export class Speech {
  readonly #talker: Talker;
  #last: Pick<RtpPacket, "ssrc" | "sequenceNumber"> | undefined;
  /** Packets that were said. */
  packets = 0;
  /** Datagrams and frames that were none, came late or twice, or hold sound that was not offered. */
  ignored = 0;

  constructor(talker: Talker) {
    this.#talker = talker;
  }

  /** An RTP packet came. Never throws on what it is. */
  hear(bytes: Uint8Array): void {
    const packet = tryDecode(() => decodeRtpPacket(bytes));
    const samples = packet && samplesOf(packet);
    if (packet === undefined || samples === undefined || !this.#isNext(packet)) {
      this.ignored++;
      return;
    }
    this.#last = { ssrc: packet.ssrc, sequenceNumber: packet.sequenceNumber };
    this.packets++;
    this.#talker.say(samples);
  }

  end(): void {
    this.#talker.end();
  }

  #isNext({ ssrc, sequenceNumber }: RtpPacket): boolean {
    if (this.#last === undefined || this.#last.ssrc !== ssrc) return true;
    const step = (sequenceNumber - this.#last.sequenceNumber) & 0xffff;
    return step > 0 && step <= 0xffff - MAX_MISORDER;
  }
}

/** `undefined` where there are none, or they are in no format that was offered. */
function samplesOf({ payloadType, payload }: RtpPacket): Int16Array | undefined {
  if (payload.byteLength === 0) return undefined;
  switch (payloadType) {
    case SPEECH_PAYLOAD_TYPES.PCMU:
      return decodeMuLaw(payload);
    case SPEECH_PAYLOAD_TYPES.PCMA:
      return decodeALaw(payload);
    default:
      return undefined;
  }
}
