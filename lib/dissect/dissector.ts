import { isPtcpDatagram } from "../dahua/ptcp/segment.ts";
import { isSignalingDatagram } from "../dahua/signaling/message.ts";
import { formatEndpoint } from "../endpoint.ts";
import { kindOf } from "../reolink/signaling/datagram.ts";
import { BcUdpDirection } from "./bcudp_dissection.ts";
import { BoundedMap } from "./bounded_map.ts";
import type { CapturedDatagram, Dissection } from "./dissection.ts";
import { PtcpDirection } from "./ptcp_dissection.ts";
import {
  dissectDhHttp,
  dissectInvertedStun,
  dissectReolinkSignaling,
} from "./signaling_dissection.ts";

/** Pairs of endpoints whose streams are followed at a time. */
export const MAX_CONVERSATIONS = 1024;

/** The two types of connectivity checks cameras send, inverted. */
const STUN_TYPES: readonly number[] = [0xfffe, 0xfefe];

/** Both directions between two endpoints, by who sends. */
interface Conversation {
  readonly ptcp: Record<"up" | "down", PtcpDirection>;
  readonly bcudp: Record<"up" | "down", BcUdpDirection>;
}

/** Reads datagrams of a capture one after the other. Never throws on what they hold. */
export class Dissector {
  readonly #conversations = new BoundedMap<Conversation>(MAX_CONVERSATIONS);

  /** Conversations followed. */
  get size(): number {
    return this.#conversations.size;
  }

  /** Reads the next datagram; whose protocol is told by its first bytes alone. */
  dissect(datagram: CapturedDatagram): Dissection {
    const { payload } = datagram;
    if (isPtcpDatagram(payload)) {
      const { conversation, there, back } = this.#find(datagram);
      return conversation.ptcp[there].read(payload, conversation.ptcp[back]);
    }
    switch (kindOf(payload)) {
      case "signaling":
        return dissectReolinkSignaling(payload);
      case "data":
      case "ack": {
        const { conversation, there } = this.#find(datagram);
        return conversation.bcudp[there].read(payload);
      }
      case "alarm":
        return { ...NOTHING, protocol: "rlalarm", summary: `alarm, ${payload.byteLength} bytes` };
      case undefined:
        return dissectOther(payload);
    }
  }

  #find({ from, to }: CapturedDatagram) {
    const [a, b] = [formatEndpoint(from), formatEndpoint(to)];
    const isUp = a < b;
    const conversation = this.#conversations.obtain(isUp ? `${a} ${b}` : `${b} ${a}`, () => ({
      ptcp: { up: new PtcpDirection(), down: new PtcpDirection() },
      bcudp: { up: new BcUdpDirection(), down: new BcUdpDirection() },
    }));
    const there = isUp ? "up" as const : "down" as const;
    const back = isUp ? "down" as const : "up" as const;
    return { conversation, there, back };
  }
}

const NOTHING: Dissection = {
  protocol: "unknown",
  summary: "",
  fields: {},
  notes: [],
  errors: [],
};

function dissectOther(payload: Uint8Array): Dissection {
  if (isSignalingDatagram(payload) && /^(?:DH|NF|HTTP\/1)/.test(headOf(payload))) {
    return dissectDhHttp(payload);
  }
  const first = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
  if (STUN_TYPES.includes(first)) return dissectInvertedStun(payload);
  return { ...NOTHING, summary: `${payload.byteLength} bytes of no protocol known here` };
}

function headOf(payload: Uint8Array): string {
  return new TextDecoder("latin1").decode(payload.subarray(0, 8));
}
