/** What is told of one datagram or segment. @module */

import type { Endpoint } from "../machine.ts";

/** A datagram as a capture has it. */
export interface CapturedDatagram {
  /** Of its frame in the file, from 1. */
  readonly frame: number;
  /** Milliseconds since 1970, or `undefined` where the capture does not tell. */
  readonly time: number | undefined;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly payload: Uint8Array;
}

export type FieldValue = string | number;

/**
 * Fields by the names the Wireshark dissectors give them, in order. A field of messages, of which a
 * datagram may complete several, is an array.
 */
export type Fields = Readonly<Record<string, FieldValue | readonly FieldValue[]>>;

/** What cannot be read, and where. */
export interface DissectionError {
  /** Within the datagram's payload, in bytes; of a stream: where its part of the stream begins. */
  readonly offset: number;
  /** Which rule is broken, with the value found. */
  readonly rule: string;
}

export const DISSECTED_PROTOCOLS = [
  ...["dhhttp", "istun", "ptcp", "rls", "bcudp", "baichuan", "rlalarm", "rtsp"] as const,
  /** Streams, datagrams and frames of nothing known here. */
  ...["tcp", "unknown", "other"] as const,
] as const;

export type DissectedProtocol = (typeof DISSECTED_PROTOCOLS)[number];

/** One datagram, read. */
export interface Dissection {
  readonly protocol: DissectedProtocol;
  /** The gist in words. */
  readonly summary: string;
  readonly fields: Fields;
  /** What the transport went through: `retransmission of 1292 bytes`, `zero window`… */
  readonly notes: readonly string[];
  readonly errors: readonly DissectionError[];
}

/** Fields of messages, gathered one by one. */
export class FieldLists {
  readonly #lists = new Map<string, FieldValue[]>();

  add(fields: Readonly<Record<string, FieldValue | undefined>>): void {
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined) continue;
      const list = this.#lists.get(name);
      if (list === undefined) this.#lists.set(name, [value]);
      else list.push(value);
    }
  }

  get fields(): Fields {
    return Object.fromEntries(this.#lists);
  }
}
