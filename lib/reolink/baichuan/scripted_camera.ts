/**
 * For tests: a camera that does what it is told to, and a session to talk to it in virtual time.
 *
 * @module
 */

import type { Duration, Instant } from "../../machine.ts";
import { choiceCode, type CipherMode, LOGIN_ID, offeredMode } from "./cipher.ts";
import { BaichuanCodec, type BcMessage, NO_PAYLOAD } from "./codec.ts";
import type { Command, Content, Push } from "./command.ts";
import { LOGIN, type LoginReply } from "./commands/login.ts";
import { NONCE } from "./commands/nonce.ts";
import { PING } from "./commands/ping.ts";
import { sealedExtension } from "./extension.ts";
import { BcClass, type BcHeader } from "./header.ts";
import { isLoginHash, sessionKey } from "./login_hash.ts";
import type { Done, Outcome } from "./outcome.ts";
import { BaichuanSession, type SessionOptions } from "./session.ts";
import type { BaichuanEvent } from "./session_events.ts";

export const CAMERA_NONCE = "0-AhnEZyUg6eKrJFIWgXPF";
export const CAMERA_ACCOUNT = { user: "admin", password: { reveal: () => "s3cret&<" } };

const NOTHING: Content = { payload: NO_PAYLOAD };

export interface ScriptedCameraOptions {
  readonly mode?: CipherMode;
  /** The code of its nonce, where it is not that of the mode. */
  readonly nonceCode?: number;
  readonly login?: LoginReply;
}

type Script = (request: BcMessage) => void;

/** Answers logins and pings by itself; for the rest it has scripts, or keeps silent. */
export class ScriptedCamera {
  readonly codec = new BaichuanCodec();
  readonly requests: BcMessage[] = [];
  /** What to do about a request, by its id. Goes before what it does by itself. */
  readonly scripts = new Map<number, Script>();
  /** Passwords tried. */
  logins = 0;
  readonly #options: ScriptedCameraOptions;
  readonly #out: Uint8Array[] = [];
  readonly #mode: CipherMode;

  constructor(options: ScriptedCameraOptions = {}) {
    this.#options = options;
    this.#mode = options.mode ?? "fullAes";
  }

  /** Takes bytes of the client. */
  receive(bytes: Uint8Array): void {
    this.codec.push(bytes);
    for (let next = this.codec.next(0); next !== undefined; next = this.codec.next(0)) {
      this.requests.push(next);
      this.#handle(next);
    }
  }

  poll(): Uint8Array | undefined {
    return this.#out.shift();
  }

  /** Requests so far with this command's id. */
  asked<Request, Reply>({ id }: Command<Request, Reply>): readonly BcMessage[] {
    return this.requests.filter(({ header }) => header.id === id);
  }

  /** From now on answers this command with a value, or a status. */
  answer<Request, Reply>(command: Command<Request, Reply>, value: Reply | { code: number }): void {
    this.scripts.set(command.id, (request) => {
      const isCode = typeof value === "object" && value !== null && "code" in value;
      if (isCode) this.reply(request, value.code);
      else this.reply(request, 200, command.reply.write(value as Reply));
    });
  }

  reply({ header }: BcMessage, code: number, content: Content = NOTHING): void {
    this.send({ header: { ...header, code, messageClass: BcClass.reply }, ...content });
  }

  push<T>({ id, content }: Push<T>, value: T): void {
    this.send({ header: pushHeader(id), ...content.write(value) });
  }

  /** Media of a stream, as the first of its messages is or those that follow. */
  media(request: BcMessage, bytes: Uint8Array, isFirst = false): void {
    const isSealed = this.#mode === "fullAes";
    const extension = isSealed
      ? sealedExtension(bytes, 16)
      : isFirst
      ? { binary: true }
      : undefined;
    const payload = { type: "binary", bytes } as const;
    this.reply(request, 200, { payload, ...(extension === undefined ? {} : { extension }) });
  }

  send(message: BcMessage): void {
    this.#out.push(this.codec.encode(message));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#out.push(bytes);
  }

  #handle(request: BcMessage): void {
    const { id, messageClass } = request.header;
    const script = this.scripts.get(messageClass === BcClass.legacy ? -LOGIN_ID : id);
    if (script !== undefined) script(request);
    else if (messageClass === BcClass.legacy) this.sendNonce(request);
    else if (id === LOGIN_ID) this.checkLogin(request);
    else if (id === PING.id) this.reply(request, 200, PING.reply.write({ type: "LAN" }));
  }

  sendNonce(request: BcMessage): void {
    const { header } = request;
    if (offeredMode(header.code) === undefined) return this.reply(request, 400);
    const code = this.#options.nonceCode ?? choiceCode(this.#mode);
    const content = NONCE.reply.write({ type: "md5", nonce: CAMERA_NONCE });
    this.send({ header: { ...header, code, messageClass: BcClass.nonce }, ...content });
    const password = CAMERA_ACCOUNT.password.reveal();
    this.codec.cipher.agree(this.#mode, sessionKey(CAMERA_NONCE, password));
  }

  checkLogin(request: BcMessage): void {
    this.logins++;
    const { userName, password } = LOGIN.request.read(request);
    const isRight = isLoginHash(userName, CAMERA_ACCOUNT.user, CAMERA_NONCE) &&
      isLoginHash(password, CAMERA_ACCOUNT.password.reveal(), CAMERA_NONCE);
    if (!isRight) return this.reply(request, 400);
    this.reply(request, 200, LOGIN.reply.write(this.#options.login ?? { device: { type: "ipc" } }));
  }
}

/** Key of `ScriptedCamera.scripts` for the first request of a login. */
export const FIRST_REQUEST = -LOGIN_ID;

/** As cameras send unasked. */
export function pushHeader(id: number): BcHeader {
  return { id, channel: 0, stream: 0, num: 0, code: 200, messageClass: BcClass.reply };
}

export interface DialogueOptions extends ScriptedCameraOptions {
  readonly session?: Partial<SessionOptions>;
  /** Longest piece in which bytes travel. */
  readonly pieces?: number;
  /** Makes messages worse on their way. */
  readonly tamper?: (bytes: Uint8Array) => Uint8Array;
}

/** A session and a scripted camera, with nothing but virtual time between them. */
export class Dialogue {
  now: Instant = 1_000;
  readonly camera: ScriptedCamera;
  readonly session: BaichuanSession;
  readonly events: BaichuanEvent[] = [];
  readonly #pieces: number;
  readonly #tamper: (bytes: Uint8Array) => Uint8Array;

  constructor(options: DialogueOptions = {}) {
    this.#tamper = options.tamper ?? ((bytes) => bytes);
    this.#pieces = options.pieces ?? Infinity;
    this.camera = new ScriptedCamera(options);
    this.session = new BaichuanSession(this.now, { account: CAMERA_ACCOUNT, ...options.session });
  }

  /** Lets the login happen. */
  static loggedIn(options: DialogueOptions = {}): Dialogue {
    const dialogue = new Dialogue(options);
    dialogue.settle();
    if (dialogue.event("loggedIn") === undefined) throw new Error("the login failed");
    return dialogue;
  }

  /** The last event of a type. */
  event<T extends BaichuanEvent["type"]>(
    type: T,
  ): (BaichuanEvent & { readonly type: T }) | undefined {
    return this.events.findLast((event): event is BaichuanEvent & { readonly type: T } => {
      return event.type === type;
    });
  }

  /** Carries bytes until both have nothing more to say. */
  settle(): void {
    for (;;) {
      const output = this.session.pollWrite();
      const event = output === undefined ? this.session.pollEvent() : undefined;
      if (output !== undefined) this.#carry(output, (piece) => this.camera.receive(piece));
      else if (event !== undefined) this.events.push(event);
      else {
        const answer = this.camera.poll();
        if (answer === undefined) return;
        this.#carry(answer, (piece) => {
          this.session.receive(this.now, piece);
          this.#takeEvents();
        });
      }
    }
  }

  /** Lets time pass; the session is woken when it wants to be. */
  pass(duration: Duration): void {
    const end = this.now + duration;
    this.settle();
    for (let at = this.session.pollTimeout(); at !== undefined && at <= end;) {
      this.now = Math.max(this.now, at);
      this.session.handleTimeout(this.now);
      this.settle();
      at = this.session.pollTimeout();
    }
    this.now = end;
  }

  /** What came of something asked, as far as it has. */
  ask<T>(run: (now: Instant, onDone: Done<T>) => void): { outcome?: Outcome<T> } {
    const result: { outcome?: Outcome<T> } = {};
    run(this.now, (outcome) => {
      if (result.outcome !== undefined) throw new Error("an outcome comes once");
      result.outcome = outcome;
    });
    this.settle();
    return result;
  }

  #takeEvents(): void {
    for (let event = this.session.pollEvent(); event; event = this.session.pollEvent()) {
      this.events.push(event);
    }
  }

  #carry(message: Uint8Array, to: (piece: Uint8Array) => void): void {
    const bytes = this.#tamper(message);
    for (let at = 0; at < bytes.byteLength; at += this.#pieces) {
      to(bytes.slice(at, Math.min(bytes.byteLength, at + this.#pieces)));
    }
  }
}

/** How it failed, or `done`. */
export function resultOf({ outcome }: { readonly outcome?: Outcome<unknown> }): string | undefined {
  return outcome?.type === "failed" ? outcome.reason : outcome?.type;
}
