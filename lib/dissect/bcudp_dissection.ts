import { concatBytes } from "../bytes/bytes.ts";
import { seqAdd, seqDiff } from "../bytes/seq.ts";
import { chosenMode, Cipher } from "../reolink/baichuan/cipher.ts";
import { BC_MAGIC, BC_MAGIC_DEVICE, BcClass } from "../reolink/baichuan/header.ts";
import { MessageReader, type RawMessage } from "../reolink/baichuan/message_reader.ts";
import { type BcUdpDatagram, decodeBcUdp } from "../reolink/bcudp/datagram.ts";
import { type Dissection, type DissectionError, FieldLists } from "./dissection.ts";
import { ruleOf, textOf } from "./signaling_dissection.ts";

/** Packets kept behind a gap, of at most a datagram's size each. */
const MAX_AHEAD = 1024;

/** A step wider than any window: another connection began. */
const MAX_GAP = 0x10000;

const DATA_HEADER = 20;
const MAX_XML = 4_096;

/** One direction of a connection: packets back into messages. */
export class BcUdpDirection {
  #connectionId: number | undefined;
  #next = 0;
  #delivered = 0;
  #ahead = new Map<number, Uint8Array>();
  #reader = new MessageReader();
  /** Knows no key: reads what anybody can. */
  readonly #cipher = new Cipher();
  /** Whether the stream was lost: the next packet that begins with a message takes it up again. */
  #lost = false;

  /** Reads the next datagram of this direction. */
  read(payload: Uint8Array): Dissection {
    let datagram: BcUdpDatagram;
    try {
      datagram = decodeBcUdp(payload);
    } catch (error) {
      const errors = [{ offset: 0, rule: ruleOf(error) }];
      return { protocol: "bcudp", summary: "datagram", fields: {}, notes: [], errors };
    }
    return datagram.type === "ack" ? readAck(datagram) : this.#readData(datagram);
  }

  #readData(datagram: Extract<BcUdpDatagram, { type: "data" }>): Dissection {
    const { connectionId, packetId, payload } = datagram;
    this.#renew(connectionId, packetId);
    const notes = this.#notes(packetId);
    const lists = new FieldLists();
    const errors: DissectionError[] = [];
    const summaries: string[] = [];
    for (const raw of this.#deliver(packetId, payload, errors)) {
      const { fields, summary } = this.#readMessage(raw);
      lists.add(fields);
      summaries.push(summary);
    }
    return {
      protocol: "bcudp",
      summary: [
        `data of ${connectionId}, packet ${packetId}, ${payload.byteLength} bytes`,
        ...summaries,
      ].join(", "),
      fields: {
        "bcudp.connection": connectionId,
        "bcudp.packet": packetId,
        "bcudp.len": payload.byteLength,
        ...lists.fields,
      },
      notes,
      errors,
    };
  }

  #renew(connectionId: number, packetId: number): void {
    const isNew = this.#connectionId !== connectionId ||
      Math.abs(seqDiff(packetId, this.#next)) > MAX_GAP;
    if (!isNew) return;
    this.#connectionId = connectionId;
    this.#next = packetId;
    this.#delivered = packetId;
    this.#ahead.clear();
    this.#reader = new MessageReader();
    this.#lost = packetId !== 0;
  }

  #notes(packetId: number): string[] {
    const ahead = seqDiff(packetId, this.#next);
    if (ahead < 0) return [`retransmission of packet ${packetId}`];
    this.#next = seqAdd(packetId, 1);
    return ahead === 0 ? [] : [`gap of ${ahead} packets`];
  }

  /** Takes a packet into the stream; the messages that are whole now. */
  #deliver(packetId: number, payload: Uint8Array, errors: DissectionError[]): RawMessage[] {
    const ahead = seqDiff(packetId, this.#delivered);
    if (ahead < 0) return [];
    if (ahead > 0) {
      if (this.#ahead.size < MAX_AHEAD) this.#ahead.set(packetId, payload.slice());
      return [];
    }
    const parts = [payload];
    this.#delivered = seqAdd(this.#delivered, 1);
    for (
      let part = this.#ahead.get(this.#delivered);
      part !== undefined;
      part = this.#ahead.get(this.#delivered)
    ) {
      this.#ahead.delete(this.#delivered);
      this.#delivered = seqAdd(this.#delivered, 1);
      parts.push(part);
    }
    return parts.flatMap((part) => this.#cut(part, errors));
  }

  #cut(part: Uint8Array, errors: DissectionError[]): RawMessage[] {
    if (this.#lost && !startsMessage(part)) return [];
    this.#lost = false;
    const messages: RawMessage[] = [];
    try {
      this.#reader.push(concatBytes([part]));
      for (let raw = this.#reader.next(); raw; raw = this.#reader.next()) messages.push(raw);
    } catch (error) {
      errors.push({ offset: DATA_HEADER, rule: ruleOf(error) });
      this.#reader = new MessageReader();
      this.#lost = true;
    }
    return messages;
  }

  #readMessage({ header, body, payloadOffset }: RawMessage) {
    const mode = header.messageClass === BcClass.nonce ? chosenMode(header.code) : undefined;
    const at = Math.min(payloadOffset, body.byteLength);
    const xml = [body.subarray(0, at), body.subarray(at)].flatMap((part) => {
      if (part.byteLength === 0 || part.byteLength > MAX_XML) return [];
      const open = this.#cipher.openText(header, part, looksLikeXml);
      return open === undefined ? [] : [textOf(open)];
    });
    const summary = `Baichuan ${header.id} code ${header.code} (${body.byteLength} bytes)`;
    return {
      summary: mode === undefined ? summary : `${summary}, cipher ${mode}`,
      fields: {
        "bc.id": header.id,
        "bc.len": body.byteLength,
        "bc.channel": header.channel,
        "bc.stream": header.stream,
        "bc.num": header.num,
        "bc.code": header.code,
        "bc.class": header.messageClass,
        ...(xml.length > 0 && { "bc.xml": xml.join(" ") }),
      },
    };
  }
}

function readAck(ack: Extract<BcUdpDatagram, { type: "ack" }>): Dissection {
  const missing = ack.bitmap.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  const upTo = ack.packetId === undefined ? "nothing yet" : `up to packet ${ack.packetId}`;
  return {
    protocol: "bcudp",
    summary: `ack of ${ack.connectionId}, ${upTo}`,
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

function startsMessage(bytes: Uint8Array): boolean {
  if (bytes.byteLength < 4) return false;
  const magic = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  return magic === BC_MAGIC || magic === BC_MAGIC_DEVICE;
}

function looksLikeXml(bytes: Uint8Array): boolean {
  return /^\s*<(?:\?xml|body|Extension)\b/.test(new TextDecoder().decode(bytes));
}
