import { slices } from "../bytes/bytes.ts";
import type { InterleavedFrame, RtspRequest, RtspResponse } from "../rtsp/message.ts";
import { MAX_PIECE_BYTES, MessageReader } from "../rtsp/message_reader.ts";
import type { Findings } from "./findings.ts";

/** One direction of RTSP over TCP, with the media between its messages. */
export class RtspStream {
  #reader = new MessageReader();
  #isLost: boolean;

  constructor(isLost: boolean) {
    this.#isLost = isLost;
  }

  /** Bytes are missing. */
  lose(): void {
    this.#reader = new MessageReader();
    this.#isLost = true;
  }

  /** Reads the next piece; `offset` is where it begins in its packet. */
  push(piece: Uint8Array, offset: number, findings: Findings): void {
    if (this.#isLost && !startsRtsp(piece)) return;
    this.#isLost = false;
    const media = new Map<number, { packets: number; bytes: number }>();
    const isGood = findings.attempt(offset, () => {
      for (const part of slices(piece, MAX_PIECE_BYTES)) {
        this.#reader.push(part);
        for (let next = this.#reader.next(); next !== undefined; next = this.#reader.next()) {
          if (next.type === "interleaved") count(media, next);
          else tell(next, findings);
        }
      }
    });
    for (const [channel, { packets, bytes }] of media) {
      const what = packets === 1 ? "packet" : "packets";
      findings.summaries.push(`${packets} ${what} on channel ${channel} (${bytes} bytes)`);
    }
    if (!isGood) this.lose();
  }
}

/** Whether a request or an answer begins here. */
export function startsRtsp(bytes: Uint8Array): boolean {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 512));
  return /^(?:RTSP\/1\.\d [1-5]\d\d|[A-Z_]{3,16} [!-~]+ RTSP\/1\.\d\r?\n)/.test(head);
}

function count(
  media: Map<number, { packets: number; bytes: number }>,
  { channel, payload }: InterleavedFrame,
): void {
  const { packets, bytes } = media.get(channel) ?? { packets: 0, bytes: 0 };
  media.set(channel, { packets: packets + 1, bytes: bytes + payload.byteLength });
}

function tell(message: RtspRequest | RtspResponse, { fields, summaries }: Findings): void {
  const cseq = message.headers.get("CSeq");
  const length = message.body.byteLength;
  fields.add(
    message.type === "request"
      ? { "rtsp.method": message.method, "rtsp.url": message.uri }
      : { "rtsp.status": message.status },
  );
  fields.add({ "rtsp.cseq": cseq, "rtsp.session": message.headers.get("Session") });
  const what = message.type === "request"
    ? `${message.method} ${message.uri}`
    : `${message.status} ${message.reason}`;
  const body = length === 0 ? "" : ` with ${length} bytes`;
  summaries.push(`RTSP ${what} CSeq ${cseq ?? "?"}${body}`);
}
