import { slices } from "../bytes/bytes.ts";
import { seqAdd } from "../bytes/seq.ts";
import { isIpv4 } from "../endpoint.ts";
import type { Endpoint } from "../machine.ts";
import { encodeTcpPacket, TCP_FLAG } from "../pcapng/tcp_packet.ts";
import { TcpMask } from "./masking/tcp_mask.ts";
import type { TcpEvent } from "./tcp_tap.ts";

/** Bytes of one segment, as on Ethernet. */
const SEGMENT_BYTES = 1_448;

const NONE = new Uint8Array(0);

export interface CapturedPacket {
  readonly direction: "in" | "out";
  readonly bytes: Uint8Array;
  readonly comment: string;
}

type Direction = "in" | "out";

/**
 * One TCP connection as packets. What is seen here is a stream: headers, numbers and
 * acknowledgements are made up so that every program puts the same stream together again.
 */
export class TcpCapture {
  readonly #mask: TcpMask | undefined;
  readonly #next: Record<Direction, number> = { in: 0, out: 0 };
  #local: Endpoint = { address: "0.0.0.0", port: 0 };
  #remote: Endpoint = { address: "0.0.0.0", port: 0 };

  /** @param secrets Whether credentials are shown. */
  constructor(secrets: boolean) {
    this.#mask = secrets ? undefined : new TcpMask();
  }

  /** The packets that stand for what happened. */
  *packetsOf(event: TcpEvent): Generator<CapturedPacket> {
    switch (event.type) {
      case "dialed":
        this.#remote = event.remote;
        this.#local = isIpv4(event.local.address)
          ? event.local
          : { address: "0.0.0.0", port: event.local.port };
        yield this.#control("out", TCP_FLAG.syn, "connection begun");
        yield this.#control("in", TCP_FLAG.syn | TCP_FLAG.ack);
        return yield this.#segment("out", TCP_FLAG.ack, NONE);
      case "undialed":
        this.#remote = event.remote;
        return yield this.#control("out", TCP_FLAG.syn, `no connection: ${event.detail}`);
      case "data":
        return yield* this.#data(event.direction, event.bytes);
      case "end":
        return yield this.#control(event.direction, TCP_FLAG.fin | TCP_FLAG.ack);
      case "broken":
        return yield this.#segment(
          event.detail === "" ? "out" : "in",
          TCP_FLAG.rst | TCP_FLAG.ack,
          NONE,
          event.detail,
        );
      case "dial":
      case "closed":
        return;
    }
  }

  *#data(direction: Direction, bytes: Uint8Array): Generator<CapturedPacket> {
    const shown = this.#mask?.mask(direction, bytes) ?? bytes;
    for (const part of slices(shown, SEGMENT_BYTES)) {
      yield this.#segment(direction, TCP_FLAG.psh | TCP_FLAG.ack, part);
      this.#advance(direction, part.byteLength);
    }
    // Whoever reads it would else see a window overrun.
    yield this.#segment(direction === "in" ? "out" : "in", TCP_FLAG.ack, NONE);
  }

  /** What takes a number of its own. */
  #control(direction: Direction, flags: number, comment = ""): CapturedPacket {
    const packet = this.#segment(direction, flags, NONE, comment);
    this.#advance(direction, 1);
    return packet;
  }

  #segment(
    direction: Direction,
    flags: number,
    payload: Uint8Array,
    comment = "",
  ): CapturedPacket {
    const isOut = direction === "out";
    const [from, to] = isOut ? [this.#local, this.#remote] : [this.#remote, this.#local];
    const ack = (flags & TCP_FLAG.ack) === 0 ? 0 : this.#next[isOut ? "in" : "out"];
    const bytes = encodeTcpPacket({ from, to, seq: this.#next[direction], ack, flags, payload });
    return { direction, bytes, comment: comment || (isOut ? "sent" : "received") };
  }

  #advance(direction: Direction, count: number): void {
    this.#next[direction] = seqAdd(this.#next[direction], count);
  }
}
