import { formatEndpoint } from "../../endpoint.ts";
import type { DhRequest, DhResponse } from "../../dahua/signaling/message.ts";
import { writeBody } from "../../dahua/signaling/body.ts";
import type { Duration, Endpoint, Instant } from "../../machine.ts";
import { earliest } from "../../timers.ts";
import type { Backstage, BackstageMessage } from "./backstage.ts";
import { notFound, respond } from "./respond.ts";

/** How often a device registers: often enough for the NATs of real homes. */
export const REGISTER_EVERY: Duration = 20_000;

/** How long a device may be silent before it counts as offline. */
const OFFLINE_AFTER: Duration = 3 * REGISTER_EVERY;

/** Channel requests remembered at once; the oldest is forgotten. */
export const MAX_CHANNELS = 256;

/** When a channel request is over and its CSeq may come again. */
const CHANNEL_LIFETIME: Duration = 30_000;

/** How often a device is asked again until it answers, and how many times. */
const ASK_AGAIN_AFTER: Duration = 500;
const MAX_ASKS = 20;

export interface MainServerOptions {
  /** Devices that exist; any other serial is unknown. */
  readonly serials: readonly string[];
  readonly p2p: Endpoint;
  /** The relay servers clients are sent to in turn. */
  readonly relays: readonly [Endpoint, ...Endpoint[]];
  readonly toDevice: (at: Endpoint, message: BackstageMessage) => void;
  readonly toClient: (now: Instant, at: Endpoint, response: DhResponse) => void;
}

type ChannelKind = Backstage<"request">["channel"];

interface Registration {
  readonly at: Endpoint;
  readonly since: Instant;
}

/** A client's channel request on its way through the device. */
interface Channel {
  readonly key: string;
  readonly client: Endpoint;
  readonly ask: Backstage<"request">;
  readonly serial: string;
  readonly since: Instant;
  asks: number;
  /** When the device is asked again; `undefined` once it has answered. */
  nextAsk: Instant | undefined;
  answer: DhResponse | undefined;
}

/**
 * The main server: knows which devices are there and passes channel requests on to them.
 *
 * `p2p-channel` is answered twice: `100` at once, then what the device says. `relay-channel` is not
 * answered here at all unless the device refuses: the agent tells the client [wire].
 */
export class MainServer {
  readonly #options: MainServerOptions;
  readonly #serials: ReadonlySet<string>;
  readonly #registered = new Map<string, Registration>();
  /** By client, CSeq and path; oldest first. */
  readonly #channels = new Map<string, Channel>();
  #nextId = 0;
  /** Relay servers given out, and the latest question for one. */
  #relayTurn = 0;
  #relayQuestion: string | undefined;

  constructor(options: MainServerOptions) {
    this.#options = options;
    this.#serials = new Set(options.serials);
  }

  isOnline(now: Instant, serial: string): boolean {
    const registration = this.#registered.get(serial);
    return registration !== undefined && now - registration.since < OFFLINE_AFTER;
  }

  /** The responses a client gets at once. */
  handleRequest(now: Instant, client: Endpoint, request: DhRequest): readonly DhResponse[] {
    const { path } = request;
    if (path === "/probe/p2psrv") return [respond(request, 200, "OK")];
    if (path === "/online/relay") {
      return [this.#lookUp(request, "Address", this.#relayFor(client, request))];
    }
    const wanted = /^\/online\/p2psrv\/([^/]+)$/.exec(path)?.[1];
    if (wanted !== undefined && this.isOnline(now, wanted)) {
      return [this.#lookUp(request, "US", this.#options.p2p)];
    }
    const [, serial, kind] = /^\/device\/([^/]+)\/(p2p|relay)-channel$/.exec(path) ?? [];
    if (serial === undefined || !this.isOnline(now, serial)) return [notFound(request)];
    const channel = kind === "p2p" ? "p2p-channel" : "relay-channel";
    return this.#handleChannel(now, client, request, serial, channel);
  }

  /** Returns the serial of a device that has just come online. */
  handleRegister(
    now: Instant,
    from: Endpoint,
    { serial }: Backstage<"register">,
  ): string | undefined {
    if (!this.#serials.has(serial)) return undefined;
    const isNew = !this.isOnline(now, serial);
    this.#registered.set(serial, { at: from, since: now });
    this.#options.toDevice(from, { type: "registered", mapped: from });
    return isNew ? serial : undefined;
  }

  handleAnswer(now: Instant, { id, code, reason, body }: Backstage<"answer">): void {
    for (const channel of this.#channels.values()) {
      if (channel.ask.id !== id || channel.answer !== undefined) continue;
      const { cseq } = channel.ask;
      channel.nextAsk = undefined;
      channel.answer = { code, reason, cseq, headers: new Map(), body };
      this.#tell(now, channel);
    }
  }

  handleTimeout(now: Instant): void {
    for (const channel of this.#channels.values()) {
      if (channel.nextAsk === undefined || channel.nextAsk > now) continue;
      this.#ask(now, channel);
    }
  }

  pollTimeout(): Instant | undefined {
    let next: Instant | undefined;
    for (const { nextAsk } of this.#channels.values()) next = earliest(next, nextAsk);
    return next;
  }

  #lookUp(request: DhRequest, name: string, server: Endpoint): DhResponse {
    return respond(request, 200, "OK", writeBody([[name, formatEndpoint(server)]]));
  }

  /** The next one for each question, and the same one again for the same question. */
  #relayFor(client: Endpoint, { cseq }: DhRequest): Endpoint {
    const { relays } = this.#options;
    const key = `${formatEndpoint(client)} ${cseq}`;
    if (key !== this.#relayQuestion) this.#relayTurn += 1;
    this.#relayQuestion = key;
    return relays[(this.#relayTurn - 1) % relays.length] ?? relays[0];
  }

  #handleChannel(
    now: Instant,
    client: Endpoint,
    request: DhRequest,
    serial: string,
    kind: ChannelKind,
  ): readonly DhResponse[] {
    this.#forgetOld(now);
    const key = `${formatEndpoint(client)} ${request.cseq} ${request.path}`;
    const known = this.#channels.get(key);
    // A repeated request for a relay channel means that the agent's notice was lost: ask anew.
    const isFresh = known === undefined ||
      (kind === "relay-channel" && known.answer !== undefined && known.answer.code < 400);
    if (isFresh) this.#open(now, key, client, request, serial, kind);
    if (kind === "relay-channel") return [];
    const accepted = respond(request, 100, "Trying");
    return known?.answer === undefined ? [accepted] : [accepted, known.answer];
  }

  #open(
    now: Instant,
    key: string,
    client: Endpoint,
    request: DhRequest,
    serial: string,
    channel: ChannelKind,
  ): void {
    const { cseq, body } = request;
    const ask = { type: "request", id: this.#nextId++, channel, client, cseq, body } as const;
    const opened: Channel = {
      key,
      client,
      ask,
      serial,
      since: now,
      asks: 0,
      nextAsk: now,
      answer: undefined,
    };
    this.#channels.delete(key);
    this.#channels.set(key, opened);
    this.#ask(now, opened);
  }

  #ask(now: Instant, channel: Channel): void {
    const registration = this.#registered.get(channel.serial);
    channel.asks += 1;
    channel.nextAsk = channel.asks < MAX_ASKS ? now + ASK_AGAIN_AFTER : undefined;
    if (registration !== undefined) this.#options.toDevice(registration.at, channel.ask);
  }

  #tell(now: Instant, channel: Channel): void {
    const { answer, ask, client } = channel;
    if (answer === undefined) return;
    if (ask.channel === "p2p-channel" || answer.code >= 400) {
      this.#options.toClient(now, client, answer);
    }
  }

  #forgetOld(now: Instant): void {
    for (const [key, channel] of this.#channels) {
      const isFull = this.#channels.size >= MAX_CHANNELS;
      if (!isFull && now - channel.since < CHANNEL_LIFETIME) return;
      this.#channels.delete(key);
    }
  }
}
