import { seqAdd, seqDiff } from "../../bytes/seq.ts";
import { tryDecode } from "../../bytes/try_decode.ts";
import type { CipherMode } from "../../reolink/baichuan/cipher.ts";
import { decodeBcUdp } from "../../reolink/bcudp/datagram.ts";
import { BaichuanMask } from "./baichuan_mask.ts";
import { maskAll } from "./ranges.ts";

/** Packets remembered as they were masked, in case they come again. */
const MAX_MASKED = 512;

/** Further back, nothing comes again. */
const MEMORY = 4_096;

const MAX_AHEAD = 1_024;
const HEADER_LENGTH = 20;

/** Both directions of a BcUDP connection. */
export class BcUdpMask {
  readonly #directions: Record<"in" | "out", Direction>;

  constructor() {
    const onMode = (mode: CipherMode) => this.#agree(mode);
    this.#directions = { out: new Direction(onMode), in: new Direction(onMode) };
  }

  /** Masks the credentials of a datagram, in place. */
  mask(direction: "in" | "out", datagram: Uint8Array): void {
    this.#directions[direction].mask(datagram);
  }

  #agree(mode: CipherMode): void {
    for (const { stream } of Object.values(this.#directions)) stream.agree(mode);
  }
}

class Direction {
  stream: BaichuanMask;
  readonly #onMode: (mode: CipherMode) => void;
  #connectionId: number | undefined;
  #next: number | undefined;
  readonly #ahead = new Map<number, Uint8Array>();
  readonly #masked = new Map<number, Uint8Array>();

  constructor(onMode: (mode: CipherMode) => void) {
    this.#onMode = onMode;
    this.stream = new BaichuanMask(onMode);
  }

  mask(datagram: Uint8Array): void {
    const decoded = tryDecode(() => decodeBcUdp(datagram));
    if (decoded === undefined) return maskAll(datagram.subarray(HEADER_LENGTH));
    if (decoded.type === "ack") return;
    const { packetId, payload } = decoded;
    if (decoded.connectionId !== this.#connectionId) this.#renew(decoded.connectionId);
    // What is before the first packet seen is nothing; a stream begins with packet 0.
    this.#next ??= 0;
    const ahead = seqDiff(packetId, this.#next);
    if (ahead < 0) return this.#maskAgain(packetId, payload, -ahead);
    if (ahead > 0) return this.#maskAhead(packetId, payload);
    this.#accept(packetId, payload);
    for (
      let part = this.#ahead.get(this.#next);
      part !== undefined;
      part = this.#ahead.get(this.#next)
    ) {
      this.#ahead.delete(this.#next);
      this.#accept(this.#next, part);
    }
  }

  /** Another connection between the same two ends. */
  #renew(connectionId: number): void {
    this.#connectionId = connectionId;
    this.#next = undefined;
    this.#ahead.clear();
    this.#masked.clear();
    this.stream = new BaichuanMask(this.#onMode);
  }

  #accept(packetId: number, payload: Uint8Array): void {
    const before = payload.slice();
    this.stream.mask(payload);
    this.#next = seqAdd(packetId, 1);
    if (before.every((byte, at) => byte === payload[at])) return;
    this.#masked.set(packetId, payload.slice());
    const [oldest] = this.#masked.keys();
    if (this.#masked.size > MAX_MASKED && oldest !== undefined) this.#masked.delete(oldest);
  }

  #maskAgain(packetId: number, payload: Uint8Array, behind: number): void {
    const masked = this.#masked.get(packetId);
    if (masked?.byteLength === payload.byteLength) payload.set(masked);
    else if (masked !== undefined || behind > MEMORY || this.#masked.size === MAX_MASKED) {
      maskAll(payload);
    }
  }

  #maskAhead(packetId: number, payload: Uint8Array): void {
    if (this.#ahead.size < MAX_AHEAD) this.#ahead.set(packetId, payload.slice());
    if (!this.stream.mayShowAhead) maskAll(payload);
  }
}
