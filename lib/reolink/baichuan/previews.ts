import type { Duration, Instant } from "../../machine.ts";
import type { BcMessage } from "./codec.ts";
import { type StreamKind, STREAMS } from "./commands/preview.ts";
import { START_PREVIEW } from "./commands/preview_start.ts";
import { STOP_PREVIEW } from "./commands/preview_stop.ts";
import type { Exchange } from "./exchange.ts";
import type { NumberPool } from "./number_pool.ts";
import { type Done, done, failed, isSuccess } from "./outcome.ts";
import type { BaichuanEvent } from "./session_events.ts";

/** How long a camera may take to stop a stream. */
export const STOP_TIMEOUT: Duration = 2_000;

interface Preview {
  readonly kind: StreamKind;
  /** Of its request, and of all its media. */
  readonly num: number;
  state: "starting" | "running" | "stopping";
  /** Ends the wait for it to begin. */
  cancel: (now: Instant) => void;
}

/** The streams of a login. Each kind once: handles must not be shared, and each kind has one. */
export class Previews {
  readonly #exchange: Exchange;
  readonly #numbers: NumberPool;
  readonly #channel: number;
  readonly #previews = new Map<StreamKind, Preview>();

  constructor(exchange: Exchange, numbers: NumberPool, channel: number) {
    this.#exchange = exchange;
    this.#numbers = numbers;
    this.#channel = channel;
  }

  /** Streams that run, or are about to. */
  get kinds(): readonly StreamKind[] {
    return [...this.#previews.values()].filter(({ state }) => state !== "stopping")
      .map(({ kind }) => kind);
  }

  /** @param retries How often to ask again where the camera puts us off. */
  start(
    now: Instant,
    kind: StreamKind,
    retries: number | undefined,
    onDone: Done<unknown>,
  ): void {
    if (this.#previews.has(kind)) {
      return onDone(failed("busy", `the ${kind} stream is being shown or stopped already`), now);
    }
    const { handle, stream } = STREAMS[kind];
    const num = this.#numbers.take();
    const preview: Preview = { kind, num, state: "starting", cancel: () => {} };
    this.#previews.set(kind, preview);
    const request = { channel: this.#channel, handle, stream: kind };
    const options = { num, stream, ...(retries === undefined ? {} : { retries }) };
    const onAnswer: Done<unknown> = (outcome, at) => {
      if (outcome.type === "done") preview.state = "running";
      // It may begin yet, and nobody would take it.
      else if (outcome.reason === "silent") this.#stop(at, preview, () => {});
      else this.#forget(preview);
      onDone(outcome, at);
    };
    const cancel = this.#exchange.ask(now, START_PREVIEW, request, onAnswer, options);
    preview.cancel = (at) => {
      cancel();
      onDone(failed("closed", `the ${kind} stream was stopped before it began`), at);
    };
  }

  /** Stops a stream; nothing of it comes any more. Done at once where there is none. */
  stop(now: Instant, kind: StreamKind, onDone: Done<unknown>): void {
    const preview = this.#previews.get(kind);
    if (preview === undefined || preview.state === "stopping") return onDone(done({}), now);
    const wasStarting = preview.state === "starting";
    this.#stop(now, preview, onDone);
    if (wasStarting) preview.cancel(now);
  }

  /** What a message of the camera means for one of the streams; `undefined` where for none. */
  handle({ header, payload }: BcMessage): BaichuanEvent | "nothing" | undefined {
    const preview = this.#find(header.num);
    if (preview === undefined) return undefined;
    if (preview.state === "stopping") return "nothing";
    const stream = preview.kind;
    if (!isSuccess(header.code)) {
      if (preview.state === "starting") return "nothing";
      this.#forget(preview);
      return { type: "previewEnded", stream, code: header.code };
    }
    // Some cameras do not say that their media is binary.
    const isMedia = payload.type === "binary" || payload.type === "opaque";
    return isMedia ? { type: "media", stream, bytes: payload.bytes } : "nothing";
  }

  #stop(now: Instant, preview: Preview, onDone: Done<unknown>): void {
    preview.state = "stopping";
    const { handle, stream } = STREAMS[preview.kind];
    const options = { stream, timeout: STOP_TIMEOUT, isUrgent: true };
    this.#exchange.ask(now, STOP_PREVIEW, { channel: this.#channel, handle }, (outcome, at) => {
      this.#forget(preview);
      onDone(outcome, at);
    }, options);
  }

  #find(num: number): Preview | undefined {
    for (const preview of this.#previews.values()) {
      if (preview.num === num) return preview;
    }
    return undefined;
  }

  #forget(preview: Preview): void {
    this.#previews.delete(preview.kind);
    this.#numbers.release(preview.num);
  }
}
