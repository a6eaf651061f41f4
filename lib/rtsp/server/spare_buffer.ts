/** A larger one is not kept: it would be idle from key frame to key frame. */
const MAX_KEPT_BYTES = 64 * 1024;

/** Some room to spare, so that it need not grow with every picture that is a little larger. */
const GRANULE = 16 * 1024;

/**
 * The buffer that one client's media is put together in, again and again while the client keeps up:
 * a new one for every picture of every viewer is what the garbage collector would be busy with.
 */
export class SpareBuffer {
  #own = new ArrayBuffer(0);
  #isTaken = false;

  /** `length` bytes with anything in them; a buffer of their own while the spare one is taken. */
  take(length: number): Uint8Array<ArrayBuffer> {
    if (this.#isTaken || length > MAX_KEPT_BYTES) return new Uint8Array(length);
    if (length > this.#own.byteLength) {
      this.#own = new ArrayBuffer(GRANULE * Math.ceil(length / GRANULE));
    }
    this.#isTaken = true;
    return new Uint8Array(this.#own, 0, length);
  }

  /** Nobody uses `bytes` any more, wherever they came from. */
  giveBack(bytes: Uint8Array): void {
    if (bytes.buffer === this.#own) this.#isTaken = false;
  }
}
