import type { Duration, Instant } from "../../machine.ts";
import type { BcMessage } from "../../reolink/baichuan/codec.ts";
import {
  BC_MAGIC,
  BC_MAGIC_DEVICE,
  BcClass,
  type BcHeader,
} from "../../reolink/baichuan/header.ts";
import { BC_STATUS } from "./row.ts";

/** One public client subscribes to the data only once it has read the reply [observed]. */
const DATA_AFTER: Duration = 150;

/** Of one message. */
const PIECE_LENGTH = 512;

export interface SnapshotOptions {
  readonly jpeg: Uint8Array;
  /** Of the request. */
  readonly header: BcHeader;
  /** The number of its messages: not that of the request. */
  readonly num: number;
  /** Whether its messages have the magic of recorders [observed]. */
  readonly asRecorder: boolean;
}

/** A picture on its way to a client. */
export class Snapshot {
  readonly #options: SnapshotOptions;
  /** When its messages are due: all at once. */
  readonly dueAt: Instant;

  constructor(now: Instant, options: SnapshotOptions) {
    this.#options = options;
    this.dueAt = now + DATA_AFTER;
  }

  /** Every one says that it is binary, and the last one that it is the last. */
  *messages(): Generator<BcMessage> {
    const { jpeg, header, num, asRecorder } = this.#options;
    const magic = asRecorder ? BC_MAGIC_DEVICE : BC_MAGIC;
    for (let at = 0; at < jpeg.byteLength; at += PIECE_LENGTH) {
      const code = at + PIECE_LENGTH < jpeg.byteLength ? BC_STATUS.ok : BC_STATUS.last;
      yield {
        header: { ...header, magic, num, code, messageClass: BcClass.reply },
        extension: { binary: true },
        payload: { type: "binary", bytes: jpeg.subarray(at, at + PIECE_LENGTH) },
      };
    }
  }
}
