import { BoundedMap } from "../../dissect/bounded_map.ts";
import { isPtcpDatagram } from "../../dahua/ptcp/segment.ts";
import { isSignalingDatagram } from "../../dahua/signaling/message.ts";
import { formatEndpoint } from "../../endpoint.ts";
import { kindOf } from "../../reolink/signaling/datagram.ts";
import type { TappedDatagram } from "../tap.ts";
import { BcUdpMask } from "./bcudp_mask.ts";
import { PtcpMask } from "./ptcp_mask.ts";
import { maskAll } from "./ranges.ts";

/** Pairs of endpoints with streams of their own. */
const MAX_CONVERSATIONS = 1_024;

/** What proves an account in the signaling of the Dahua family, and what is enciphered with it. */
const SIGNALING_SECRETS: readonly RegExp[] = [
  /(?:PasswordDigest|Username)="([^"]*)"/gi,
  /<(?:DevAuth|UserName|DevPwd|Password|PassWord)>([^<]*)</gi,
  // An address in the clear says nothing of the password; an enciphered one can be tried with it.
  /<LocalAddr>((?![\d.:,\s]*<)[^<]*)</gi,
  /^Authorization:(?![ \t]*WSSE profile)([^\r\n]*)/gim,
];

interface Conversation {
  readonly ptcp: PtcpMask;
  readonly bcudp: BcUdpMask;
}

/** Masks credentials in datagrams of a client, without changing their lengths. */
export class Masker {
  readonly #conversations = new BoundedMap<Conversation>(MAX_CONVERSATIONS);

  /** A copy of the datagram without credentials. */
  mask({ direction, socket, remote, bytes }: TappedDatagram): Uint8Array {
    const masked = bytes.slice();
    const conversation = () => {
      return this.#conversations.obtain(`${socket} ${formatEndpoint(remote)}`, () => ({
        ptcp: new PtcpMask(),
        bcudp: new BcUdpMask(),
      }));
    };
    if (isPtcpDatagram(masked)) conversation().ptcp.mask(direction, masked);
    else if (kindOf(masked) === "data") conversation().bcudp.mask(direction, masked);
    else if (isSignalingDatagram(masked)) maskSignaling(masked);
    return masked;
  }
}

function maskSignaling(bytes: Uint8Array): void {
  // One character a byte, so that places in the text are places in the bytes.
  const text = new TextDecoder("latin1").decode(bytes);
  for (const pattern of SIGNALING_SECRETS) {
    for (const match of text.matchAll(pattern)) {
      const [whole, secret = ""] = match;
      const start = match.index + whole.lastIndexOf(secret);
      maskAll(bytes.subarray(start, start + secret.length));
    }
  }
}
