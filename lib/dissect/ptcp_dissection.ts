import { Reassembly } from "../bytes/reassembly.ts";
import { seqAdd, seqDiff } from "../bytes/seq.ts";
import { Framer } from "../dahua/ptcp/framer.ts";
import { type Message, MessageType } from "../dahua/ptcp/message.ts";
import { isRetransmitRequest } from "../dahua/ptcp/retransmit_request.ts";
import { decodeSegment, type Segment, SegmentFlag } from "../dahua/ptcp/segment.ts";
import { type Dissection, type DissectionError, FieldLists } from "./dissection.ts";
import { ruleOf } from "./signaling_dissection.ts";

const MAX_PIECES = 1024;

/** A gap wider than any window is none: another connection began on the same ports. */
const MAX_GAP = 0x100000;

/** One direction of a connection. */
export class PtcpDirection {
  /** The first sequence number seen: relative ones count from it. */
  base: number | undefined;
  #next = 0;
  /** Where the reassembled stream goes on. */
  #delivered = 0;
  #ahead = new Reassembly(MAX_PIECES);
  #framer = new Framer();

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
    const { messages, errors } = isRequest ? NOTHING : this.#deliver(segment);
    const { seq, ack, flags, window, tsval, tsecr, body } = segment;
    const relativeSeq = seqAdd(seq, -(this.base ?? seq));
    const relativeAck = seqAdd(ack, -(reverse.base ?? 0));
    const lists = new FieldLists();
    for (const message of messages) lists.add(fieldsOf(message));
    return {
      protocol: "ptcp",
      summary: [
        `${flagText(flags)}seq ${relativeSeq} ack ${relativeAck} window ${window}`,
        ...(body.byteLength > 0 ? [`${body.byteLength} bytes`] : []),
        ...messages.map(describe),
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
        ...lists.fields,
      },
      notes,
      errors,
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
    this.#ahead = new Reassembly(MAX_PIECES);
    this.#framer = new Framer();
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

  /** Takes the body into the stream; the messages, and pieces of them, that come of it. */
  #deliver({ seq, flags, body }: Segment): Delivered {
    if (body.byteLength === 0) return NOTHING;
    const behind = seqDiff(this.#delivered, seq);
    if ((flags & SegmentFlag.control) !== 0) {
      if (behind === 0) this.#delivered = seqAdd(seq, body.byteLength);
      return NOTHING;
    }
    if (behind < 0) {
      this.#ahead.insert(seq, body);
      return NOTHING;
    }
    if (behind >= body.byteLength) return NOTHING;
    const messages: Message[] = [];
    const errors: DissectionError[] = [];
    this.#push(body.subarray(behind), messages, errors, payloadOffset(behind));
    for (
      let piece = this.#ahead.takeFrom(this.#delivered);
      piece !== undefined;
      piece = this.#ahead.takeFrom(this.#delivered)
    ) this.#push(piece, messages, errors, payloadOffset(body.byteLength));
    return { messages, errors };
  }

  #push(
    chunk: Uint8Array,
    messages: Message[],
    errors: DissectionError[],
    offset: number,
  ): void {
    const { unknown, desynchronised } = this.#framer;
    this.#delivered = seqAdd(this.#delivered, chunk.byteLength);
    this.#framer.push(chunk);
    for (let next = this.#framer.poll(); next !== undefined; next = this.#framer.poll()) {
      messages.push(next);
    }
    if (this.#framer.unknown > unknown) {
      errors.push({ offset, rule: "a channel message must be of a known type and form" });
    }
    if (this.#framer.desynchronised > desynchronised) {
      errors.push({ offset, rule: "a channel message must begin here or follow the one before" });
    }
  }
}

interface Delivered {
  readonly messages: readonly Message[];
  readonly errors: readonly DissectionError[];
}

const NOTHING: Delivered = { messages: [], errors: [] };

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
    case "data": {
      const text = firstLine(message.bytes);
      const about = text === undefined ? "" : ` "${text}"`;
      return `data of realm ${hex(message.realm)} (${message.bytes.byteLength} bytes)${about}`;
    }
    case "bind":
      return `bind realm ${hex(message.realm)} to port ${message.port}`;
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
