import { concatBytes } from "../bytes/bytes.ts";
import { Reassembly } from "../bytes/reassembly.ts";
import { seqAdd, seqDiff } from "../bytes/seq.ts";
import { TCP_FLAG } from "../pcapng/tcp_packet.ts";
import { type BaichuanSession, BaichuanStream, startsMessage } from "./baichuan_stream.ts";
import type { Dissection } from "./dissection.ts";
import { Findings } from "./findings.ts";
import type { TcpPacket } from "./packet.ts";
import { RtspStream, startsRtsp } from "./rtsp_stream.ts";

/** Pieces and bytes kept behind a hole. */
const MAX_PIECES = 1024;
const MAX_AHEAD = 1 << 20;

/** The other end has what is behind a hole: so many segments may be in the capture before it. */
const MAX_LATE = 8;

/** A step wider than any window: another connection began on the same ports. */
const MAX_GAP = 1 << 28;

/** Bytes in which a protocol shows itself, where a stream is seen from its start. */
const LOOK_LENGTH = 16;

const FLAG_NAMES = [
  ...[["syn", TCP_FLAG.syn], ["fin", TCP_FLAG.fin], ["rst", TCP_FLAG.rst]] as const,
];

/** One direction of a connection: segments back into the streams they carry. */
export class TcpDirection {
  readonly #session: BaichuanSession;
  /** Number 0 of relative ones, which is that of a SYN. */
  #base: number | undefined;
  #next = 0;
  #delivered = 0;
  /** Up to where the other end says it has all. */
  #acked: number | undefined;
  #ahead = new Reassembly(MAX_PIECES);
  #protocol: "baichuan" | "rtsp" | undefined;
  #stream: BaichuanStream | RtspStream | undefined;
  /** The first bytes of a stream, as long as they are too few to tell. */
  #head: Uint8Array | undefined;

  constructor(session: BaichuanSession) {
    this.#session = session;
  }

  /** Reads the next segment of this direction; `reverse` is the other one. */
  read(packet: TcpPacket, reverse: TcpDirection): Dissection {
    const { seq, ack, flags, window, payload } = packet;
    this.#renew(packet, reverse);
    const findings = new Findings();
    this.#note(packet, findings);
    if ((flags & TCP_FLAG.ack) !== 0) reverse.#acknowledge(ack);
    this.#deliver(packet, reverse, findings);
    const names = FLAG_NAMES.filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name);
    const relativeSeq = seqAdd(seq, -(this.#base ?? 0));
    const relativeAck = (flags & TCP_FLAG.ack) === 0 ? 0 : seqAdd(ack, -(reverse.#base ?? 0));
    return {
      protocol: this.#protocol ?? "tcp",
      summary: [
        `${names.length === 0 ? "" : `[${names.join(" ")}] `}` +
        `seq ${relativeSeq} ack ${relativeAck} window ${window}`,
        ...(payload.byteLength > 0 ? [`${payload.byteLength} bytes`] : []),
        ...findings.summaries,
      ].join(", "),
      fields: {
        "tcp.seq_raw": seq,
        "tcp.ack_raw": ack,
        "tcp.seq": relativeSeq,
        "tcp.ack": relativeAck,
        "tcp.flags": flags,
        "tcp.window_size_value": window,
        "tcp.len": payload.byteLength + packet.missing,
        ...findings.fields.fields,
      },
      notes: findings.notes,
      errors: findings.errors,
    };
  }

  /** Begins anew with a first segment, and with a SYN that is no repetition. */
  #renew({ seq, flags }: TcpPacket, reverse: TcpDirection): void {
    const isSyn = (flags & TCP_FLAG.syn) !== 0;
    if (isSyn && seq === this.#base) return;
    const isNew = isSyn || this.#base === undefined ||
      ((flags & TCP_FLAG.rst) === 0 && Math.abs(seqDiff(seq, this.#next)) > MAX_GAP);
    if (!isNew) return;
    if (isSyn && (flags & TCP_FLAG.ack) === 0) reverse.#forget();
    const wasKnown = this.#base !== undefined;
    const acked = this.#acked;
    this.#forget();
    if (!wasKnown) this.#acked = acked;
    const start = isSyn ? seqAdd(seq, 1) : seq;
    this.#base = seqAdd(start, -1);
    this.#next = start;
    this.#delivered = start;
    if (isSyn) this.#head = new Uint8Array(0);
  }

  #forget(): void {
    this.#base = undefined;
    this.#acked = undefined;
    this.#ahead = new Reassembly(MAX_PIECES);
    this.#protocol = undefined;
    this.#stream = undefined;
    this.#head = undefined;
  }

  /** A capture may begin with an acknowledgement of what was sent before. */
  #acknowledge(ack: number): void {
    if (this.#base === undefined) {
      this.#base = seqAdd(ack, -1);
      this.#next = ack;
      this.#delivered = ack;
    }
    if (this.#acked === undefined || seqDiff(ack, this.#acked) > 0) this.#acked = ack;
  }

  /** What went wrong on the way, and moves the highest number seen. */
  #note({ seq, flags, window, payload, missing }: TcpPacket, { notes }: Findings): void {
    const length = payload.byteLength + missing;
    const ahead = seqDiff(seq, this.#next);
    if (length > 0) {
      if (ahead > 0) notes.push(`gap of ${ahead} bytes`);
      else if (ahead === -1 && length === 1) notes.push("keep-alive");
      else if (ahead < 0) notes.push(`retransmission of ${Math.min(-ahead, length)} bytes`);
      const end = seqAdd(seq, length);
      if (seqDiff(end, this.#next) > 0) this.#next = end;
    }
    if ((flags & TCP_FLAG.rst) !== 0) notes.push("reset");
    else if (window === 0 && (flags & (TCP_FLAG.syn | TCP_FLAG.fin)) === 0) {
      notes.push("zero window");
    }
  }

  #deliver({ seq, flags, payload, missing }: TcpPacket, reverse: TcpDirection, findings: Findings) {
    if (payload.byteLength === 0 || (flags & TCP_FLAG.syn) !== 0) return;
    const behind = seqDiff(this.#delivered, seq);
    if (behind >= payload.byteLength) return;
    if (behind < 0) this.#ahead.insert(seq, payload);
    else this.#push(payload.subarray(behind), behind, reverse, findings);
    if (behind >= 0 && missing > 0) {
      this.#skipTo(seqAdd(seq, payload.byteLength + missing), findings);
    }
    this.#takeAhead(payload.byteLength, reverse, findings);
    const hole = this.#hole();
    if (hole === undefined) return;
    this.#skipTo(hole, findings);
    this.#takeAhead(payload.byteLength, reverse, findings);
  }

  #takeAhead(offset: number, reverse: TcpDirection, findings: Findings): void {
    for (
      let piece = this.#ahead.takeFrom(this.#delivered);
      piece !== undefined;
      piece = this.#ahead.takeFrom(this.#delivered)
    ) this.#push(piece, offset, reverse, findings);
  }

  /** Where the stream goes on behind a hole that is not waited for any more. */
  #hole(): number | undefined {
    const { pieceCount, byteLength, firstSeq } = this.#ahead;
    if (firstSeq === undefined) return undefined;
    const isFull = pieceCount >= MAX_PIECES || byteLength >= MAX_AHEAD;
    const isThere = this.#acked !== undefined && seqDiff(this.#acked, firstSeq) >= 0;
    return isFull || (isThere && pieceCount >= MAX_LATE) ? firstSeq : undefined;
  }

  #skipTo(seq: number, { errors }: Findings): void {
    const count = seqDiff(seq, this.#delivered);
    if (count <= 0) return;
    errors.push({ offset: 0, rule: `${count} bytes are missing from the capture` });
    this.#delivered = seq;
    this.#head = undefined;
    this.#stream?.lose();
  }

  #push(piece: Uint8Array, offset: number, reverse: TcpDirection, findings: Findings): void {
    this.#delivered = seqAdd(this.#delivered, piece.byteLength);
    const known = this.#stream;
    if (known !== undefined) return known.push(piece, offset, findings);
    const bytes = this.#head === undefined ? piece : concatBytes([this.#head, piece]);
    const stream = this.#identify(bytes, reverse);
    if (stream !== undefined) stream.push(bytes, offset, findings);
    this.#stream = stream;
    const isOpen = this.#head !== undefined && stream === undefined;
    this.#head = isOpen && bytes.byteLength < LOOK_LENGTH ? bytes : undefined;
  }

  /** Finds out what a stream is that begins with these bytes. */
  #identify(
    bytes: Uint8Array,
    reverse: TcpDirection,
  ): BaichuanStream | RtspStream | undefined {
    const other = reverse.#protocol;
    const isBaichuan = startsMessage(bytes);
    const isRtsp = !isBaichuan && startsRtsp(bytes);
    const isKnown = isBaichuan || isRtsp;
    // In the middle of a stream the other direction tells.
    if (!isKnown && (other === undefined || this.#head !== undefined)) return undefined;
    this.#protocol = isBaichuan ? "baichuan" : isRtsp ? "rtsp" : other;
    return this.#protocol === "baichuan"
      ? new BaichuanStream(this.#session, !isKnown)
      : new RtspStream(!isKnown);
  }
}
