import type { ByteStream, Clock } from "../../io/types.ts";
import type { Duration, Instant } from "../../machine.ts";
import type { ParsedSession } from "../../sdp/parsed.ts";
import type { ClientCounters, ClientEnd, ClientEvent, SetUpTrack } from "./events.ts";
import { ClientSession, type ClientSessionOptions } from "./session.ts";

/** Requests and answers that may wait before no more is read from the camera, in bytes. */
const MAX_WAITING_BYTES = 65_536;

/** How long a camera may take to take in our goodbye. */
const LINGER: Duration = 1_000;

export interface PullOptions extends ClientSessionOptions {
  readonly clock: Clock;
  /** Says goodbye, and ends. */
  readonly signal: AbortSignal;
  /** The indexes of the tracks wanted; none of them ends the session. Must not throw. */
  readonly choose: (session: ParsedSession) => readonly number[];
  readonly onPlaying: (tracks: readonly SetUpTrack[], session: ParsedSession) => void;
  /** Must return at once and must not throw. */
  readonly onPacket: (packet: ClientEvent & { readonly type: "packet" }) => void;
}

/** How a session ended, and what had to be got over until then. */
export interface PullResult extends ClientEnd {
  readonly counters: Readonly<ClientCounters>;
  readonly junk: ClientSession["junk"];
}

/** Plays a camera over one connection until that ends; never rejects. */
export function pullRtsp(stream: ByteStream, options: PullOptions): Promise<PullResult> {
  return new Pull(stream, options).run();
}

class Pull {
  readonly #stream: ByteStream;
  readonly #options: PullOptions;
  readonly #session: ClientSession;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #description: ParsedSession | undefined;
  #end: ClientEnd | undefined;
  #cancelTimer = () => {};
  /** What the timer is set for, while it is. */
  #timerAt: Instant | undefined;
  #wakeReader = () => {};
  #wakeWriter = () => {};

  constructor(stream: ByteStream, options: PullOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#session = new ClientSession(options.clock.now(), options);
  }

  async run(): Promise<PullResult> {
    const { signal, clock } = this.#options;
    const onAbort = () => {
      this.#session.close(clock.now());
      this.#drain();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    this.#drain();
    await Promise.all([this.#readAll(), this.#writeAll()]);
    signal.removeEventListener("abort", onAbort);
    this.#cancelTimer();
    this.#stream.abort();
    // Both loops end after `closed` only, which sets it.
    const end = this.#end ?? { reason: "local", detail: "" };
    return { ...end, counters: this.#session.counters, junk: this.#session.junk };
  }

  async #readAll(): Promise<void> {
    for (;;) {
      const bytes = await this.#stream.read().catch(() => undefined);
      if (bytes === undefined) break;
      this.#session.handleBytes(this.#options.clock.now(), bytes);
      this.#drain();
      while (this.#waitingBytes > MAX_WAITING_BYTES && this.#end === undefined) {
        await new Promise<void>((resolve) => this.#wakeReader = resolve);
      }
    }
    this.#session.handleEnd();
    this.#drain();
  }

  async #writeAll(): Promise<void> {
    try {
      for (;;) {
        const bytes = this.#waiting.shift();
        if (bytes !== undefined) {
          await this.#stream.write(bytes);
          this.#waitingBytes -= bytes.byteLength;
          this.#wakeReader();
        } else if (this.#end !== undefined) {
          break;
        } else {
          await new Promise<void>((resolve) => this.#wakeWriter = resolve);
        }
      }
      await this.#stream.end();
    } catch {
      this.#session.handleEnd();
      this.#drain();
    }
  }

  /** Takes everything the session has, and asks it when to be called again. */
  #drain(): void {
    for (;;) {
      const output = this.#session.pollOutput();
      const event = output === undefined ? this.#session.pollEvent() : undefined;
      if (output !== undefined) {
        this.#waiting.push(output);
        this.#waitingBytes += output.byteLength;
      } else if (event !== undefined) this.#handleEvent(event);
      else break;
    }
    this.#wakeWriter();
    if (this.#end === undefined) this.#setTimer();
  }

  #setTimer(): void {
    const { clock } = this.#options;
    const at = this.#session.pollTimeout();
    // Nearly every packet leaves it as it was, and a timer costs as much as a packet.
    if (at === this.#timerAt) return;
    this.#cancelTimer();
    this.#timerAt = at;
    if (at === undefined) return;
    this.#cancelTimer = clock.setTimer(Math.max(0, at - clock.now()), () => {
      this.#timerAt = undefined;
      this.#session.handleTimeout(clock.now());
      this.#drain();
    });
  }

  #handleEvent(event: ClientEvent): void {
    const { choose, onPlaying, onPacket } = this.#options;
    switch (event.type) {
      case "described":
        this.#description = event.session;
        this.#setUp(choose(event.session));
        break;
      case "playing":
        if (this.#description !== undefined) onPlaying(event.tracks, this.#description);
        break;
      case "packet":
        onPacket(event);
        break;
      case "closed":
        this.#finish(event);
        break;
    }
  }

  #setUp(tracks: readonly number[]): void {
    const now = this.#options.clock.now();
    if (tracks.length > 0) this.#session.setUp(now, tracks);
    else this.#session.close(now);
  }

  #finish({ reason, detail, status }: ClientEnd): void {
    this.#end = { reason, detail, ...(status === undefined ? {} : { status }) };
    this.#wakeReader();
    this.#cancelTimer();
    this.#cancelTimer = this.#options.clock.setTimer(LINGER, () => this.#stream.abort());
  }
}
