import { concatBytes } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import type { CaptureFrame } from "./frame.ts";
import {
  decodePcapHeader,
  decodePcapRecord,
  isPcapMagic,
  PCAP_HEADER_LENGTH,
  PCAP_RECORD_LENGTH,
  type PcapHeader,
} from "./pcap_format.ts";
import {
  BLOCK_OVERHEAD,
  BlockType,
  BYTE_ORDER_MAGIC,
  type CaptureInterface,
  decodeInterface,
  decodePacket,
} from "./pcapng_format.ts";

/** The longest block or packet that is read. Frames of networks are far shorter. */
export const MAX_BLOCK = 1 << 20;

/** Interfaces of one section. */
export const MAX_INTERFACES = 256;

/** A piece of the file, and where in the file it begins. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly offset: number;
}

/**
 * Reads a capture file, pcapng or classic, piece by piece. Holds less than one block besides the
 * piece handed in last. After a `DecodeError`, which names the place in the file, there is no
 * reading on, since nothing tells where the next block begins.
 */
export class CaptureReader {
  #buffer = new Uint8Array(0);
  #at = 0;
  /** Where in the file the buffer begins. */
  #base = 0;
  #pcap: PcapHeader | undefined;
  #littleEndian: boolean | undefined;
  readonly #interfaces: CaptureInterface[] = [];
  #frames = 0;

  push(bytes: Uint8Array): void {
    this.#base += this.#at;
    this.#buffer = concatBytes([this.#buffer.subarray(this.#at), bytes]) as Uint8Array<ArrayBuffer>;
    this.#at = 0;
  }

  /** The next frame, or `undefined` until there is one. Throws `DecodeError`. */
  next(): CaptureFrame | undefined {
    if (this.#pcap === undefined && this.#littleEndian === undefined && !this.#begin()) {
      return undefined;
    }
    return this.#pcap === undefined ? this.#nextOfBlocks() : this.#nextRecord(this.#pcap);
  }

  /** Throws `DecodeError` when the file ends within a block. */
  end(): void {
    if (this.#left > 0 || this.#position === 0) this.#fail("the file must not end within a block");
  }

  get #left(): number {
    return this.#buffer.byteLength - this.#at;
  }

  get #position(): number {
    return this.#base + this.#at;
  }

  /** Finds out the format; false until enough of the file is there. */
  #begin(): boolean {
    if (this.#left < PCAP_HEADER_LENGTH) return false;
    const magic = this.#view(4).getUint32(0);
    if (magic === BlockType.section) {
      this.#readByteOrder();
      return true;
    }
    if (!isPcapMagic(magic)) this.#fail("it must be a pcapng or pcap file");
    this.#pcap = decodePcapHeader(this.#view(PCAP_HEADER_LENGTH));
    this.#at += PCAP_HEADER_LENGTH;
    return true;
  }

  #readByteOrder(): void {
    const view = this.#view(BLOCK_OVERHEAD);
    const littleEndian = view.getUint32(8, true) === BYTE_ORDER_MAGIC;
    if (!littleEndian && view.getUint32(8) !== BYTE_ORDER_MAGIC) {
      this.#fail("a section must tell its byte order");
    }
    this.#littleEndian = littleEndian;
    this.#interfaces.length = 0;
  }

  #nextRecord(header: PcapHeader): CaptureFrame | undefined {
    if (this.#left < PCAP_RECORD_LENGTH) return undefined;
    const record = decodePcapRecord(this.#view(PCAP_RECORD_LENGTH), header);
    this.#checkLength(record.length);
    if (this.#left < PCAP_RECORD_LENGTH + record.length) return undefined;
    const fileOffset = this.#position + PCAP_RECORD_LENGTH;
    const { bytes } = this.#take(PCAP_RECORD_LENGTH + record.length);
    this.#frames += 1;
    return {
      number: this.#frames,
      time: record.time,
      linkType: header.linkType,
      bytes: bytes.subarray(PCAP_RECORD_LENGTH),
      wireLength: Math.max(record.wireLength, record.length),
      fileOffset,
    };
  }

  #nextOfBlocks(): CaptureFrame | undefined {
    while (this.#left >= BLOCK_OVERHEAD) {
      if (this.#view(4).getUint32(0) === BlockType.section) this.#readByteOrder();
      const littleEndian = this.#littleEndian ?? true;
      const head = this.#view(8);
      const type = head.getUint32(0, littleEndian);
      const length = head.getUint32(4, littleEndian);
      this.#checkLength(length);
      if (length < BLOCK_OVERHEAD || length % 4 !== 0) {
        this.#fail(`a block's length must be 12 or more and a multiple of 4: ${length}`);
      }
      if (this.#left < length) return undefined;
      const block = this.#take(length);
      const frame = this.#readBlock(type, block, littleEndian);
      if (frame !== undefined) return frame;
    }
    return undefined;
  }

  #readBlock(type: number, block: Piece, littleEndian: boolean): CaptureFrame | undefined {
    const bytes = block.bytes.subarray(8, -4);
    const body = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    switch (type) {
      case BlockType.interface:
        if (this.#interfaces.length === MAX_INTERFACES) {
          this.#fail(`a section may have ${MAX_INTERFACES} interfaces`, block.offset);
        }
        this.#interfaces.push(decodeInterface(body, littleEndian));
        return undefined;
      case BlockType.packet:
      case BlockType.simplePacket:
      case BlockType.enhancedPacket:
        return this.#frameOf(type, body, bytes, block.offset + 8, littleEndian);
      default:
        return undefined;
    }
  }

  #frameOf(
    type: number,
    body: DataView,
    bytes: Uint8Array,
    fileOffset: number,
    littleEndian: boolean,
  ): CaptureFrame {
    const packet = decodePacket(type, body, littleEndian);
    const { interfaceId, ticks, length, offset } = packet;
    const from = this.#interfaces[interfaceId];
    if (from === undefined) this.#fail(`a packet's interface must be known: ${interfaceId}`);
    const isCut = type === BlockType.simplePacket && from.snapLength > 0;
    const kept = isCut ? Math.min(length, from.snapLength) : length;
    this.#frames += 1;
    return {
      number: this.#frames,
      time: ticks === undefined ? undefined : ticks * from.tick,
      linkType: from.linkType,
      bytes: bytes.subarray(offset, offset + kept),
      wireLength: Math.max(packet.wireLength, kept),
      fileOffset: fileOffset + offset,
    };
  }

  #view(length: number): DataView {
    return new DataView(this.#buffer.buffer, this.#buffer.byteOffset + this.#at, length);
  }

  #take(length: number): Piece {
    const piece = {
      bytes: this.#buffer.slice(this.#at, this.#at + length),
      offset: this.#position,
    };
    this.#at += length;
    return piece;
  }

  #checkLength(length: number): void {
    if (length > MAX_BLOCK) this.#fail(`a block may have ${MAX_BLOCK} bytes: has ${length}`);
  }

  #fail(rule: string, at = this.#position): never {
    throw new DecodeError(`Cannot read the capture at byte ${at} as ${rule}`);
  }
}
