import type { Endpoint } from "../machine.ts";
import type { CaptureFrame } from "../pcapng/frame.ts";
import type { Dissection } from "./dissection.ts";
import { Dissector } from "./dissector.ts";
import { PacketReader } from "./packet.ts";

/** One frame of a capture, read. */
export interface FrameReport extends Dissection {
  /** Its number in the file, from 1. */
  readonly frame: number;
  /** Milliseconds since 1970, or `undefined` where the capture does not tell. */
  readonly time: number | undefined;
  /** A port is 0 where there is none; no ends where the frame holds no IP. */
  readonly from: Endpoint | undefined;
  readonly to: Endpoint | undefined;
  /** Bytes of payload. */
  readonly length: number;
}

const NOTHING = { fields: {}, notes: [], errors: [] } as const;

/** Reads the frames of a capture one after the other. Never throws on what they hold. */
export class CaptureDissector {
  readonly #packets = new PacketReader();
  readonly #dissector: Dissector;

  /** @param password Of the Reolink cameras, for what is enciphered with a key made of it. */
  constructor(password?: string) {
    this.#dissector = new Dissector(password);
  }

  read(frame: CaptureFrame): FrameReport {
    const { number, time, wireLength } = frame;
    const packet = this.#packets.read(frame);
    const about = { frame: number, time, from: undefined, to: undefined, length: wireLength };
    switch (packet.type) {
      case "udp":
      case "tcp": {
        const { from, to, payload, missing } = packet;
        const dissection = packet.type === "tcp"
          ? this.#dissector.dissectSegment(packet)
          : this.#dissector.dissect({ frame: number, time, from, to, payload });
        const length = payload.byteLength + missing;
        const notes = missing === 0
          ? dissection.notes
          : [...dissection.notes, `${missing} bytes not captured`];
        return { ...about, from, to, length, ...dissection, notes };
      }
      case "ip": {
        const [from, to] = [packet.from, packet.to].map((address) => ({ address, port: 0 }));
        return { ...about, from, to, protocol: "other", summary: packet.what, ...NOTHING };
      }
      case "other":
        return { ...about, protocol: "other", summary: packet.what, ...NOTHING };
      case "bad": {
        const { offset, rule } = packet;
        const errors = [{ offset, rule }];
        return { ...about, protocol: "other", summary: "frame", ...NOTHING, errors };
      }
    }
  }
}
