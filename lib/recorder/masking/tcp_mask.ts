import type { CipherMode } from "../../reolink/baichuan/cipher.ts";
import { BaichuanMask } from "./baichuan_mask.ts";

/** Both directions of a TCP connection, which is taken to carry Baichuan: anything else is hidden. */
export class TcpMask {
  readonly #streams: Record<"in" | "out", BaichuanMask>;

  constructor() {
    const onMode = (mode: CipherMode) => {
      for (const stream of Object.values(this.#streams)) stream.agree(mode);
    };
    this.#streams = { in: new BaichuanMask(onMode), out: new BaichuanMask(onMode) };
  }

  /** A copy of the next bytes of a direction without credentials. */
  mask(direction: "in" | "out", bytes: Uint8Array): Uint8Array {
    const masked = bytes.slice();
    this.#streams[direction].mask(masked);
    return masked;
  }
}
