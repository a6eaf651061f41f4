import { formatEndpoint } from "../../endpoint.ts";
import type { ByteStream, Clock } from "../../io/types.ts";
import type { Log } from "../../log/log.ts";
import type { News, Repeats } from "../../log/repeats.ts";
import type { CloseReason, Duration } from "../../machine.ts";
import { type FindSource, SourceUnavailableError } from "../../media/source.ts";
import type { AccessUnit } from "../../media/track.ts";
import type { Credentials } from "../credentials.ts";
import { OutputQueue } from "./output_queue.ts";
import type { Backchannel, PlayedTrack } from "./playback.ts";
import type { RtpPorts } from "./rtp_ports.ts";
import { ServerAuth } from "./auth.ts";
import { type ServerEvent, ServerSession, type ServerSessionOptions } from "./session.ts";
import { SpareBuffer } from "./spare_buffer.ts";
import { Speech } from "./speech.ts";
import { UdpDelivery } from "./udp_delivery.ts";
import { MAX_MEDIA_BYTES, Viewer } from "./viewer.ts";

/** Responses that may wait before no more requests are read, in bytes. */
const MAX_RESPONSE_BYTES = 65_536;

/** How long a client whose queue is full may take in nothing at all. */
export const STALL_TIMEOUT: Duration = 60_000;

/** How long a client may take to read the last response and close its side after us. */
const LINGER: Duration = 2_000;

export interface ServeOptions extends Pick<ServerSessionOptions, "entropy" | "limits"> {
  readonly find: FindSource;
  /** Whoever may look; everybody where it is not given. */
  readonly users?: readonly Credentials[];
  /** Where it is given, clients may have media by UDP. */
  readonly udp?: RtpPorts;
  readonly clock: Clock;
  /** Ends the connection at once. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** What clients were refused of late, on any connection: many ask for the same every few seconds. */
  readonly refusals?: Repeats;
  /** Media that may wait for a slow client, in bytes. */
  readonly maxMediaBytes?: number;
}

/** How a connection ended, and what went over it. */
export interface ServeResult {
  readonly reason: CloseReason;
  readonly detail: string;
  /** Access units sent. */
  readonly sent: number;
  /** Access units left out since the client was too slow. */
  readonly dropped: number;
}

/**
 * Serves one RTSP connection until it ends; never rejects. How many connections there may be is
 * for the caller to say: each holds about `maxMediaBytes` at most, and what its reader may buffer.
 */
export function serveRtsp(stream: ByteStream, options: ServeOptions): Promise<ServeResult> {
  return new Connection(stream, options).run();
}

class Connection {
  readonly #stream: ByteStream;
  readonly #options: ServeOptions;
  readonly #log: Log;
  readonly #session: ServerSession;
  readonly #queue = new OutputQueue();
  readonly #ending = new AbortController();
  #lookup: Promise<void> = Promise.resolve();
  #viewer: Viewer | undefined;
  /** For media over the connection. What goes by UDP is not given back, and so is always new. */
  #spare = new SpareBuffer();
  /** Of a viewer that has media by UDP. */
  #delivery: UdpDelivery | undefined;
  /** Of a client that has set up the backchannel. */
  #speech: Speech | undefined;
  #stopHearing: readonly (() => void)[] = [];
  #stopSource = () => {};
  #cancelTimer = () => {};
  /** Wakes the writer when there is something to do, and the reader when there is room. */
  #wakeWriter = () => {};
  #wakeReader = () => {};
  #lastWrite: number;
  #end: { reason: CloseReason; detail: string } | undefined;
  #path = "";
  #hasPlayed = false;
  #sent = 0;
  #dropped = 0;

  constructor(stream: ByteStream, options: ServeOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#log = options.log.with({ viewer: formatEndpoint(stream.remote) });
    this.#lastWrite = options.clock.now();
    const onWrongPassword = () => this.#tellWrongPassword();
    this.#session = new ServerSession(
      this.#lastWrite,
      sessionOptions(stream, options, onWrongPassword),
    );
  }

  async run(): Promise<ServeResult> {
    const { signal } = this.#options;
    const onAbort = () => {
      this.#sayGoodbye();
      this.#close("local", "the server is stopping");
      this.#stream.abort();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    this.#drain();
    await Promise.all([this.#readAll(), this.#writeAll()]);
    await this.#lookup;
    signal.removeEventListener("abort", onAbort);
    this.#cancelTimer();
    this.#stream.abort();
    return this.#result();
  }

  async #readAll(): Promise<void> {
    for (;;) {
      const bytes = await this.#stream.read().catch(() => undefined);
      if (bytes === undefined) break;
      this.#session.handleBytes(this.#options.clock.now(), bytes);
      this.#drain();
      while (this.#queue.responseBytes > MAX_RESPONSE_BYTES && this.#end === undefined) {
        await new Promise<void>((resolve) => this.#wakeReader = resolve);
      }
    }
    this.#close("peer", "the client closed the connection");
  }

  async #writeAll(): Promise<void> {
    try {
      for (;;) {
        const bytes = this.#queue.shift();
        if (bytes !== undefined) await this.#write(bytes);
        else if (this.#end !== undefined) break;
        else await new Promise<void>((resolve) => this.#wakeWriter = resolve);
      }
      await this.#stream.end();
    } catch {
      this.#close("peer", "the connection broke");
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await this.#stream.write(bytes);
    this.#spare.giveBack(bytes);
    this.#lastWrite = this.#options.clock.now();
    this.#wakeReader();
  }

  /** Takes everything the session has, and asks it when to be called again. */
  #drain(): void {
    for (;;) {
      const output = this.#session.pollOutput();
      const event = output === undefined ? this.#session.pollEvent() : undefined;
      if (output !== undefined) this.#queue.pushResponse(output);
      else if (event !== undefined) this.#handleEvent(event);
      else break;
    }
    this.#wakeWriter();
    if (this.#end === undefined) this.#setSessionTimer();
  }

  #setSessionTimer(): void {
    this.#cancelTimer();
    const { clock } = this.#options;
    const at = this.#session.pollTimeout();
    if (at === undefined) return;
    this.#cancelTimer = clock.setTimer(Math.max(0, at - clock.now()), () => {
      this.#session.handleTimeout(clock.now());
      this.#drain();
    });
  }

  #handleEvent(event: ServerEvent): void {
    switch (event.type) {
      case "lookup":
        this.#lookup = this.#lookUp(event);
        break;
      case "heard":
        this.#speech?.hear(event.packet);
        break;
      case "play":
        this.#play(event);
        break;
      case "stop":
        this.#stop();
        break;
      case "closed":
        this.#finish(event.reason, event.detail);
        break;
    }
  }

  async #lookUp({ path, wantsLoudspeaker }: ServerEvent & { type: "lookup" }): Promise<void> {
    const { find, clock } = this.#options;
    this.#path = path;
    try {
      const source = await find(path, this.#ending.signal, this.#stream.remote);
      const loudspeaker = wantsLoudspeaker
        ? await source?.loudspeaker?.(this.#ending.signal)
        : undefined;
      this.#session.found(clock.now(), source, loudspeaker);
    } catch (error) {
      const retryAfter = error instanceof SourceUnavailableError ? error.retryAfter : undefined;
      this.#tellRefusal(path, error, retryAfter);
      this.#session.unavailable(clock.now(), retryAfter);
    }
    this.#drain();
  }

  #tellWrongPassword(): void {
    const news = this.#note(`password ${this.#stream.remote.address}`);
    if (news !== undefined) {
      this.#log.warn("viewer refused: wrong user name or password", { ...news });
    }
  }

  #tellRefusal(path: string, error: unknown, retryAfter: Duration | undefined): void {
    const why = error instanceof SourceUnavailableError ? error.message : String(error);
    const news = this.#note(`${path} ${why}`);
    // Whoever is told when to come back often comes earlier, again and again.
    const level = news === undefined || retryAfter !== undefined ? "debug" : "warn";
    this.#log[level]("no stream for a viewer", { path, why, ...news });
  }

  #note(key: string): News | undefined {
    const { clock, refusals } = this.#options;
    return refusals === undefined ? { repeats: undefined } : refusals.note(key, clock.now());
  }

  /** What the source hands over at once waits behind the response, as all media does. */
  #play({ source, tracks, backchannel }: ServerEvent & { type: "play" }): void {
    const { clock, entropy, maxMediaBytes: maxBytes = MAX_MEDIA_BYTES } = this.#options;
    this.#delivery = this.#deliverByUdp(tracks);
    // One that waits in a queue that was cleared never comes back.
    this.#spare = new SpareBuffer();
    const allocate = (length: number) => this.#spare.take(length);
    const viewer = new Viewer(tracks, entropy, { maxBytes, allocate });
    this.#viewer = viewer;
    this.#hasPlayed = true;
    this.#lastWrite = clock.now();
    this.#stopSource = source.read({
      onUnit: (unit) => this.#onUnit(viewer, unit),
      onEnd: (reason) => {
        this.#sayGoodbye();
        this.#close(reason, "the source ended");
      },
    });
    if (this.#end !== undefined) return this.#stop();
    if (backchannel !== undefined) this.#hear(backchannel);
    this.#session.playing(clock.now(), viewer.firstTimestamps);
    const transport = this.#delivery === undefined ? "tcp" : "udp";
    this.#log.info("viewer started", { path: this.#path, tracks: tracks.length, transport });
  }

  #hear({ loudspeaker, clientPorts }: Backchannel): void {
    const speech = new Speech(loudspeaker.talker());
    this.#speech = speech;
    const { udp, clock } = this.#options;
    if (udp === undefined || clientPorts === undefined) return;
    const { address } = this.#stream.remote;
    const live = () => this.#session.handleSignOfLife(clock.now());
    this.#stopHearing = [
      udp.hear({ address, port: clientPorts.rtp }, (packet) => {
        live();
        speech.hear(packet);
      }),
      udp.listen({ address, port: clientPorts.rtcp }, live),
    ];
  }

  #deliverByUdp(tracks: readonly PlayedTrack[]): UdpDelivery | undefined {
    const { udp, clock } = this.#options;
    if (udp === undefined || tracks.every((track) => track.clientPorts === undefined)) {
      return undefined;
    }
    const { address } = this.#stream.remote;
    const onReport = () => this.#session.handleSignOfLife(clock.now());
    return new UdpDelivery({ ports: udp, address, tracks, clock, onReport });
  }

  #onUnit(viewer: Viewer, unit: AccessUnit): void {
    const { clock } = this.#options;
    const delivery = this.#delivery;
    const waitingBytes = delivery?.waitingBytes ?? this.#queue.mediaBytes;
    const frames = viewer.push(unit, waitingBytes, clock.wallClock());
    if (frames !== undefined && delivery !== undefined) {
      delivery.push(frames);
    } else if (frames !== undefined) {
      this.#queue.pushMedia(frames);
      this.#wakeWriter();
    } else if (this.#queue.mediaBytes > 0 && clock.now() - this.#lastWrite > STALL_TIMEOUT) {
      this.#close("timeout", "the client takes in nothing");
    }
  }

  #stop(): void {
    this.#stopSource();
    this.#stopSource = () => {};
    this.#stopTalking();
    this.#delivery?.close();
    this.#delivery = undefined;
    this.#sent += this.#viewer?.sent ?? 0;
    this.#dropped += this.#viewer?.dropped ?? 0;
    this.#viewer = undefined;
    this.#queue.clearMedia();
  }

  #stopTalking(): void {
    for (const stop of this.#stopHearing) stop();
    this.#stopHearing = [];
    const { packets, ignored } = this.#speech ?? {};
    if (packets !== undefined) this.#log.debug("talk ended", { packets, ignored });
    this.#speech?.end();
    this.#speech = undefined;
  }

  /** Players by UDP would wait for more, and some by TCP take the end of it for an accident. */
  #sayGoodbye(): void {
    const goodbye = this.#viewer?.goodbye();
    if (goodbye === undefined) return;
    if (this.#delivery === undefined) this.#queue.pushResponse(goodbye);
    else this.#delivery.finish(goodbye);
  }

  #close(reason: CloseReason, detail: string): void {
    this.#session.close(reason, detail);
    this.#drain();
  }

  /** Nothing new goes out; what is written already may still arrive. */
  #finish(reason: CloseReason, detail: string): void {
    this.#stop();
    this.#end = { reason, detail };
    this.#ending.abort();
    this.#wakeReader();
    this.#cancelTimer();
    this.#cancelTimer = this.#options.clock.setTimer(LINGER, () => this.#stream.abort());
    const [path, sent, dropped] = [this.#path, this.#sent, this.#dropped];
    if (!this.#hasPlayed) return this.#log.debug("client gone", { path, reason, detail });
    this.#log.info("viewer ended", { path, reason, detail, sent, dropped });
  }

  #result(): ServeResult {
    // Both loops end after `closed` only, which sets it.
    const { reason, detail } = this.#end ?? { reason: "local", detail: "" };
    return { reason, detail, sent: this.#sent, dropped: this.#dropped };
  }
}

function sessionOptions(
  stream: ByteStream,
  options: ServeOptions,
  onWrongPassword: () => void,
): ServerSessionOptions {
  const { entropy, limits, users, udp } = options;
  const auth = users === undefined
    ? undefined
    : new ServerAuth({ users, entropy, onWrongPassword });
  const offer = udp === undefined ? undefined : {
    serverPorts: udp.ports,
    source: stream.local.address,
    peer: stream.remote.address,
  };
  return {
    entropy,
    ...(limits === undefined ? {} : { limits }),
    ...(auth === undefined ? {} : { authorize: (request) => auth.authorize(request) }),
    ...(offer === undefined ? {} : { udp: offer }),
  };
}
