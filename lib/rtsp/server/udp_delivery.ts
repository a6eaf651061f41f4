import type { Clock } from "../../io/types.ts";
import type { Duration, Instant } from "../../machine.ts";
import { INTERLEAVED_HEADER_LENGTH } from "../message.ts";
import type { PlayedTrack } from "./playback.ts";
import type { RtpPorts } from "./rtp_ports.ts";

/** Bytes that may leave at once: half of what a player's socket holds where nobody enlarged it. */
export const UDP_BURST = 64 * 1024;

/** Bytes a second that leave at least, while there are any. */
const LEAST_RATE = 4 * 1024 * 1024;

/** All that waits leaves within about this time, so that no stream is too fast for it. */
const DRAIN_TIME: Duration = 250;

/** How often to send while something waits. */
const TICK: Duration = 5;

interface Destination {
  readonly kind: "rtp" | "rtcp";
  readonly port: number;
}

export interface UdpDeliveryOptions {
  readonly ports: RtpPorts;
  /** The client's address; packets go nowhere else. */
  readonly address: string;
  readonly tracks: readonly PlayedTrack[];
  readonly clock: Clock;
  /** The client has sent a report. */
  readonly onReport: () => void;
}

/**
 * Sends the interleaved frames of one client as datagrams, evenly: a group of pictures in one go
 * would overflow the client's socket.
 */
export class UdpDelivery {
  readonly #options: UdpDeliveryOptions;
  readonly #destinations = new Map<number, Destination>();
  readonly #stopListening: readonly (() => void)[];
  #queue: Uint8Array[] = [];
  /** Where in the first of the queue the next frame begins. */
  #at = 0;
  #waitingBytes = 0;
  /** Bytes that may leave now. */
  #credit = 0;
  #creditedAt: Instant;
  #cancelTick: (() => void) | undefined;

  constructor(options: UdpDeliveryOptions) {
    this.#options = options;
    this.#creditedAt = options.clock.now();
    const { ports, address, tracks, onReport } = options;
    const udp = tracks.flatMap(({ channels, clientPorts }) =>
      clientPorts === undefined ? [] : [{ channels, clientPorts }]
    );
    for (const { channels, clientPorts } of udp) {
      this.#destinations.set(channels.rtp, { kind: "rtp", port: clientPorts.rtp });
      this.#destinations.set(channels.rtcp, { kind: "rtcp", port: clientPorts.rtcp });
    }
    this.#stopListening = udp.map(({ clientPorts }) =>
      ports.listen({ address, port: clientPorts.rtcp }, onReport)
    );
  }

  /** Bytes not yet sent. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Takes interleaved frames, one behind the other; they leave in a moment. */
  push(frames: Uint8Array): void {
    this.#queue.push(frames);
    this.#waitingBytes += frames.byteLength;
    this.#cancelTick ??= this.#options.clock.setTimer(0, () => this.#tick());
  }

  /** Sends these frames at once, in place of all that waits. */
  finish(frames: Uint8Array): void {
    this.#queue = [frames];
    this.#at = 0;
    this.#waitingBytes = frames.byteLength;
    while (this.#waitingBytes > 0) this.#sendNext();
  }

  close(): void {
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    this.#queue = [];
    this.#waitingBytes = 0;
    for (const stop of this.#stopListening) stop();
  }

  #tick(): void {
    this.#cancelTick = undefined;
    const now = this.#options.clock.now();
    const rate = Math.max(LEAST_RATE, 1000 * this.#waitingBytes / DRAIN_TIME);
    const earned = rate * (now - this.#creditedAt) / 1000;
    this.#credit = Math.min(UDP_BURST, this.#credit + earned);
    this.#creditedAt = now;
    const { ports } = this.#options;
    while (this.#credit > 0 && this.#waitingBytes > 0 && ports.hasRoom(now)) this.#sendNext();
    if (this.#waitingBytes > 0) {
      this.#cancelTick = this.#options.clock.setTimer(TICK, () => this.#tick());
    }
  }

  #sendNext(): void {
    const [frames = new Uint8Array(0)] = this.#queue;
    const [, channel = 0, high = 0, low = 0] = frames.subarray(this.#at);
    const start = this.#at + INTERLEAVED_HEADER_LENGTH;
    const end = start + high * 256 + low;
    const { ports, address } = this.#options;
    const destination = this.#destinations.get(channel);
    if (destination !== undefined) {
      const { kind, port } = destination;
      ports.send(kind, { address, port }, frames.subarray(start, end));
    }
    this.#credit -= end - this.#at;
    this.#waitingBytes -= end - this.#at;
    this.#at = end;
    if (end < frames.byteLength) return;
    this.#queue.shift();
    this.#at = 0;
  }
}
