import { concatBytes } from "../../bytes/bytes.ts";
import { PtcpConnection } from "../../dahua/ptcp/connection.ts";
import { encodeMessage, MESSAGE_HEADER_LENGTH, MessageType } from "../../dahua/ptcp/message.ts";
import type { Instant } from "../../machine.ts";
import { earliest } from "../../timers.ts";

/** Bytes that may wait for one side before the other side is read no further. */
const MAX_WAITING = 65_536;

const EMPTY = new Uint8Array(0);

/** A datagram for one of the two sides of the agent. */
export interface AgentTransmit {
  readonly to: "client" | "device";
  readonly bytes: Uint8Array;
}

/**
 * What one allocation of the agent does in PTCP: an endpoint for the client, which may ask it for
 * the sign, and as soon as the client says anything else, a splice to the device.
 *
 * A recorded session shows the agent answering as an endpoint before any device is attached, so each
 * side has a connection of its own and the agent passes the bytes of the stream on. Each chunk goes
 * on as one write, so messages that came in one segment leave in one.
 */
export class AgentSession {
  readonly #sign: Uint8Array;
  readonly #client: PtcpConnection;
  readonly #device: PtcpConnection;
  #spliced = false;
  /** The beginning of a message of the client that is not whole yet. */
  #head: Uint8Array = EMPTY;

  /** @param initialSeq Where its own streams begin. */
  constructor(sign: Uint8Array, initialSeq: number) {
    this.#sign = sign;
    this.#client = new PtcpConnection({ role: "listen", ackDelay: 0, initialSeq });
    this.#device = new PtcpConnection({ role: "connect", initialSeq });
  }

  handleClient(now: Instant, bytes: Uint8Array): void {
    this.#client.handleDatagram(now, bytes);
    this.#pump(now);
  }

  handleDevice(now: Instant, bytes: Uint8Array): void {
    this.#device.handleDatagram(now, bytes);
    this.#pump(now);
  }

  handleTimeout(now: Instant): void {
    this.#client.handleTimeout(now);
    this.#device.handleTimeout(now);
    this.#pump(now);
  }

  /** Ends both sides at once. */
  reset(now: Instant): void {
    this.#client.abort(now, "local", "the agent was released");
    this.#device.abort(now, "local", "the agent was released");
  }

  pollTransmit(): AgentTransmit | undefined {
    const toClient = this.#client.pollTransmit();
    if (toClient !== undefined) return { to: "client", bytes: toClient };
    const toDevice = this.#device.pollTransmit();
    return toDevice && { to: "device", bytes: toDevice };
  }

  pollTimeout(): Instant | undefined {
    return earliest(this.#client.pollTimeout(), this.#device.pollTimeout());
  }

  #pump(now: Instant): void {
    while (!this.#spliced) {
      const chunk = this.#client.read(now);
      if (chunk === undefined) break;
      this.#handleHead(now, chunk);
    }
    if (this.#spliced) {
      move(now, this.#client, this.#device);
      move(now, this.#device, this.#client);
    }
    this.#takeEvents(now);
  }

  /** Before anything is spliced: answers requests for the sign, ignores heartbeats. */
  #handleHead(now: Instant, chunk: Uint8Array): void {
    this.#head = concatBytes([this.#head, chunk]);
    while (this.#head.byteLength >= MESSAGE_HEADER_LENGTH) {
      const type = this.#head[0];
      if (type !== MessageType.requestSign && type !== MessageType.heartbeat) {
        return this.#splice(now);
      }
      this.#head = this.#head.subarray(MESSAGE_HEADER_LENGTH);
      // A client that asks on and on, and takes no answer, gets no more of them.
      if (type === MessageType.heartbeat || this.#client.unsentBytes > MAX_WAITING) continue;
      this.#client.write(now, encodeMessage({ type: "sign", sign: this.#sign.slice() }));
    }
  }

  #splice(now: Instant): void {
    this.#spliced = true;
    this.#device.connect(now);
    this.#device.write(now, this.#head.slice());
    this.#head = EMPTY;
  }

  /** Each side's end is the other's. */
  #takeEvents(now: Instant): void {
    for (const side of [this.#client, this.#device]) {
      const other = side === this.#client ? this.#device : this.#client;
      for (let event = side.pollEvent(); event !== undefined; event = side.pollEvent()) {
        if (event.type === "closed") other.close(now);
      }
    }
  }
}

function move(now: Instant, from: PtcpConnection, to: PtcpConnection): void {
  while (to.unsentBytes < MAX_WAITING && !to.closed) {
    const chunk = from.read(now);
    if (chunk === undefined) return;
    to.write(now, chunk);
  }
}
