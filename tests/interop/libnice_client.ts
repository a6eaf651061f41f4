import { createHash } from "node:crypto";
import { PtcpSession } from "../../lib/dahua/ptcp/session.ts";
import type { SessionEvent, SessionStats } from "../../lib/dahua/ptcp/session_options.ts";
import type { Endpoint, Entropy, Instant, Machine, Transmit } from "../../lib/machine.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { renumber, type SequenceOffsets } from "./libnice_renumber.ts";

export interface ClientOptions {
  readonly device: Endpoint;
  readonly direction: "download" | "upload";
  readonly bytes: number;
  readonly seed: number;
  readonly entropy: Entropy;
  /** Where both sides' counters start, as our engine sees it; the device's really start at 0. */
  readonly offsets: SequenceOffsets;
}

/** How the transfer ended; the last and only event. */
export interface ClientEvent {
  readonly type: "closed";
  /** Whether the device ended the realm by itself, as it does once it has sent or got all. */
  readonly complete: boolean;
  readonly detail: string;
  readonly bytes: number;
  /** Of all bytes received, or sent. */
  readonly sha256: string;
}

const CHUNK = 8_000;

/** Our PTCP engine as the client of one device: opens one realm and moves bytes one way. */
export class TransferClient implements Machine<ClientEvent> {
  static readonly via = "client";

  readonly #options: ClientOptions;
  readonly #session: PtcpSession;
  readonly #pattern: Rng;
  readonly #hash = createHash("sha256");
  readonly #events: ClientEvent[] = [];
  #bytes = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#pattern = new Rng(options.seed);
    this.#session = new PtcpSession({
      role: "connect",
      entropy: options.entropy,
      initialSeq: options.offsets.client,
    });
  }

  get stats(): SessionStats {
    return this.#session.stats;
  }

  start(now: Instant): void {
    this.#session.connect(now);
    this.#settle(now);
  }

  handleDatagram(now: Instant, _via: string, _from: Endpoint, bytes: Uint8Array): void {
    this.#session.handleDatagram(now, renumber(bytes, "fromDevice", this.#options.offsets));
    this.#settle(now);
  }

  handleTimeout(now: Instant): void {
    this.#session.handleTimeout(now);
    this.#settle(now);
  }

  pollTransmit(): Transmit | undefined {
    const bytes = this.#session.pollTransmit();
    if (bytes === undefined) return undefined;
    const { device, offsets } = this.#options;
    return { via: TransferClient.via, to: device, bytes: renumber(bytes, "toDevice", offsets) };
  }

  pollEvent(): ClientEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    return this.#session.pollTimeout();
  }

  #settle(now: Instant): void {
    for (let event = this.#session.pollEvent(); event; event = this.#session.pollEvent()) {
      this.#handleEvent(now, event);
    }
  }

  #handleEvent(now: Instant, event: SessionEvent): void {
    switch (event.type) {
      case "connected":
        this.#session.openRealm(now, 554);
        return;
      case "realmOpen":
      case "realmWritable":
        return this.#write(now, event.realm);
      case "realmReadable":
        return this.#read(now, event.realm);
      case "realmClosed":
        return this.#finish(event.reason === "peer", event.detail);
      case "closed":
        return this.#finish(false, event.detail);
      case "control":
      case "bind":
        return;
    }
  }

  #write(now: Instant, realm: number): void {
    const { direction, bytes } = this.#options;
    if (direction === "download") return;
    while (this.#bytes < bytes && this.#session.realmSpace(realm) > 0) {
      const chunk = this.#pattern.entropy(Math.min(CHUNK, bytes - this.#bytes));
      this.#count(chunk);
      this.#session.writeRealm(now, realm, chunk);
    }
  }

  #read(now: Instant, realm: number): void {
    for (
      let chunk = this.#session.readRealm(now, realm);
      chunk !== undefined;
      chunk = this.#session.readRealm(now, realm)
    ) {
      this.#count(chunk);
    }
  }

  #count(chunk: Uint8Array): void {
    this.#bytes += chunk.byteLength;
    this.#hash.update(chunk);
  }

  #finish(complete: boolean, detail: string): void {
    const sha256 = this.#hash.copy().digest("hex");
    this.#events.push({ type: "closed", complete, detail, bytes: this.#bytes, sha256 });
  }
}
