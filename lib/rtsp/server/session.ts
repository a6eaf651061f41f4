import { slices } from "../../bytes/bytes.ts";
import { DecodeError } from "../../bytes/decode_error.ts";
import type { CloseReason, Duration, Entropy, Instant } from "../../machine.ts";
import type { Loudspeaker, Source } from "../../media/source.ts";
import { type Answer, encodeAnswer } from "./answer.ts";
import { describeTracks } from "./describe.ts";
import type { RtspMessage, RtspRequest } from "../message.ts";
import {
  DEFAULT_MESSAGE_LIMITS,
  MAX_PIECE_BYTES,
  type MessageLimits,
  MessageReader,
} from "../message_reader.ts";
import { type Backchannel, Playback, type PlayedTrack } from "./playback.ts";
import { baseUrl, isResolvedAgainst, parseRequestUrl, type RequestUrl } from "./request_url.ts";
import {
  BACKCHANNEL,
  chooseTransport,
  PUBLIC_METHODS,
  refusalOf,
  requiredBy,
  type UdpOffer,
} from "./rules.ts";
import {
  formatInterleavedTransport,
  formatUdpTransport,
  parseTransport,
  type TransportSpec,
} from "../transport_header.ts";

/** How long a client may be silent, unless media goes to it over the connection itself. */
export const SESSION_TIMEOUT: Duration = 60_000;

/** How long a request may take to come, from its first byte to its last. */
export const REQUEST_DEADLINE: Duration = 10_000;

/** How often in a row a client may be refused for its credentials. */
export const MAX_REFUSALS = 10;

/** What the glue has to do. The last event is `closed`. */
export type ServerEvent =
  /**
   * Find the source at `path`, and its loudspeaker if the client wants to talk, then call `found()`
   * or `unavailable()`.
   */
  | { readonly type: "lookup"; readonly path: string; readonly wantsLoudspeaker: boolean }
  /** Call `playing()` and send these tracks of the source, its response first. */
  | {
    readonly type: "play";
    readonly source: Source;
    readonly tracks: readonly PlayedTrack[];
    readonly backchannel: Backchannel | undefined;
  }
  /** An RTP packet of the backchannel came, over the connection, while it plays. */
  | { readonly type: "heard"; readonly packet: Uint8Array }
  /** Send no more media, until the next `play`. */
  | { readonly type: "stop" }
  /** Send what is left of the output, then close the connection. */
  | { readonly type: "closed"; readonly reason: CloseReason; readonly detail: string };

export interface ServerSessionOptions {
  readonly entropy: Entropy;
  readonly limits?: MessageLimits;
  /**
   * The seam for Basic and Digest: looks at every request but OPTIONS and returns `undefined` to
   * let it pass, or the challenges (WWW-Authenticate) to refuse it with.
   */
  readonly authorize?: (request: RtspRequest) => readonly string[] | undefined;
  /** Where it is given, tracks may go by UDP; otherwise a client that wants UDP is answered 461. */
  readonly udp?: UdpOffer;
}

/** A request not yet answered. */
interface Current {
  readonly request: RtspRequest;
  readonly cseq: string;
}

/** What a lookup came to; the loudspeaker only where it was asked for. */
type Found = Pick<Playback, "source" | "loudspeaker">;

type Described = Found & { readonly path: string };

/**
 * The server's end of one RTSP connection (RFC 2326), without socket or clock: bytes in, bytes and
 * events out. Media goes over the connection itself, as interleaved frames, or by UDP.
 *
 * Requests are answered one by one, in order. While one waits for `found()` or `playing()`, later
 * ones stay in the reader, whose size is capped.
 */
export class ServerSession {
  readonly #options: ServerSessionOptions;
  readonly #reader: MessageReader;
  readonly #output: Uint8Array[] = [];
  readonly #events: ServerEvent[] = [];
  #current: Current | undefined;
  #described: Described | undefined;
  #playback: Playback | undefined;
  /** Sequence numbers at the moment of PLAY. */
  #firstSequenceNumbers: number[] = [];
  #lastHeard: Instant;
  /** Since when there has been no whole request where one should come; unset between requests. */
  #unfinishedSince: Instant | undefined;
  #refusals = 0;
  #closed = false;
  /** Requests answered 400 so far. */
  badRequests = 0;
  /** Interleaved frames of the client so far that nothing here needs: receiver reports. */
  ignoredFrames = 0;

  constructor(now: Instant, options: ServerSessionOptions) {
    this.#options = options;
    this.#reader = new MessageReader(options.limits ?? DEFAULT_MESSAGE_LIMITS);
    this.#lastHeard = now;
    this.#unfinishedSince = now;
  }

  /** Bytes came from the client. Never throws on what they are. */
  handleBytes(now: Instant, bytes: Uint8Array): void {
    if (!this.#closed) this.#lastHeard = now;
    for (const piece of slices(bytes, MAX_PIECE_BYTES)) {
      if (this.#closed) return;
      this.#guard(() => this.#reader.push(piece));
      this.#advance(now);
    }
  }

  /** The client has shown otherwise that it is there: by a receiver report. */
  handleSignOfLife(now: Instant): void {
    this.#lastHeard = now;
  }

  /** The client has closed its side. */
  handleEnd(): void {
    this.close("peer", "the client closed the connection");
  }

  /** Ends the connection; requests not yet answered stay so. */
  close(reason: CloseReason, detail: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.push({ type: "closed", reason, detail });
  }

  handleTimeout(now: Instant): void {
    const [request, silence] = [this.#requestDeadline, this.#silenceDeadline];
    if (request !== undefined && now >= request) {
      this.#output.push(encodeAnswer({ status: 408 }, undefined));
      this.close("timeout", "the client takes too long for one request");
    } else if (silence !== undefined && now >= silence) {
      this.close("timeout", "the client is silent");
    }
  }

  /** Answers `lookup`; `undefined` when there is no such source, or no loudspeaker. */
  found(now: Instant, source: Source | undefined, loudspeaker?: Loudspeaker): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#lastHeard = now;
    this.#answerWith(() =>
      source === undefined ? { status: 404 } : this.#withSource(current, { source, loudspeaker })
    );
    this.#advance(now);
  }

  /** Answers `lookup`: the source exists and cannot be had now, maybe `retryAfter` so long. */
  unavailable(now: Instant, retryAfter?: Duration): void {
    this.#lastHeard = now;
    const seconds = retryAfter === undefined ? [] : [Math.ceil(retryAfter / 1_000)];
    this.#answer({ status: 503, fields: seconds.map((wait) => ["Retry-After", String(wait)]) });
    this.#advance(now);
  }

  /** Answers `play`: media follows; `firstTimestamps` are those known so far, by track id. */
  playing(now: Instant, firstTimestamps: ReadonlyMap<number, number>): void {
    const playback = this.#playback;
    if (this.#current === undefined || playback === undefined) return;
    this.#lastHeard = now;
    const rtpInfo = playback.rtpInfo(this.#firstSequenceNumbers, firstTimestamps);
    const info: [string, string][] = rtpInfo === "" ? [] : [["RTP-Info", rtpInfo]];
    this.#answer(this.#withSession({ status: 200, fields: [["Range", "npt=now-"], ...info] }));
    this.#advance(now);
  }

  /** The next bytes for the client. */
  pollOutput(): Uint8Array | undefined {
    return this.#output.shift();
  }

  pollEvent(): ServerEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    const [request, silence] = [this.#requestDeadline, this.#silenceDeadline];
    if (request === undefined || silence === undefined) return request ?? silence;
    return Math.min(request, silence);
  }

  get #requestDeadline(): Instant | undefined {
    if (this.#closed || this.#unfinishedSince === undefined) return undefined;
    return this.#unfinishedSince + REQUEST_DEADLINE;
  }

  /** A client that takes media over TCP is watched over by that. */
  get #silenceDeadline(): Instant | undefined {
    const { playing = false, transport, played = [] } = this.#playback ?? {};
    const playsByTcp = playing && transport === "tcp" && played.length > 0;
    const busy = this.#current !== undefined || playsByTcp;
    return this.#closed || busy ? undefined : this.#lastHeard + SESSION_TIMEOUT;
  }

  #advance(now: Instant): void {
    while (this.#current === undefined && !this.#closed) {
      const message = this.#guard(() => this.#reader.next());
      if (message === undefined) {
        if (this.#reader.isEmpty) this.#unfinishedSince = undefined;
        else this.#unfinishedSince ??= now;
        return;
      }
      this.#unfinishedSince = undefined;
      this.#handleMessage(message);
    }
  }

  /** Closes where the stream of messages cannot be read on. */
  #guard<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.badRequests++;
      // A request that still waits is answered by nobody; its number would be the wrong one here.
      this.#output.push(encodeAnswer({ status: 400 }, undefined));
      this.close("protocol", error.message);
      return undefined;
    }
  }

  #handleMessage(message: RtspMessage): void {
    if (message.type === "interleaved") this.#handleFrame(message.channel, message.payload);
    if (message.type !== "request") return;
    const cseq = message.headers.get("CSeq");
    if (cseq === undefined || !/^\d{1,10}$/.test(cseq)) {
      this.badRequests++;
      this.#output.push(encodeAnswer({ status: 400 }, undefined));
      return;
    }
    this.#current = { request: message, cseq };
    this.#answerWith(() => this.#refusal(message) ?? this.#handleRequest(message));
  }

  #handleFrame(channel: number, packet: Uint8Array): void {
    const { playing, backchannel } = this.#playback ?? {};
    const isHeard = playing === true && channel === backchannel?.channels.rtp;
    if (isHeard && backchannel?.clientPorts === undefined) {
      // The reader goes on to use its buffer.
      this.#events.push({ type: "heard", packet: packet.slice() });
    } else this.ignoredFrames++;
  }

  #refusal(request: RtspRequest): Answer | undefined {
    const unknown = requiredBy(request).filter((option) => option !== BACKCHANNEL).join(", ");
    if (unknown !== "") return { status: 551, fields: [["Unsupported", unknown]] };
    if (request.method === "OPTIONS") return undefined;
    const challenges = this.#options.authorize?.(request);
    if (challenges !== undefined) return this.#refuse(challenges);
    this.#refusals = 0;
    const session = request.headers.get("Session")?.split(";")[0]?.trim();
    if (session !== undefined && session !== this.#playback?.id) return { status: 454 };
    return refusalOf(request);
  }

  #refuse(challenges: readonly string[]): Answer {
    this.#refusals++;
    return { status: 401, fields: challenges.map((text) => ["WWW-Authenticate", text]) };
  }

  /** The answer, or `undefined` when it waits for the glue. */
  #handleRequest(request: RtspRequest): Answer | undefined {
    switch (request.method) {
      case "OPTIONS":
        return { status: 200, fields: [["Public", PUBLIC_METHODS]] };
      case "GET_PARAMETER":
      case "SET_PARAMETER":
        return this.#withSession({ status: 200 });
      case "DESCRIBE":
        return this.#lookup(request, parseRequestUrl(request.uri));
      case "SETUP":
        return this.#setUp(request);
      case "PLAY":
      case "PAUSE":
      case "TEARDOWN":
        return this.#control(request);
      default:
        return { status: 501, fields: [["Public", PUBLIC_METHODS]] };
    }
  }

  #lookup(request: RtspRequest, url: RequestUrl): undefined {
    const wantsLoudspeaker = requiredBy(request).includes(BACKCHANNEL);
    this.#events.push({ type: "lookup", path: url.path, wantsLoudspeaker });
  }

  #withSource({ request }: Current, found: Found): Answer {
    const url = parseRequestUrl(request.uri);
    this.#described = { path: url.path, ...found };
    if (request.method === "SETUP") return this.#setUpTrack(request, url, found);
    return {
      status: 200,
      fields: [["Content-Base", baseUrl(url)], ["Content-Type", "application/sdp"]],
      body: describeTracks(found.source.tracks, found.loudspeaker !== undefined),
    };
  }

  #setUp(request: RtspRequest): Answer | undefined {
    const url = this.#trackUrl(parseRequestUrl(request.uri));
    const playback = this.#playback;
    if (playback?.playing === true) return { status: 455 };
    // One session a connection: a second one would need a source of its own.
    if (playback !== undefined && playback.url.path !== url.path) return { status: 455 };
    const found = playback ?? (this.#described?.path === url.path ? this.#described : undefined);
    return found === undefined ? this.#lookup(request, url) : this.#setUpTrack(request, url, found);
  }

  /** The URL of a track as it should be, where the client made one of its own. */
  #trackUrl(url: RequestUrl): RequestUrl {
    const known = this.#playback?.url.path ?? this.#described?.path;
    const same = known !== undefined && url.track !== undefined &&
      isResolvedAgainst(url.path, known);
    return same ? { ...url, path: known } : url;
  }

  #setUpTrack(request: RtspRequest, url: RequestUrl, found: Found): Answer {
    const { source, loudspeaker } = found;
    const { tracks } = source;
    const index = url.track ?? (tracks.length === 1 && !loudspeaker ? 0 : undefined);
    if (index === undefined) return { status: 459 };
    // Whoever sets a track up again and names no session wants a second one of it.
    const isAgain = this.#playback?.has(index) === true;
    if (isAgain && request.headers.get("Session") === undefined) return { status: 455 };
    const specs = parseTransport(request.headers.get("Transport") ?? "");
    const transport = chooseTransport(specs, this.#options.udp, this.#playback?.transport);
    if (transport === undefined) return { status: 461 };
    const playback = this.#playback ??
      new Playback(url, source, this.#options.entropy, loudspeaker);
    // One talks at a time. Whoever is told so asks again; the picture is theirs all the same.
    const isTalk = playback.isBackchannel(index);
    if (isTalk && loudspeaker?.isBusy === true) return { status: 453 };
    const track = isTalk ? playback.setUpBackchannel(transport) : playback.setUp(index, transport);
    if (track === undefined) return { status: 404 };
    this.#playback = playback;
    const agreed = this.#agree(transport, track);
    return this.#withSession({ status: 200, fields: [["Transport", agreed]] });
  }

  #agree({ protocol }: TransportSpec, track: PlayedTrack | Backchannel): string {
    const { udp } = this.#options;
    const { channels, clientPorts } = track;
    const ssrc = "sender" in track ? track.sender.ssrc : undefined;
    if (clientPorts === undefined || udp === undefined) {
      return formatInterleavedTransport(channels, ssrc);
    }
    const { serverPorts, source } = udp;
    return formatUdpTransport({ protocol, clientPorts, serverPorts, source }, ssrc);
  }

  #control(request: RtspRequest): Answer | undefined {
    const playback = this.#playback;
    if (playback === undefined || !request.headers.get("Session")) return { status: 454 };
    const url = this.#trackUrl(parseRequestUrl(request.uri));
    if (url.path !== playback.url.path) return { status: 404 };
    if (url.track !== undefined && playback.size > 1) return { status: 460 };
    if (request.method === "PLAY") return this.#play(playback);
    if (playback.playing) this.#events.push({ type: "stop" });
    playback.playing = false;
    if (request.method === "TEARDOWN") this.#playback = undefined;
    return this.#withSession({ status: 200 });
  }

  /** A second PLAY changes nothing: what is played is live. */
  #play(playback: Playback): Answer | undefined {
    if (playback.playing) return this.#withSession({ status: 200 });
    const tracks = playback.played;
    playback.playing = true;
    this.#firstSequenceNumbers = tracks.map(({ sender }) => sender.nextSequenceNumber);
    const { source, backchannel } = playback;
    this.#events.push({ type: "play", source, tracks, backchannel });
    return undefined;
  }

  #withSession(answer: Answer): Answer {
    const playback = this.#playback;
    if (playback === undefined) return answer;
    const session = `${playback.id};timeout=${SESSION_TIMEOUT / 1000}`;
    return { ...answer, fields: [["Session", session], ...(answer.fields ?? [])] };
  }

  /** Answers the current request, unless the glue is to; what is bad in it is answered 400. */
  #answerWith(make: () => Answer | undefined): void {
    try {
      const answer = make();
      if (answer !== undefined) this.#answer(answer);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.badRequests++;
      this.#answer({ status: 400 });
    }
  }

  #answer(answer: Answer): void {
    if (this.#current === undefined || this.#closed) return;
    this.#output.push(encodeAnswer(answer, this.#current.cseq));
    this.#current = undefined;
    if (this.#refusals >= MAX_REFUSALS) this.close("auth", "the client was refused too often");
  }
}
