import type { Duration, Instant } from "../../machine.ts";
import type { BcMessage } from "./codec.ts";
import { type SnapReply, SNAPSHOT } from "./commands/snapshot.ts";
import type { Exchange } from "./exchange.ts";
import { type Done, done, failed, type Outcome } from "./outcome.ts";
import { Picture } from "./picture.ts";

/** Largest picture, in bytes. */
export const MAX_PICTURE = 8 << 20;

/** Pictures asked for that wait for one being taken; more are refused. */
export const MAX_SNAPSHOTS_WAITING = 4;

/** How long a camera may be silent while it sends a picture. */
export const PICTURE_TIMEOUT: Duration = 10_000;

/** How long the rest of one picture may still come, and would be taken for part of the next. */
const DRAIN: Duration = 1_000;

/** Status of the last message of a picture. */
const LAST = 201;

type SnapshotStream = "main" | "sub";

interface Order {
  readonly stream: SnapshotStream;
  readonly onDone: Done<Uint8Array>;
}

interface Taking extends Order {
  readonly picture: Picture;
  /** What the camera has answered, once it has. */
  reply: SnapReply | undefined;
  isLast: boolean;
  deadline: Instant;
}

/** Takes pictures one at a time, as nothing in a message tells which picture it is part of. */
export class Snapshots {
  readonly #exchange: Exchange;
  readonly #channel: number;
  readonly #waiting: Order[] = [];
  #taking: Taking | undefined;
  #drainUntil: Instant | undefined;

  constructor(exchange: Exchange, channel: number) {
    this.#exchange = exchange;
    this.#channel = channel;
  }

  take(now: Instant, stream: SnapshotStream, onDone: Done<Uint8Array>): void {
    if (this.#waiting.length >= MAX_SNAPSHOTS_WAITING) {
      return onDone(failed("busy", `${MAX_SNAPSHOTS_WAITING} pictures wait already`), now);
    }
    this.#waiting.push({ stream, onDone });
    this.#startNext(now);
  }

  /** Whether the message is part of a picture, wanted or not. */
  handle(now: Instant, { header, payload }: BcMessage): boolean {
    if (header.id !== SNAPSHOT.id || payload.type === "xml") return false;
    const isLast = header.code === LAST;
    if (payload.type === "none" && !isLast) return false;
    const taking = this.#taking;
    if (taking !== undefined) {
      if (payload.type !== "none") {
        taking.picture.append(payload.bytes);
        taking.deadline = now + PICTURE_TIMEOUT;
      }
      taking.isLast ||= isLast;
      this.#look(now, taking);
    } else if (isLast && this.#drainUntil !== undefined) {
      this.#drainUntil = undefined;
      this.#startNext(now);
    }
    return true;
  }

  handleTimeout(now: Instant): void {
    if (this.#drainUntil !== undefined && now >= this.#drainUntil) {
      this.#drainUntil = undefined;
      this.#startNext(now);
    }
    const taking = this.#taking;
    // Until it has answered, the wait is that of any request.
    if (taking?.reply === undefined || now < taking.deadline) return;
    this.#finish(now, failed("silent", `no more of the picture in ${PICTURE_TIMEOUT / 1_000} s`));
  }

  pollTimeout(): Instant | undefined {
    return this.#drainUntil ??
      (this.#taking?.reply === undefined ? undefined : this.#taking.deadline);
  }

  /** Fails what is not done yet. */
  close(now: Instant, detail: string): void {
    const orders = [
      ...(this.#taking === undefined ? [] : [this.#taking]),
      ...this.#waiting.splice(0),
    ];
    this.#taking = undefined;
    this.#drainUntil = undefined;
    for (const { onDone } of orders) onDone(failed("closed", detail), now);
  }

  #startNext(now: Instant): void {
    if (this.#taking !== undefined || this.#drainUntil !== undefined) return;
    const order = this.#waiting.shift();
    if (order === undefined) return;
    const taking: Taking = {
      ...order,
      picture: new Picture(MAX_PICTURE),
      reply: undefined,
      isLast: false,
      deadline: Infinity,
    };
    this.#taking = taking;
    const channel = this.#channel;
    const { stream } = order;
    const request = { channel, logicChannel: channel, time: 0, fullFrame: 0, stream };
    this.#exchange.ask(now, SNAPSHOT, request, (outcome, at) => {
      if (this.#taking !== taking) return;
      if (outcome.type === "failed") return this.#finish(at, outcome);
      taking.reply = outcome.value;
      taking.deadline = at + PICTURE_TIMEOUT;
      this.#look(at, taking);
    });
  }

  /** Whether it is all there. */
  #look(now: Instant, { picture, reply, isLast }: Taking): void {
    if (picture.isTooLarge || (reply?.size ?? 0) > MAX_PICTURE) {
      return this.#finish(now, failed("garbled", `the picture has more than ${MAX_PICTURE} bytes`));
    }
    if (reply === undefined) return;
    const size = reply.size === undefined || reply.size <= 0 ? undefined : reply.size;
    const isWhole = size === undefined ? picture.hasEnd : picture.byteLength >= size;
    if (!isWhole && !isLast) return;
    const isGood = picture.hasStart && (isWhole || picture.hasEnd);
    const outcome = isGood
      ? done(picture.take(size))
      : failed("garbled", "the camera sent no whole picture");
    this.#finish(now, outcome);
  }

  #finish(now: Instant, outcome: Outcome<Uint8Array>): void {
    const taking = this.#taking;
    if (taking === undefined) return;
    this.#taking = undefined;
    // Nothing comes of a picture that was refused.
    const isOver = taking.isLast || (outcome.type === "failed" && outcome.reason === "refused");
    this.#drainUntil = isOver ? undefined : now + DRAIN;
    taking.onDone(outcome, now);
    this.#startNext(now);
  }
}
