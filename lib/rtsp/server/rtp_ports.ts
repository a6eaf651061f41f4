import { tryDecode } from "../../bytes/try_decode.ts";
import { formatEndpoint } from "../../endpoint.ts";
import type { OpenUdp, UdpSocket } from "../../io/types.ts";
import type { Endpoint, Instant } from "../../machine.ts";
import { decodeRtcp, RTCP_TYPE } from "../../rtp/rtcp.ts";
import type { PortPair } from "../transport_header.ts";

/** How often to look for two free ports side by side. */
const ATTEMPTS = 32;

/**
 * Bytes that may leave at once for all viewers together, and each second: half of what a socket
 * holds back for a system that is busy, and half of what the slower runtime can send.
 */
const ALLOWANCE = { burst: 512 * 1024, rate: 96 * 1024 * 1024 } as const;

/** The UDP sockets, RTP's and RTCP's, that all viewers of one server share. */
export class RtpPorts {
  readonly #rtp: UdpSocket;
  readonly #rtcp: UdpSocket;
  readonly #listeners: Listeners = new Map();
  readonly #talkers: Listeners = new Map();
  #credit: number = ALLOWANCE.burst;
  #creditedAt: Instant = 0;
  /** Datagrams that came to the RTCP port and are no report of a viewer. */
  strays = 0;

  private constructor(rtp: UdpSocket, rtcp: UdpSocket) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    rtcp.receive((from, bytes) => this.#receive(from, bytes));
    // What else comes here opens ways through NATs for what we send, and says nothing.
    rtp.receive((from, bytes) => tell(this.#talkers, from, bytes));
  }

  /**
   * Opens an even port and the next (RFC 3550 section 11) on a local address. Rejects with
   * `ListenError` where there are none.
   */
  static async open(openUdp: OpenUdp, address: string): Promise<RtpPorts> {
    for (let attempt = 1;; attempt++) {
      const first = await openUdp({ address, port: 0 });
      const { port } = first.local;
      try {
        const second = await openUdp({ address, port: port ^ 1 });
        return port % 2 === 0 ? new RtpPorts(first, second) : new RtpPorts(second, first);
      } catch (error) {
        first.close();
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  get ports(): PortPair {
    return { rtp: this.#rtp.local.port, rtcp: this.#rtcp.local.port };
  }

  /** Whether something may be sent now; otherwise in a moment. */
  hasRoom(now: Instant): boolean {
    const earned = ALLOWANCE.rate * (now - this.#creditedAt) / 1000;
    this.#credit = Math.min(ALLOWANCE.burst, this.#credit + Math.max(0, earned));
    this.#creditedAt = now;
    return this.#credit > 0;
  }

  send(kind: "rtp" | "rtcp", to: Endpoint, bytes: Uint8Array): void {
    this.#credit -= bytes.byteLength;
    (kind === "rtp" ? this.#rtp : this.#rtcp).send(to, bytes);
  }

  /** Calls `onReport` for every receiver's packet from `viewer`, until the result is called. */
  listen(viewer: Endpoint, onReport: () => void): () => void {
    return listenTo(this.#listeners, viewer, onReport);
  }

  /** Calls `onPacket` for every datagram from `talker`, until the result is called. */
  hear(talker: Endpoint, onPacket: (packet: Uint8Array) => void): () => void {
    return listenTo(this.#talkers, talker, onPacket);
  }

  close(): void {
    this.#rtp.close();
    this.#rtcp.close();
  }

  #receive(from: Endpoint, bytes: Uint8Array): void {
    if (!isReport(bytes) || !tell(this.#listeners, from, bytes)) this.strays++;
  }
}

/** Who listens to whom. */
type Listeners = Map<string, Set<(bytes: Uint8Array) => void>>;

function listenTo(
  all: Listeners,
  to: Endpoint,
  listener: (bytes: Uint8Array) => void,
): () => void {
  const key = formatEndpoint(to);
  const listeners = all.get(key) ?? new Set();
  all.set(key, listeners.add(listener));
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) all.delete(key);
  };
}

/** Returns whether anybody listens. */
function tell(all: Listeners, from: Endpoint, bytes: Uint8Array): boolean {
  const listeners = all.get(formatEndpoint(from));
  for (const listener of [...listeners ?? []]) listener(bytes);
  return listeners !== undefined;
}

/** Whether a compound begins as those of receivers do (RFC 3550 section 6.1). */
function isReport(bytes: Uint8Array): boolean {
  const [first] = tryDecode(() => decodeRtcp(bytes)) ?? [];
  return first?.type === RTCP_TYPE.receiverReport || first?.type === RTCP_TYPE.senderReport;
}
