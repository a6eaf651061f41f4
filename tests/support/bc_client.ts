import type { Instant } from "../../lib/machine.ts";
import { BcClass, type BcHeader } from "../../lib/reolink/baichuan/header.ts";
import { chosenMode } from "../../lib/reolink/baichuan/cipher.ts";
import { BaichuanCodec, type BcMessage, NO_PAYLOAD } from "../../lib/reolink/baichuan/codec.ts";
import type { Command, Content, Push } from "../../lib/reolink/baichuan/command.ts";
import { KEEP_ALIVE_ID, keepAliveAnswer } from "../../lib/reolink/baichuan/commands/keep_alive.ts";
import { LOGIN } from "../../lib/reolink/baichuan/commands/login.ts";
import { NONCE } from "../../lib/reolink/baichuan/commands/nonce.ts";
import { loginHash, sessionKey } from "../../lib/reolink/baichuan/login_hash.ts";

/** A message and when it came. */
export interface ReceivedMessage extends BcMessage {
  readonly at: Instant;
}

/** Whatever carries the bytes, and lets time pass. */
export interface BcCarrier {
  readonly now: Instant;
  write(bytes: Uint8Array): void;
  runUntil(done: () => boolean, limit: number): void;
  runFor(duration: number): void;
}

export interface LoginOptions {
  readonly user?: string;
  readonly password?: string;
  /** Code of the first request: the highest mode. Default: full AES. */
  readonly offer?: number;
  /** Bytes 12 and 13 of all headers. */
  readonly channel?: number;
}

/** How long an answer may take. */
const LIMIT = 5_000;

/** The client's end of a Baichuan connection, as simple as can be: asks, and keeps what comes. */
export class BcClient {
  readonly received: ReceivedMessage[] = [];
  readonly codec = new BaichuanCodec();
  /** Whether it says that it is there when the camera asks. */
  answersKeepAlive = true;
  readonly #carrier: BcCarrier;
  #num = 0;
  #password = "";

  constructor(carrier: BcCarrier) {
    this.#carrier = carrier;
  }

  /** Takes what has arrived. */
  handleBytes(now: Instant, bytes: Uint8Array): void {
    this.codec.push(bytes);
    for (let next = this.codec.next(now); next !== undefined; next = this.codec.next(now)) {
      this.received.push({ ...next, at: now });
      this.#agree(next);
      if (next.header.id === KEEP_ALIVE_ID && this.answersKeepAlive) {
        this.#carrier.write(this.codec.encode(keepAliveAnswer(next.header)));
      }
    }
  }

  /** Sends one message. */
  send(header: Pick<BcHeader, "id"> & Partial<BcHeader>, content: Content): void {
    const full = {
      channel: 0,
      stream: 0,
      num: 0,
      code: 0,
      messageClass: BcClass.modern,
      ...header,
    };
    this.#carrier.write(this.codec.encode({ header: full, ...content }));
  }

  /** The code with which the login is answered. */
  login(options: LoginOptions = {}): number {
    const { user = "admin", password = "sightline", offer = 0xdc12, channel = 0 } = options;
    this.#password = password;
    const before = this.received.length;
    const legacy = { id: 1, code: offer, channel, messageClass: BcClass.legacy };
    this.send(legacy, { payload: NO_PAYLOAD });
    const challenge = this.#await((message) => message.header.id === 1, before);
    if (challenge.header.messageClass !== BcClass.nonce) return challenge.header.code;
    const { nonce } = NONCE.reply.read(challenge);
    const hashes = { userName: loginHash(user, nonce), password: loginHash(password, nonce) };
    const sent = this.received.length;
    this.send({ id: 1, channel }, LOGIN.request.write(hashes));
    return this.#await((message) => message.header.id === 1, sent).header.code;
  }

  /** Asks, and returns the message that answers. */
  ask<Request>(
    command: Pick<Command<Request, never>, "id" | "request">,
    request: Request,
    header: Partial<BcHeader> = {},
  ): ReceivedMessage {
    return this.askRaw(command.id, command.request.write(request), header);
  }

  /** The same for what no command describes. */
  askRaw(
    id: number,
    content: Content = { payload: NO_PAYLOAD },
    header: Partial<BcHeader> = {},
  ): ReceivedMessage {
    const num = header.num ?? ++this.#num;
    const before = this.received.length;
    this.send({ id, num, ...header }, content);
    return this.#await((one) => one.header.id === id && one.header.num === num, before);
  }

  /** Asks, and reads the reply. Throws when it is refused. */
  get<Request, Reply>(
    command: Command<Request, Reply>,
    request: Request,
  ): Reply {
    const message = this.ask(command as Command<Request, never>, request);
    if (message.header.code !== 200) throw new Error(`refused with ${message.header.code}`);
    return command.reply.read(message);
  }

  /** Values of pushes received. */
  pushes<T>(push: Push<T>): readonly T[] {
    return this.received.filter(({ header }) => header.id === push.id && header.num === 0)
      .map((message) => push.content.read(message));
  }

  /** Media of one preview: what came under its number, as bytes. */
  media(num: number): readonly ReceivedMessage[] {
    return this.received.filter(({ header, payload }) => {
      return header.id === 3 && header.num === num && payload.type === "binary";
    });
  }

  runFor(duration: number): void {
    this.#carrier.runFor(duration);
  }

  /** Everything but the login is enciphered as the camera says from here on. */
  #agree(message: BcMessage): void {
    const { id, messageClass, code } = message.header;
    if (id !== 1 || messageClass !== BcClass.nonce) return;
    const mode = chosenMode(code);
    if (mode === undefined) return;
    const { nonce } = NONCE.reply.read(message);
    this.codec.cipher.agree(mode, sessionKey(nonce, this.#password));
  }

  #await(matches: (message: ReceivedMessage) => boolean, from: number): ReceivedMessage {
    const find = () => this.received.slice(from).find(matches);
    this.#carrier.runUntil(() => find() !== undefined, LIMIT);
    const found = find();
    if (found === undefined) throw new Error("Cannot find the answer that was there a moment ago");
    return found;
  }
}
