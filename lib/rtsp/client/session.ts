import { slices } from "../../bytes/bytes.ts";
import { DecodeError } from "../../bytes/decode_error.ts";
import { tryDecode } from "../../bytes/try_decode.ts";
import type { Duration, Entropy, Instant } from "../../machine.ts";
import { parseSession } from "../../sdp/parse_session.ts";
import type { ParsedSession } from "../../sdp/parsed.ts";
import { answerServer, endOf } from "./answers.ts";
import type { ClientCounters, ClientEnd, ClientEvent, SetUpTrack } from "./events.ts";
import { ClientExchange, type Question } from "./exchange.ts";
import { describedBase, resolveControl, withoutUserinfo } from "./control_url.ts";
import type { Credentials } from "../credentials.ts";
import { FrameSync } from "../frame_sync.ts";
import type { InterleavedFrame, RtspMessage, RtspRequest, RtspResponse } from "../message.ts";
import {
  DEFAULT_MESSAGE_LIMITS,
  MAX_PIECE_BYTES,
  type MessageLimits,
  MessageReader,
} from "../message_reader.ts";
import { parseRtpInfo, type RtpInfo } from "../rtp_info.ts";
import { DEFAULT_SESSION_TIMEOUT, parseSessionHeader } from "../session_header.ts";
import { type ChannelPair, parseTransport } from "../transport_header.ts";

/** How long a camera may take to answer one request. */
export const REQUEST_TIMEOUT: Duration = 10_000;

/** How long a camera may take to answer our goodbye. */
export const TEARDOWN_TIMEOUT: Duration = 2_000;

/** Answers to a camera's own requests that may wait to be sent. Beyond them it gets none. */
export const MAX_WAITING_ANSWERS = 64;

export interface ClientSessionOptions {
  /** Of the stream; user and password in it are not used. */
  readonly url: string;
  readonly credentials: Credentials | undefined;
  readonly entropy: Entropy;
  /** Whether a camera that asks for it gets the password in the clear. Default true. */
  readonly allowBasic?: boolean;
  readonly requestTimeout?: Duration;
  readonly limits?: MessageLimits;
}

/** A track on its way. */
interface Lane {
  /** In the description. */
  readonly index: number;
  readonly uri: string;
  readonly channels: ChannelPair;
}

interface Route {
  readonly track: number;
  readonly kind: "rtp" | "rtcp";
}

/**
 * A client's end of one RTSP connection (RFC 2326), without socket or clock: bytes in, bytes and
 * events out. It asks for one thing at a time, since cameras lose their way otherwise, and takes
 * media as interleaved frames of the same connection.
 */
export class ClientSession {
  readonly #options: ClientSessionOptions;
  readonly #url: string;
  readonly #exchange: ClientExchange;
  readonly #sync: FrameSync;
  readonly #reader: MessageReader;
  readonly #output: Uint8Array[] = [];
  readonly #events: ClientEvent[] = [];
  readonly #routes = new Map<number, Route>();
  readonly #lanes: Lane[] = [];
  readonly counters: ClientCounters = {
    packets: 0,
    unknownFrames: 0,
    badPackets: 0,
    strayResponses: 0,
    serverRequests: 0,
    unansweredKeepAlives: 0,
    refusedTracks: 0,
  };
  #state: "asking" | "described" | "playing" | "leaving" | "closed" = "asking";
  #base: string;
  #description: ParsedSession | undefined;
  #hasGetParameter = false;
  /** Half of what the camera allows us to be silent. */
  #keepAliveInterval: Duration = DEFAULT_SESSION_TIMEOUT / 2;
  /** When the camera has to be told that somebody is still there. */
  #keepAliveAt: Instant | undefined;
  #lastPacket: Instant = -Infinity;

  constructor(now: Instant, options: ClientSessionOptions) {
    this.#options = options;
    this.#url = withoutUserinfo(options.url);
    this.#base = this.#url;
    this.#exchange = new ClientExchange(options);
    this.#sync = new FrameSync((channel) => this.#routes.has(channel));
    this.#reader = new MessageReader(options.limits ?? DEFAULT_MESSAGE_LIMITS, this.#sync);
    this.#ask(now, "OPTIONS", this.#url, (at, response) => this.#onOptions(at, response));
  }

  /** Bytes thrown away as they belong to no message, and how often such began. */
  get junk(): { readonly bytes: number; readonly times: number } {
    return { bytes: this.#sync.junkBytes, times: this.#sync.losses };
  }

  /** Bytes came from the camera. Never throws on what they are. */
  handleBytes(now: Instant, bytes: Uint8Array): void {
    try {
      for (const piece of slices(bytes, MAX_PIECE_BYTES)) {
        if (this.#isClosed()) return;
        this.#handlePiece(now, piece);
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#close({ reason: "protocol", detail: error.message });
    }
  }

  /** The camera has closed the connection, or it broke. */
  handleEnd(): void {
    this.#close({ reason: "peer", detail: "the camera closed the connection" });
  }

  handleTimeout(now: Instant): void {
    const deadline = this.#exchange.pending?.deadline;
    if (deadline !== undefined && now >= deadline) this.#onSilence(now);
    if (this.#keepAliveAt !== undefined && now >= this.#keepAliveAt) this.#keepAlive(now);
  }

  /**
   * Sets up the tracks with these indexes in the description, and plays them. Throws `RangeError`
   * where there is no such track, one is named twice, none at all, or no description came yet.
   * Does nothing once the session is over, which may be so before the description is looked at.
   */
  setUp(now: Instant, indexes: readonly number[]): void {
    if (this.#state === "leaving" || this.#isClosed()) return;
    const media = this.#description?.media ?? [];
    const isKnown = indexes.length > 0 && new Set(indexes).size === indexes.length &&
      indexes.every((index) => media[index] !== undefined);
    if (this.#state !== "described" || !isKnown) {
      throw new RangeError(
        `Cannot set up tracks as they must be of the ${media.length} described: ${indexes}`,
      );
    }
    this.#state = "asking";
    this.#setUpNext(
      now,
      indexes.map((index, i) => ({
        index,
        uri: resolveControl(this.#base, media[index]?.control),
        channels: { rtp: 2 * i, rtcp: 2 * i + 1 },
      })),
    );
  }

  /** Says goodbye; `closed` comes once the camera has answered, or after two seconds. */
  close(now: Instant): void {
    if (this.#state === "closed" || this.#state === "leaving") return;
    const hasSession = this.#lanes.length > 0;
    this.#state = "leaving";
    this.#keepAliveAt = undefined;
    const end = () => this.#close({ reason: "local", detail: "closed" });
    if (hasSession) this.#ask(now, "TEARDOWN", this.#aggregate, end);
    else end();
  }

  /** The next bytes for the camera. */
  pollOutput(): Uint8Array | undefined {
    return this.#output.shift();
  }

  pollEvent(): ClientEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    const deadline = this.#exchange.pending?.deadline;
    if (deadline === undefined || this.#keepAliveAt === undefined) {
      return deadline ?? this.#keepAliveAt;
    }
    return Math.min(deadline, this.#keepAliveAt);
  }

  /** The URL of all tracks together. */
  get #aggregate(): string {
    return resolveControl(this.#base, this.#description?.control);
  }

  #isClosed(): boolean {
    return this.#state === "closed";
  }

  #handlePiece(now: Instant, bytes: Uint8Array): void {
    this.#reader.push(bytes);
    for (let next = this.#reader.next(); next !== undefined; next = this.#reader.next()) {
      this.#handleMessage(now, next);
      if (this.#isClosed()) return;
    }
  }

  #handleMessage(now: Instant, message: RtspMessage): void {
    if (message.type === "interleaved") this.#handleFrame(now, message);
    else if (message.type === "response") this.#handleResponse(now, message);
    else this.#handleRequest(message);
  }

  #handleFrame(now: Instant, { channel, payload }: InterleavedFrame): void {
    const route = this.#routes.get(channel);
    const [first = 0] = payload;
    if (route === undefined) {
      this.counters.unknownFrames++;
    } else if (first >>> 6 !== 2 || payload.byteLength < (route.kind === "rtp" ? 12 : 4)) {
      this.counters.badPackets++;
    } else if (this.#state !== "leaving") {
      this.#lastPacket = now;
      this.counters.packets++;
      this.#events.push({ type: "packet", ...route, bytes: payload });
    }
  }

  #handleRequest(request: RtspRequest): void {
    this.counters.serverRequests++;
    if (this.#output.length < MAX_WAITING_ANSWERS) this.#output.push(answerServer(request));
    if (request.method !== "TEARDOWN") return;
    this.#close({ reason: "peer", detail: "the camera ended the session" });
  }

  #handleResponse(now: Instant, response: RtspResponse): void {
    if (!this.#exchange.isAnswer(response)) {
      this.counters.strayResponses++;
      return;
    }
    const { resend, end } = this.#exchange.handleAnswer(now, response);
    if (resend !== undefined) this.#output.push(resend);
    if (end !== undefined) this.#close(end);
  }

  #onOptions(now: Instant, response: RtspResponse): void {
    const methods = response.headers.getAll("Public").join().toUpperCase().split(/[\s,]+/);
    this.#hasGetParameter = methods.includes("GET_PARAMETER");
    this.#ask(now, "DESCRIBE", this.#url, (_, answer) => this.#onDescribe(answer), [
      ["Accept", "application/sdp"],
    ]);
  }

  #onDescribe(response: RtspResponse): void {
    if (this.#isRefused("DESCRIBE", response)) return;
    const session = tryDecode(() => parseSession(new TextDecoder().decode(response.body)));
    if (session === undefined) {
      const detail = "the camera describes its stream in a way that cannot be read";
      return this.#close({ reason: "protocol", detail });
    }
    this.#base = describedBase(this.#url, response.headers);
    this.#description = session;
    this.#state = "described";
    this.#events.push({ type: "described", session });
  }

  #setUpNext(now: Instant, queue: readonly Lane[]): void {
    const [lane, ...rest] = queue;
    if (lane === undefined) return this.#play(now);
    const { rtp, rtcp } = lane.channels;
    this.#ask(now, "SETUP", lane.uri, (at, response) => {
      if (this.#onSetUp(lane, response, rest.length === 0)) this.#setUpNext(at, rest);
    }, [["Transport", `RTP/AVP/TCP;unicast;interleaved=${rtp}-${rtcp}`]]);
  }

  /** Whether to go on. One track the camera will not set up is no reason to go without the rest. */
  #onSetUp(lane: Lane, response: RtspResponse, isLast: boolean): boolean {
    const isRefused = response.status >= 400;
    if (isRefused) this.counters.refusedTracks++;
    if (isRefused && !(isLast && this.#lanes.length === 0)) return true;
    if (this.#isRefused("SETUP", response)) return false;
    this.#keepSession(response);
    const channels = agreedChannels(response.headers.get("Transport")) ?? lane.channels;
    if (this.#routes.has(channels.rtp) || this.#routes.has(channels.rtcp)) {
      const detail = "the camera sends two tracks on the same channel";
      this.#close({ reason: "protocol", detail });
      return false;
    }
    this.#lanes.push({ ...lane, channels });
    this.#routes.set(channels.rtp, { track: lane.index, kind: "rtp" });
    this.#routes.set(channels.rtcp, { track: lane.index, kind: "rtcp" });
    return true;
  }

  /** Some name the timeout once only, in any of their responses. */
  #keepSession({ headers }: RtspResponse): void {
    const session = parseSessionHeader(headers.get("Session") ?? "");
    this.#exchange.sessionId ??= session?.id;
    if (session?.timeout !== undefined) this.#keepAliveInterval = session.timeout / 2;
  }

  #play(now: Instant): void {
    this.#ask(now, "PLAY", this.#aggregate, (at, response) => {
      if (this.#isRefused("PLAY", response)) return;
      const tracks = this.#tracks(parseRtpInfo(response.headers.get("RTP-Info") ?? ""));
      this.#state = "playing";
      this.#keepSession(response);
      this.#keepAliveAt = at + this.#keepAliveInterval;
      this.#events.push({ type: "playing", tracks });
    }, [["Range", "npt=0.000-"]]);
  }

  /** Cameras name hosts of their own; where there is one entry for each track, order tells. */
  #tracks(infos: readonly RtpInfo[]): SetUpTrack[] {
    const byOrder = infos.length === this.#lanes.length ? infos : [];
    return this.#lanes.map(({ index, uri, channels }, i) => {
      const own = infos.find(({ url }) => resolveControl(this.#base, url) === uri);
      return { index, channels, info: own ?? byOrder[i] };
    });
  }

  #keepAlive(now: Instant): void {
    this.#keepAliveAt = undefined;
    if (this.#exchange.pending !== undefined) return;
    const method = this.#hasGetParameter ? "GET_PARAMETER" : "OPTIONS";
    this.#ask(now, method, this.#aggregate, (_, { status }) => {
      this.#keepAliveAt = now + this.#keepAliveInterval;
      if (status >= 300) this.#hasGetParameter = false;
      if (status !== 454) return;
      this.#close({ reason: "peer", detail: "the camera forgot the session", status });
    });
  }

  /** No response in time. A camera that sends media meanwhile is there, whatever it answers. */
  #onSilence(now: Instant): void {
    const { pending } = this.#exchange;
    if (pending === undefined) return;
    if (this.#state === "playing" && this.#lastPacket > pending.sentAt) {
      this.counters.unansweredKeepAlives++;
      this.#exchange.forget();
      this.#hasGetParameter = false;
      this.#keepAliveAt = Math.max(now, pending.sentAt + this.#keepAliveInterval);
      return;
    }
    const { method, timeout } = pending.question;
    const detail = `the camera did not answer ${method} within ${timeout / 1000} s`;
    this.#close({ reason: "timeout", detail });
  }

  #ask(
    now: Instant,
    method: string,
    uri: string,
    onResponse: Question["onResponse"],
    fields: Question["fields"] = [],
  ): void {
    const { requestTimeout = REQUEST_TIMEOUT } = this.#options;
    const timeout = method === "TEARDOWN" ? TEARDOWN_TIMEOUT : requestTimeout;
    const question = { method, uri, fields, timeout, onResponse };
    this.#output.push(this.#exchange.ask(now, question));
  }

  /** Whether the response is none to go on with, which closes the session. */
  #isRefused(method: string, response: RtspResponse): boolean {
    const end = endOf(method, response);
    if (end !== undefined) this.#close(end);
    return end !== undefined;
  }

  #close(end: ClientEnd): void {
    if (this.#state === "closed") return;
    // Whatever happens after our goodbye, it was we who left.
    const reason = this.#state === "leaving" ? "local" : end.reason;
    this.#state = "closed";
    this.#exchange.forget();
    this.#keepAliveAt = undefined;
    this.#events.push({ type: "closed", ...end, reason });
  }
}

/** The channels a camera has chosen, where it names any. */
function agreedChannels(transport: string | undefined): ChannelPair | undefined {
  return tryDecode(() => parseTransport(transport ?? "")[0]?.interleaved);
}
