/** Most bytes of the length of a packet (MQTT 3.1.1, section 2.2.3). */
const MAX_LENGTH_BYTES = 4;

/**
 * Watches a stream of MQTT packets for one that is too long, of which the `mqtt` package would keep
 * up to 256 MB. Reads no more than where each one begins.
 */
export class PacketGauge {
  readonly #limit: number;
  /** Bytes of the present packet still to come, once its length is known. */
  #left = 0;
  /** Bytes of its length read so far; `undefined` before its first byte. */
  #lengthBytes: number | undefined;
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The next bytes of the stream. Returns the length of a packet that breaks the limit. */
  read(bytes: Uint8Array): number | undefined {
    for (let at = 0; at < bytes.length;) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, bytes.length - at);
        this.#left -= step;
        at += step;
        continue;
      }
      const byte = bytes[at++] ?? 0;
      if (this.#lengthBytes === undefined) {
        this.#lengthBytes = 0;
        this.#length = 0;
        continue;
      }
      this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes;
      this.#lengthBytes += 1;
      if (byte >= 0x80 && this.#lengthBytes < MAX_LENGTH_BYTES) continue;
      if (this.#length > this.#limit) return this.#length;
      this.#left = this.#length;
      this.#lengthBytes = undefined;
    }
    return undefined;
  }
}
