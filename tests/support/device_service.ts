import type { Instant } from "../../lib/machine.ts";
import type { DahuaDevice, DeviceEvent } from "../../lib/sim/dahua/device.ts";
import { patternAt } from "./pattern.ts";

/** Bytes of one message as devices send them. */
const PIECE = 1280;

/** What a stream sends on its own: the pattern from its beginning. */
interface Source {
  sent: number;
  /** How much there is. */
  produced: number;
  /** What came from the client and goes back behind that. */
  readonly returned: Uint8Array[];
}

/**
 * What is behind the ports of a simulated camera in virtual time: each connection is accepted, sends
 * so much of the pattern, and returns what it is sent.
 */
export class DeviceService {
  /** Bytes of the pattern a connection sends as soon as it is accepted. */
  sourceBytes = 0;
  readonly #device: DahuaDevice;
  readonly #command: <T>(run: (now: Instant) => T) => T;
  readonly #sources = new Map<number, Source>();

  /** @param command Gives a command to the device's node. */
  constructor(device: DahuaDevice, command: <T>(run: (now: Instant) => T) => T) {
    this.#device = device;
    this.#command = command;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sources.size;
  }

  handle(event: DeviceEvent): void {
    switch (event.type) {
      case "dial":
        this.#sources.set(event.stream, { sent: 0, produced: this.sourceBytes, returned: [] });
        this.#command((now) => this.#device.streams.accept(now, event.stream));
        return this.#pump(event.stream);
      case "readable":
        this.#readAll(event.stream);
        return this.#pump(event.stream);
      case "writable":
        return this.#pump(event.stream);
      case "closed":
        return void this.#sources.delete(event.stream);
      default:
        return;
    }
  }

  /** Every connection has this many more bytes to send. */
  produce(bytes: number): void {
    for (const [stream, source] of this.#sources) {
      source.produced += bytes;
      this.#pump(stream);
    }
  }

  #readAll(stream: number): void {
    const read = () => this.#command((now) => this.#device.streams.read(now, stream));
    for (let bytes = read(); bytes !== undefined; bytes = read()) {
      this.#sources.get(stream)?.returned.push(bytes);
    }
  }

  #pump(stream: number): void {
    const { streams } = this.#device;
    const source = this.#sources.get(stream);
    while (source !== undefined && streams.space(stream) > 0) {
      const bytes = next(source);
      if (bytes === undefined) return;
      this.#command((now) => streams.write(now, stream, bytes));
    }
  }
}

function next(source: Source): Uint8Array | undefined {
  const length = Math.min(PIECE, source.produced - source.sent);
  if (length <= 0) return source.returned.shift();
  const bytes = patternAt(source.sent, length);
  source.sent += length;
  return bytes;
}
