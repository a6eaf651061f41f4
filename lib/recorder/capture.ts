import { LinkType } from "../pcapng/frame.ts";
import { encodeInterface, encodePacket, encodeSection } from "../pcapng/pcapng_format.ts";
import { encodeUdpPacket } from "../pcapng/udp_packet.ts";
import { Masker } from "./masking/masker.ts";
import type { Tap } from "./tap.ts";
import { type CapturedPacket, TcpCapture } from "./tcp_capture.ts";
import type { TcpTap } from "./tcp_tap.ts";

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

/** Connections of which some may still be open; the oldest is forgotten, and not captured on. */
const MAX_STREAMS = 256;

/** Writes tapped datagrams and streams as a pcapng file, wrapped in IPv4 and UDP or TCP. */
export class Capture {
  readonly #options: CaptureOptions;
  readonly #masker = new Masker();
  readonly #streams = new Map<number, TcpCapture>();
  #written = 0;
  #packets = 0;
  #lost = 0;

  constructor(options: CaptureOptions) {
    this.#options = options;
    this.#begin();
  }

  /** Packets written. */
  get packets(): number {
    return this.#packets;
  }

  /** Packets that could not be written as the disk is too slow or full. */
  get lost(): number {
    return this.#lost;
  }

  /** Hears datagrams. */
  readonly tap: Tap = (datagram) => {
    const { direction, local, remote } = datagram;
    const payload = this.#options.secrets ? datagram.bytes : this.#masker.mask(datagram);
    const isSent = direction === "out";
    this.#write({
      direction,
      bytes: isSent
        ? encodeUdpPacket(local, remote, payload)
        : encodeUdpPacket(remote, local, payload),
      comment: isSent ? "sent" : "received",
    });
  };

  /** Hears what happens to TCP connections. */
  readonly tcpTap: TcpTap = (stream, event) => {
    if (event.type === "dial") this.#beginStream(stream);
    const connection = this.#streams.get(stream);
    if (connection === undefined) return;
    for (const packet of connection.packetsOf(event)) this.#write(packet);
    if (event.type === "closed" || event.type === "undialed") this.#streams.delete(stream);
  };

  #beginStream(stream: number): void {
    this.#streams.set(stream, new TcpCapture(this.#options.secrets));
    const [oldest] = this.#streams.keys();
    if (this.#streams.size > MAX_STREAMS && oldest !== undefined) this.#streams.delete(oldest);
  }

  #write({ direction, bytes, comment }: CapturedPacket): void {
    const block = encodePacket({ time: this.#options.wallClock(), bytes, direction, comment });
    if (this.#written + block.byteLength > this.#options.maxBytes) {
      this.#options.sink.rotate();
      this.#begin();
    }
    if (this.#append(block)) this.#packets += 1;
    else this.#lost += 1;
  }

  /** Each file can be read without the one before. */
  #begin(): void {
    this.#written = 0;
    this.#append(encodeSection("sightline"));
    this.#append(encodeInterface(LinkType.raw, "sockets towards cameras and their clouds"));
  }

  #append(bytes: Uint8Array): boolean {
    const isTaken = this.#options.sink.append(bytes);
    if (isTaken) this.#written += bytes.byteLength;
    return isTaken;
  }
}
