import { isPtcpDatagram } from "../dahua/ptcp/segment.ts";
import { isSignalingDatagram } from "../dahua/signaling/message.ts";
import { formatEndpoint } from "../endpoint.ts";
import type { Endpoint } from "../machine.ts";
import { kindOf } from "../reolink/signaling/datagram.ts";
import { BaichuanSession } from "./baichuan_stream.ts";
import { BcUdpDirection } from "./bcudp_dissection.ts";
import { BoundedMap } from "./bounded_map.ts";
import type { CapturedDatagram, Dissection } from "./dissection.ts";
import type { TcpPacket } from "./packet.ts";
import { PtcpDirection } from "./ptcp_dissection.ts";
import {
  dissectDhHttp,
  dissectInvertedStun,
  dissectReolinkSignaling,
} from "./signaling_dissection.ts";
import { TcpDirection } from "./tcp_dissection.ts";

/** Pairs of endpoints whose streams are followed at a time. */
export const MAX_CONVERSATIONS = 1024;

/** Requests remembered for the sake of their answers. */
const MAX_REQUESTS = 1024;

/** The two types of connectivity checks cameras send, inverted. */
const STUN_TYPES: readonly number[] = [0xfffe, 0xfefe];

/** Both directions between two endpoints, by who sends. */
interface Conversation {
  readonly ptcp: Record<"up" | "down", PtcpDirection>;
  readonly bcudp: Record<"up" | "down", BcUdpDirection>;
  readonly tcp: Record<"up" | "down", TcpDirection>;
}

/** Reads datagrams and segments of a capture one after the other. Never throws on what they hold. */
export class Dissector {
  readonly #conversations = new BoundedMap<Conversation>(MAX_CONVERSATIONS);
  readonly #requests = new BoundedMap<string>(MAX_REQUESTS);
  readonly #password: string | undefined;

  /** @param password Of the Reolink cameras, for what is enciphered with a key made of it. */
  constructor(password?: string) {
    this.#password = password;
  }

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
        const { conversation, there, back } = this.#find(datagram);
        return conversation.bcudp[there].read(payload, conversation.bcudp[back]);
      }
      case "alarm":
        return { ...NOTHING, protocol: "rlalarm", summary: `alarm, ${payload.byteLength} bytes` };
      case undefined:
        return this.#dissectOther(datagram);
    }
  }

  #dissectOther({ from, to, payload }: CapturedDatagram): Dissection {
    if (isSignalingDatagram(payload) && /^(?:DH|NF|HTTP\/1)/.test(headOf(payload))) {
      return this.#pair(from, to, dissectDhHttp(payload));
    }
    const first = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
    if (STUN_TYPES.includes(first)) return dissectInvertedStun(payload);
    return { ...NOTHING, summary: `${payload.byteLength} bytes of no protocol known here` };
  }

  /** Answers do not say to what; their numbers do, which a client gives to all servers in turn. */
  #pair(from: Endpoint, to: Endpoint, dissection: Dissection): Dissection {
    const { fields, summary } = dissection;
    const cseq = fields["dhhttp.cseq"];
    if (cseq === undefined) return dissection;
    const path = fields["dhhttp.path"];
    if (path !== undefined) {
      const key = `${formatEndpoint(from)} ${cseq}`;
      this.#requests.delete(key);
      this.#requests.obtain(key, () => String(path));
      return dissection;
    }
    const asked = this.#requests.get(`${formatEndpoint(to)} ${cseq}`);
    return asked === undefined ? dissection : { ...dissection, summary: `${summary} to ${asked}` };
  }

  /** Reads the next segment of TCP. */
  dissectSegment(packet: TcpPacket): Dissection {
    const { conversation, there, back } = this.#find(packet, "tcp");
    return conversation.tcp[there].read(packet, conversation.tcp[back]);
  }

  #find({ from, to }: Ends, transport: "udp" | "tcp" = "udp") {
    const [a, b] = [formatEndpoint(from), formatEndpoint(to)];
    const isUp = a < b;
    const key = `${transport} ${isUp ? `${a} ${b}` : `${b} ${a}`}`;
    const conversation = this.#conversations.obtain(key, () => this.#makeConversation());
    const there = isUp ? "up" as const : "down" as const;
    const back = isUp ? "down" as const : "up" as const;
    return { conversation, there, back };
  }

  #makeConversation(): Conversation {
    const session = new BaichuanSession(this.#password);
    return {
      ptcp: { up: new PtcpDirection(), down: new PtcpDirection() },
      bcudp: { up: new BcUdpDirection(session), down: new BcUdpDirection(session) },
      tcp: { up: new TcpDirection(session), down: new TcpDirection(session) },
    };
  }
}

type Ends = Pick<CapturedDatagram, "from" | "to">;

const NOTHING: Dissection = {
  protocol: "unknown",
  summary: "",
  fields: {},
  notes: [],
  errors: [],
};

function headOf(payload: Uint8Array): string {
  return new TextDecoder("latin1").decode(payload.subarray(0, 8));
}
