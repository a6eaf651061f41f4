import { MESSAGE_HEADER_LENGTH, MessageType } from "../../dahua/ptcp/message.ts";
import { HEADER_LENGTH, isPtcpDatagram } from "../../dahua/ptcp/segment.ts";
import type { Entropy } from "../../machine.ts";

/** Whether a datagram carries one heartbeat and nothing else. */
export function isHeartbeat(bytes: Uint8Array): boolean {
  return bytes.byteLength === HEADER_LENGTH + MESSAGE_HEADER_LENGTH && isPtcpDatagram(bytes) &&
    bytes[HEADER_LENGTH] === MessageType.heartbeat;
}

/**
 * A bad place for heartbeats: loses a share of them, and nothing else. As on a real path, what is
 * lost is the datagram; PTCP sends it again.
 */
export class HeartbeatLoss {
  readonly #share: number;
  readonly #entropy: Entropy;

  /** @param share From 0, which draws no randomness, to 1. */
  constructor(share: number, entropy: Entropy) {
    this.#share = share;
    this.#entropy = entropy;
  }

  /** Whether this datagram is lost. */
  takes(bytes: Uint8Array): boolean {
    if (this.#share === 0 || !isHeartbeat(bytes)) return false;
    const [dice = 0] = this.#entropy(1);
    return dice < this.#share * 256;
  }
}
