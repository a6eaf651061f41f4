/**
 * Events as server-sent events, for any number of clients up to a limit.
 *
 * Nothing is queued for a client: each one has its place in the hub's log and is handed what comes
 * after that when it has taken what it was handed before. One that falls behind further than the log
 * reaches is told so. One that takes nothing any more, or has gone away, is let go.
 *
 * @module
 */

import type { EventLog, HubEvent } from "../lib/hub/hub_event.ts";
import { eventJson } from "../lib/hub/event_json.ts";
import type { Clock } from "../lib/io/types.ts";
import type { Duration } from "../lib/machine.ts";

/** How often a client hears from us at least, so that both sides notice a dead connection. */
export const HEARTBEAT: Duration = 15_000;

/** How long a client may take nothing before it counts as gone. */
export const PATIENCE: Duration = 60_000;

/** Events handed over at once. */
const MAX_AT_ONCE = 64;

/** How long a client waits before it comes back, told to it in the beginning. */
const RETRY: Duration = 2_000;

/** What the client knows is out of date: it has to ask for the cameras again. */
const MISSED = `event: missed\ndata: ${JSON.stringify({ type: "missed" })}\n\n`;

export interface EventStreamOptions {
  /** Events after the one with this number. */
  readonly since: number;
  /** Go on with what happens; or end with what has happened. */
  readonly follow: boolean;
  /** The client went away. */
  readonly signal: AbortSignal;
}

export class EventStreams {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #open = new Set<EventStream>();

  constructor(log: EventLog, clock: Clock, limit: number) {
    this.#log = log;
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Streams open now. */
  get size(): number {
    return this.#open.size;
  }

  /** A stream for one client, or `undefined` when there are too many. */
  open(options: EventStreamOptions): ReadableStream<Uint8Array> | undefined {
    if (this.#open.size >= this.#limit) return undefined;
    const stream = new EventStream(this.#log, this.#clock, options, () => {
      this.#open.delete(stream);
    });
    this.#open.add(stream);
    return stream.readable;
  }

  /** Ends all of them. */
  close(): void {
    for (const stream of this.#open) stream.end();
  }
}

class EventStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #options: EventStreamOptions;
  readonly #onEnd: () => void;
  readonly #unsubscribe: () => void;
  readonly #encoder = new TextEncoder();
  readonly #end = () => this.end();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** The latest event handed over. */
  #place: number;
  #greeted = false;
  #ended = false;
  /** The client wants more. */
  #hungry = false;
  #cancelTimer = () => {};

  constructor(log: EventLog, clock: Clock, options: EventStreamOptions, onEnd: () => void) {
    this.#log = log;
    this.#clock = clock;
    this.#options = options;
    this.#onEnd = onEnd;
    this.#place = options.since;
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#handlePull(),
      cancel: this.#end,
    }, { highWaterMark: 0 });
    this.#unsubscribe = log.subscribe(() => this.#feed());
    options.signal.addEventListener("abort", this.#end, { once: true });
    this.#await(PATIENCE, this.#end);
    if (options.signal.aborted) this.end();
  }

  /** Closes it; what was handed over before still arrives. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelTimer();
    this.#unsubscribe();
    this.#options.signal.removeEventListener("abort", this.#end);
    this.#onEnd();
    try {
      this.#controller?.close();
    } catch {
      // The client has cancelled it already.
    }
  }

  /** The client has taken all there was. A pending heartbeat shows that it is still there. */
  #handlePull(): void {
    this.#hungry = true;
    this.#await(HEARTBEAT, () => this.#give(": still here\n\n"));
    if (!this.#greeted) {
      this.#greeted = true;
      return this.#give(`retry: ${RETRY}\n\n`);
    }
    this.#feed();
  }

  #feed(): void {
    if (!this.#hungry || this.#ended) return;
    const { events, missed } = this.#log.since(this.#place);
    const batch = events.slice(0, MAX_AT_ONCE);
    if (batch.length > 0 || missed) {
      this.#place = batch.at(-1)?.id ?? this.#log.lastId;
      return this.#give((missed ? MISSED : "") + batch.map(formatEvent).join(""));
    }
    if (!this.#options.follow) this.end();
  }

  #give(text: string): void {
    if (this.#ended) return;
    this.#hungry = false;
    this.#await(PATIENCE, this.#end);
    this.#controller?.enqueue(this.#encoder.encode(text));
  }

  #await(delay: Duration, callback: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.setTimer(delay, callback);
  }
}

function formatEvent(event: HubEvent): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(eventJson(event))}\n\n`;
}
