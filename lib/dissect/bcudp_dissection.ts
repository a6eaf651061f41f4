import { seqAdd, seqDiff } from "../bytes/seq.ts";
import { type BcUdpDatagram, decodeBcUdp } from "../reolink/bcudp/datagram.ts";
import { type BaichuanSession, BaichuanStream } from "./baichuan_stream.ts";
import type { Dissection } from "./dissection.ts";
import { Findings } from "./findings.ts";
import { ruleOf } from "./signaling_dissection.ts";

/** Packets kept behind a gap, of at most a datagram's size each. */
const MAX_AHEAD = 1024;

/** The other end has what is behind a hole: so many packets may be in the capture before it. */
const MAX_LATE = 8;

/** A step wider than any window: another connection began. */
const MAX_GAP = 0x10000;

const DATA_HEADER = 20;

/** One direction of a connection: packets back into messages. */
export class BcUdpDirection {
  readonly #session: BaichuanSession;
  #connectionId: number | undefined;
  #next = 0;
  #delivered = 0;
  /** The packet up to which the other end says it has all. */
  #acked: number | undefined;
  #ahead = new Map<number, Uint8Array>();
  #stream: BaichuanStream;

  constructor(session: BaichuanSession) {
    this.#session = session;
    this.#stream = new BaichuanStream(session, true);
  }

  /** Reads the next datagram of this direction; `reverse` is the other one. */
  read(payload: Uint8Array, reverse: BcUdpDirection): Dissection {
    let datagram: BcUdpDatagram;
    try {
      datagram = decodeBcUdp(payload);
    } catch (error) {
      const errors = [{ offset: 0, rule: ruleOf(error) }];
      return { protocol: "bcudp", summary: "datagram", fields: {}, notes: [], errors };
    }
    if (datagram.type === "data") return this.#readData(datagram);
    reverse.#acked = datagram.packetId;
    return readAck(datagram);
  }

  #readData(datagram: Extract<BcUdpDatagram, { type: "data" }>): Dissection {
    const { connectionId, packetId, payload } = datagram;
    this.#renew(connectionId, packetId);
    const notes = this.#notes(packetId);
    const findings = new Findings();
    this.#deliver(packetId, payload, findings);
    return {
      protocol: "bcudp",
      summary: [
        `data to ${connectionId}, packet ${packetId}, ${payload.byteLength} bytes`,
        ...findings.summaries,
      ].join(", "),
      fields: {
        "bcudp.connection": connectionId,
        "bcudp.packet": packetId,
        "bcudp.len": payload.byteLength,
        ...findings.fields.fields,
      },
      notes,
      errors: findings.errors,
    };
  }

  #renew(connectionId: number, packetId: number): void {
    const isNew = this.#connectionId !== connectionId ||
      Math.abs(seqDiff(packetId, this.#next)) > MAX_GAP;
    if (!isNew) return;
    this.#connectionId = connectionId;
    this.#next = packetId;
    this.#delivered = packetId;
    this.#acked = undefined;
    this.#ahead.clear();
    this.#stream = new BaichuanStream(this.#session, packetId !== 0);
  }

  #notes(packetId: number): string[] {
    const ahead = seqDiff(packetId, this.#next);
    if (ahead < 0) return [`retransmission of packet ${packetId}`];
    this.#next = seqAdd(packetId, 1);
    return ahead === 0 ? [] : [`gap of ${ahead} packets`];
  }

  /** Takes a packet into the stream, and all that waited for it. */
  #deliver(packetId: number, payload: Uint8Array, findings: Findings): void {
    const ahead = seqDiff(packetId, this.#delivered);
    if (ahead < 0) return;
    if (ahead > 0) {
      this.#ahead.set(packetId, payload.slice());
      this.#skip(findings);
    } else {
      this.#delivered = seqAdd(this.#delivered, 1);
      this.#stream.push(payload, DATA_HEADER, findings);
    }
    for (
      let part = this.#ahead.get(this.#delivered);
      part !== undefined;
      part = this.#ahead.get(this.#delivered)
    ) {
      this.#ahead.delete(this.#delivered);
      this.#delivered = seqAdd(this.#delivered, 1);
      this.#stream.push(part, DATA_HEADER, findings);
    }
  }

  /** Goes on behind a hole that nothing is going to fill. */
  #skip({ errors }: Findings): void {
    if (this.#ahead.size < MAX_LATE) return;
    const count = Math.min(...Array.from(this.#ahead.keys(), (id) => seqDiff(id, this.#delivered)));
    const first = seqAdd(this.#delivered, count);
    const isThere = this.#acked !== undefined && seqDiff(this.#acked, first) >= 0;
    if (!isThere && this.#ahead.size < MAX_AHEAD) return;
    errors.push({ offset: 0, rule: `${count} packets are missing from the capture` });
    this.#delivered = first;
    this.#stream.lose();
  }
}

function readAck(ack: Extract<BcUdpDatagram, { type: "ack" }>): Dissection {
  const missing = ack.bitmap.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  const upTo = ack.packetId === undefined ? "nothing yet" : `up to packet ${ack.packetId}`;
  return {
    protocol: "bcudp",
    summary: `ack to ${ack.connectionId}, ${upTo}`,
    fields: {
      "bcudp.connection": ack.connectionId,
      ...(ack.packetId !== undefined && { "bcudp.ack": ack.packetId }),
      "bcudp.latency": ack.latency,
      "bcudp.bitmap": ack.bitmap.byteLength,
      "bcudp.missing": missing,
    },
    notes: missing === 0 ? [] : [`${missing} packets missing`],
    errors: [],
  };
}
