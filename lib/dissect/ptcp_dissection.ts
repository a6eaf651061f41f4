import { Reassembly } from "../bytes/reassembly.ts";
import { seqAdd, seqDiff } from "../bytes/seq.ts";
import { Framer } from "../dahua/ptcp/framer.ts";
import { type Message, MessageType } from "../dahua/ptcp/message.ts";
import { isRetransmitRequest } from "../dahua/ptcp/retransmit_request.ts";
import { decodeSegment, type Segment, SegmentFlag } from "../dahua/ptcp/segment.ts";
import { BoundedMap } from "./bounded_map.ts";
import type { Dissection } from "./dissection.ts";
import { Findings } from "./findings.ts";
import { RtspStream } from "./rtsp_stream.ts";
import { ruleOf } from "./signaling_dissection.ts";

const MAX_PIECES = 1024;

/** The other end has what is behind a hole: so many segments may be in the capture before it. */
const MAX_LATE = 8;

/** Realms read at a time. */
const MAX_REALMS = 64;

/** A gap wider than any window is none: another connection began on the same ports. */
const MAX_GAP = 0x100000;

/** One direction of a connection. */
export class PtcpDirection {
  /** The first sequence number seen: relative ones count from it. */
  base: number | undefined;
  #next = 0;
  /** Where the reassembled stream goes on. */
  #delivered = 0;
  /** Up to where the other end says it has all. */
  #acked: number | undefined;
  #ahead = new Reassembly(MAX_PIECES);
  #framer = new Framer();
  /** Of those that carry anything else nothing is read. */
  #realms = new BoundedMap<RtspStream>(MAX_REALMS);

  /** Reads the next segment of this direction; `reverse` is the other one. */
  read(payload: Uint8Array, reverse: PtcpDirection): Dissection {
    let segment: Segment;
    try {
      segment = decodeSegment(payload);
    } catch (error) {
      const errors = [{ offset: 0, rule: ruleOf(error) }];
      return { protocol: "ptcp", summary: "segment", fields: {}, notes: [], errors };
    }
    this.#renew(segment);
    const notes = this.#notes(segment);
    const isRequest = this.#isRequest(segment);
    const findings = new Findings();
    if (!isRequest) this.#deliver(segment, findings);
    reverse.#acked = segment.ack;
    const { seq, ack, flags, window, tsval, tsecr, body } = segment;
    const relativeSeq = seqAdd(seq, -(this.base ?? seq));
    const relativeAck = seqAdd(ack, -(reverse.base ?? 0));
    return {
      protocol: "ptcp",
      summary: [
        `${flagText(flags)}seq ${relativeSeq} ack ${relativeAck} window ${window}`,
        ...(body.byteLength > 0 ? [`${body.byteLength} bytes`] : []),
        ...findings.summaries,
      ].join(", "),
      fields: {
        "ptcp.seq": seq,
        "ptcp.ack": ack,
        "ptcp.seq_relative": relativeSeq,
        "ptcp.ack_relative": relativeAck,
        "ptcp.flags": flags,
        "ptcp.window": window,
        "ptcp.tsval": tsval,
        "ptcp.tsecr": tsecr,
        "ptcp.len": body.byteLength,
        ...findings.fields.fields,
      },
      notes,
      errors: findings.errors,
    };
  }

  /** Begins anew with a first segment, and with a connect that is no repetition. */
  #renew({ seq, flags }: Segment): void {
    const isNew = this.base === undefined || Math.abs(seqDiff(seq, this.#next)) > MAX_GAP ||
      (flags & SegmentFlag.control) !== 0 && seq === 0 && this.#delivered > 4;
    if (!isNew) return;
    this.base = seq;
    this.#next = seq;
    this.#delivered = seq;
    this.#acked = undefined;
    this.#ahead = new Reassembly(MAX_PIECES);
    this.#framer = new Framer();
    this.#realms = new BoundedMap(MAX_REALMS);
  }

  #isRequest(segment: Segment): boolean {
    return isRetransmitRequest(segment, this.#delivered, () => this.#framer.atBoundary);
  }

  /** What went wrong on the way, and moves the highest number seen. */
  #notes(segment: Segment): string[] {
    const { seq, flags, window, body } = segment;
    const notes: string[] = [];
    if (this.#isRequest(segment)) notes.push("asks for a retransmission");
    else if (body.byteLength > 0) {
      const ahead = seqDiff(seq, this.#next);
      if (ahead > 0) notes.push(`gap of ${ahead} bytes`);
      if (ahead < 0) notes.push(`retransmission of ${body.byteLength} bytes`);
      const end = seqAdd(seq, body.byteLength);
      if (seqDiff(end, this.#next) > 0) this.#next = end;
    }
    if ((flags & SegmentFlag.reset) !== 0) notes.push("reset");
    else if (window === 0) notes.push("zero window");
    return notes;
  }

  /** Takes the body into the stream; what is told are its messages, and pieces of them. */
  #deliver({ seq, flags, body }: Segment, findings: Findings): void {
    if (body.byteLength === 0) return;
    const behind = seqDiff(this.#delivered, seq);
    if ((flags & SegmentFlag.control) !== 0) {
      if (behind === 0) this.#delivered = seqAdd(seq, body.byteLength);
      return;
    }
    if (behind < 0) {
      this.#ahead.insert(seq, body);
      this.#skip(findings);
    } else if (behind < body.byteLength) {
      this.#push(body.subarray(behind), findings, payloadOffset(behind));
    }
    for (
      let piece = this.#ahead.takeFrom(this.#delivered);
      piece !== undefined;
      piece = this.#ahead.takeFrom(this.#delivered)
    ) this.#push(piece, findings, payloadOffset(body.byteLength));
  }

  /** Goes on behind a hole that nothing is going to fill. */
  #skip({ errors }: Findings): void {
    const { firstSeq, pieceCount } = this.#ahead;
    if (firstSeq === undefined || pieceCount < MAX_LATE) return;
    const isThere = this.#acked !== undefined && seqDiff(this.#acked, firstSeq) >= 0;
    if (!isThere && pieceCount < MAX_PIECES) return;
    const count = seqDiff(firstSeq, this.#delivered);
    errors.push({ offset: 0, rule: `${count} bytes are missing from the capture` });
    this.#delivered = firstSeq;
    this.#framer = new Framer();
    this.#realms = new BoundedMap(MAX_REALMS);
  }

  #push(chunk: Uint8Array, findings: Findings, offset: number): void {
    const { unknown, desynchronised } = this.#framer;
    this.#delivered = seqAdd(this.#delivered, chunk.byteLength);
    this.#framer.push(chunk);
    for (let next = this.#framer.poll(); next !== undefined; next = this.#framer.poll()) {
      findings.fields.add(fieldsOf(next));
      findings.summaries.push(describe(next));
      if (next.type === "data") this.#readData(next, findings, offset);
    }
    if (this.#framer.unknown > unknown) {
      const rule = "a channel message must be of a known type and form";
      findings.errors.push({ offset, rule });
    }
    if (this.#framer.desynchronised > desynchronised) {
      const rule = "a channel message must begin here or follow the one before";
      findings.errors.push({ offset, rule });
    }
  }

  #readData({ realm, bytes }: DataMessage, findings: Findings, offset: number): void {
    const stream = this.#realms.obtain(`${realm}`, () => new RtspStream(true));
    stream.push(bytes, offset, findings);
  }
}

type DataMessage = Extract<Message, { readonly type: "data" }>;

const SEGMENT_HEADER = 24;

function payloadOffset(inBody: number): number {
  return SEGMENT_HEADER + inBody;
}

function flagText(flags: number): string {
  const names = Object.entries(SegmentFlag).filter(([, bit]) => (flags & bit) !== 0);
  return names.length === 0 ? "" : `[${names.map(([name]) => name).join(" ")}] `;
}

function fieldsOf(message: Message): Readonly<Record<string, string | number | undefined>> {
  const type = MessageType[message.type];
  const session = { "ptcp.msg.type": type, "ptcp.msg.realm": 0, "ptcp.msg.len": 0 };
  switch (message.type) {
    case "data":
      return {
        "ptcp.msg.type": type,
        "ptcp.msg.realm": message.realm,
        "ptcp.msg.len": message.bytes.byteLength,
        "ptcp.msg.text": firstLine(message.bytes),
      };
    case "bind":
      return {
        "ptcp.msg.type": type,
        "ptcp.msg.realm": message.realm,
        "ptcp.msg.len": 8,
        "ptcp.msg.port": message.port,
      };
    case "status":
      return {
        "ptcp.msg.type": type,
        "ptcp.msg.realm": message.realm,
        "ptcp.msg.len": 4,
        "ptcp.msg.status": message.status,
      };
    case "sign":
    case "authenticate":
      return { ...session, "ptcp.msg.len": message.sign.byteLength };
    default:
      return session;
  }
}

function describe(message: Message): string {
  switch (message.type) {
    case "data":
      return `realm ${hex(message.realm)} ${message.bytes.byteLength} bytes`;
    case "bind":
      return `realm ${hex(message.realm)} bind to port ${message.port}`;
    case "status":
      return `realm ${hex(message.realm)} ${message.status}`;
    default:
      return message.type;
  }
}

function hex(realm: number): string {
  return realm.toString(16).padStart(8, "0");
}

const MAX_LINE = 120;

/** The first line where it is one of RTSP or HTTP. */
function firstLine(bytes: Uint8Array): string | undefined {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, MAX_LINE));
  return /^(?:(?:RTSP|HTTP)\/1\.\d [1-5]\d\d[ -~]*|[A-Z_]{3,16} [ -~]+ (?:RTSP|HTTP)\/1\.\d)(?=\r\n)/
    .exec(head)?.[0];
}
