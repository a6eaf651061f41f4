import { formatEndpoint } from "../endpoint.ts";
import type { Clock } from "../io/types.ts";
import type { Endpoint, Instant } from "../machine.ts";
import type { ServerFinding, ServerRole } from "./findings.ts";
import type { Watcher } from "./watched_world.ts";

/** What can be seen in a datagram that came. */
export interface Sight {
  /** Whether it is anything a peer of this vendor says. */
  readonly isReadable: boolean;
  /** The sender's time of day, in milliseconds since 1970. */
  readonly date?: number;
  /** The sender has passed our request on to the camera. */
  readonly isPassedOn?: boolean;
  /** Of a refusal: whether it is about the salt of the camera's passwords. */
  readonly isSaltRefused?: boolean;
  /** It names the salt of the camera's passwords. */
  readonly hasSalt?: boolean;
  /** Where the sender, or whoever told it, sees us. */
  readonly seenAs?: Endpoint;
}

/** Reads the datagrams of one vendor. Neither function throws. */
export interface Sighting {
  /** Whom a request goes to; `undefined` when to no server. */
  readonly sent: (bytes: Uint8Array) => ServerRole | undefined;
  readonly received: (bytes: Uint8Array) => Sight;
}

/** Servers kept; no camera has as many. */
export const MAX_SERVERS = 96;

/** Endpoints of ours that others have told; two sockets for each way. */
const MAX_SEEN_AS = 8;

interface Entry {
  role: ServerRole;
  readonly endpoint: Endpoint;
  readonly firstSentAt: Instant;
  sent: number;
  answers: number;
  garbage: number;
  after: number | undefined;
  clockAhead: number | undefined;
}

/** Everybody who was spoken to, as seen from outside of the machines that speak. */
export class ServerBook implements Watcher {
  readonly #clock: Clock;
  readonly #sighting: Sighting;
  readonly #onAnswer: (server: ServerFinding) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #seenAs = new Map<string, Endpoint>();
  #hasHeard = false;
  #isPassedOn = false;
  #isSaltRefused = false;
  #hasSalt = false;

  /** @param onAnswer Hears of each server's first answer. */
  constructor(clock: Clock, sighting: Sighting, onAnswer: (server: ServerFinding) => void) {
    this.#clock = clock;
    this.#sighting = sighting;
    this.#onAnswer = onAnswer;
  }

  get servers(): readonly ServerFinding[] {
    return [...this.#entries.values()].map((entry) => {
      const { firstSentAt: _, ...finding } = entry;
      return finding;
    });
  }

  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  get isPassedOn(): boolean {
    return this.#isPassedOn;
  }

  get isSaltRefused(): boolean {
    return this.#isSaltRefused;
  }

  get hasSalt(): boolean {
    return this.#hasSalt;
  }

  /** Our own endpoints as others see them. */
  get seenAs(): readonly Endpoint[] {
    return [...this.#seenAs.values()];
  }

  onSent(to: Endpoint, bytes: Uint8Array): void {
    const role = this.#sighting.sent(bytes);
    if (role === undefined) return;
    const key = formatEndpoint(to);
    const known = this.#entries.get(key);
    if (known !== undefined) known.sent += 1;
    else if (this.#entries.size < MAX_SERVERS) this.#entries.set(key, this.#begin(role, to));
  }

  onReceived(from: Endpoint, bytes: Uint8Array): void {
    this.#hasHeard = true;
    const sight = this.#sighting.received(bytes);
    this.#isPassedOn ||= sight.isPassedOn === true;
    this.#isSaltRefused = sight.isSaltRefused ?? this.#isSaltRefused;
    this.#hasSalt ||= sight.hasSalt === true;
    if (sight.seenAs !== undefined && this.#seenAs.size < MAX_SEEN_AS) {
      this.#seenAs.set(formatEndpoint(sight.seenAs), sight.seenAs);
    }
    const entry = this.#entries.get(formatEndpoint(from));
    if (entry === undefined) return;
    if (!sight.isReadable) entry.garbage += 1;
    else this.#handleAnswer(entry, sight);
  }

  #begin(role: ServerRole, endpoint: Endpoint): Entry {
    const firstSentAt = this.#clock.now();
    const none = { answers: 0, garbage: 0, after: undefined, clockAhead: undefined };
    return { role, endpoint, firstSentAt, sent: 1, ...none };
  }

  #handleAnswer(entry: Entry, { date }: Sight): void {
    entry.answers += 1;
    if (date !== undefined) entry.clockAhead = this.#clock.wallClock() - date;
    if (entry.answers > 1) return;
    entry.after = this.#clock.now() - entry.firstSentAt;
    const { firstSentAt: _, ...finding } = entry;
    this.#onAnswer(finding);
  }
}
