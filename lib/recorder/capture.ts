import { LinkType } from "../pcapng/frame.ts";
import { encodeInterface, encodePacket, encodeSection } from "../pcapng/pcapng_format.ts";
import { encodeUdpPacket } from "../pcapng/udp_packet.ts";
import { Masker } from "./masking/masker.ts";
import type { Tap, TappedDatagram } from "./tap.ts";

/** Where a capture goes. */
export interface CaptureSink {
  /** Takes bytes over; false when they are lost. */
  append(bytes: Uint8Array): boolean;
  /** What is appended from now on goes to a new file. */
  rotate(): void;
}

export interface CaptureOptions {
  readonly sink: CaptureSink;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** The longest the present file becomes, in bytes; then it is rotated. */
  readonly maxBytes: number;
  /** Whether credentials are written as they are. */
  readonly secrets: boolean;
}

/** No file is worth having that holds less. */
export const MIN_CAPTURE_BYTES = 65_536;

/** Writes tapped datagrams as a pcapng file, wrapped in IPv4 and UDP. */
export class Capture {
  readonly #options: CaptureOptions;
  readonly #masker = new Masker();
  #written = 0;
  #packets = 0;
  #lost = 0;

  constructor(options: CaptureOptions) {
    this.#options = options;
    this.#begin();
  }

  /** Datagrams written. */
  get packets(): number {
    return this.#packets;
  }

  /** Datagrams that could not be written as the disk is too slow or full. */
  get lost(): number {
    return this.#lost;
  }

  readonly tap: Tap = (datagram) => {
    const block = this.#blockOf(datagram);
    if (this.#written + block.byteLength > this.#options.maxBytes) {
      this.#options.sink.rotate();
      this.#begin();
    }
    if (this.#append(block)) this.#packets += 1;
    else this.#lost += 1;
  };

  /** Each file can be read without the one before. */
  #begin(): void {
    this.#written = 0;
    this.#append(encodeSection("sightline"));
    this.#append(encodeInterface(LinkType.raw, "sockets towards cameras and their clouds"));
  }

  #blockOf(datagram: TappedDatagram): Uint8Array {
    const { direction, local, remote } = datagram;
    const { secrets, wallClock } = this.#options;
    const payload = secrets ? datagram.bytes : this.#masker.mask(datagram);
    const isSent = direction === "out";
    return encodePacket({
      time: wallClock(),
      bytes: isSent
        ? encodeUdpPacket(local, remote, payload)
        : encodeUdpPacket(remote, local, payload),
      direction,
      comment: isSent ? "sent" : "received",
    });
  }

  #append(bytes: Uint8Array): boolean {
    const isTaken = this.#options.sink.append(bytes);
    if (isTaken) this.#written += bytes.byteLength;
    return isTaken;
  }
}
