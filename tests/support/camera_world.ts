/** A client session, and a camera that follows a script. @module */

import assert from "node:assert/strict";
import type { ClientEnd, ClientEvent } from "../../lib/rtsp/client/events.ts";
import { ClientSession, type ClientSessionOptions } from "../../lib/rtsp/client/session.ts";
import type { RtspMessage, RtspRequest } from "../../lib/rtsp/message.ts";
import { MessageReader } from "../../lib/rtsp/message_reader.ts";

export const CAMERA_URL = "rtsp://10.0.0.2:554/cam/realmonitor?channel=1&subtype=0";
export const SECRET = "s3cret";
export const CAMERA_SDP = [
  ...["v=0", "t=0 0", "a=control:*", "m=video 0 RTP/AVP 96", "a=control:trackID=0"],
  ...["a=rtpmap:96 H264/90000", "m=audio 0 RTP/AVP 8", "a=control:trackID=1", ""],
].join("\r\n");

/** A packet of RTP: 12 bytes of header and a number. */
export function rtp(number: number): string {
  return `\x80\x60${"\0".repeat(10)}${String.fromCharCode(number)}`;
}

export function frame(channel: number, payload: string): string {
  const length = String.fromCharCode(payload.length >> 8, payload.length & 0xff);
  return `$${String.fromCharCode(channel)}${length}${payload}`;
}

/** One byte a character. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** A response, without the number of its request. */
export function response(status: string, fields: readonly string[] = [], body = ""): string {
  const length = body === "" ? [] : [`Content-Length: ${body.length}`];
  return [`RTSP/1.0 ${status}`, ...fields, ...length, "", body].join("\r\n");
}

/** What a camera answers to a request; `undefined` for nothing. */
export type Script = (request: RtspRequest) => string | undefined;

/** A well-behaved camera. */
export const GOOD: Script = ({ method, headers }) => {
  switch (method) {
    case "OPTIONS":
      return response("200 OK", ["Public: OPTIONS, DESCRIBE, GET_PARAMETER"]);
    case "DESCRIBE":
      return response("200 OK", [`Content-Base: ${CAMERA_URL}/`], CAMERA_SDP);
    case "SETUP":
      return response("200 OK", [
        "Session: 77;timeout=40",
        `Transport: ${headers.get("Transport")};ssrc=1`,
      ]);
    default:
      return response("200 OK");
  }
};

/** A session, and a camera that follows a script. */
export class CameraWorld {
  now = 1_000;
  readonly session: ClientSession;
  readonly requests: RtspRequest[] = [];
  readonly answers: RtspMessage[] = [];
  readonly events: ClientEvent[] = [];
  readonly #reader = new MessageReader();
  /** What it sets up once it knows the description. */
  tracks: readonly number[] = [0, 1];
  script: Script;

  constructor(script: Script = GOOD, options: Partial<ClientSessionOptions> = {}) {
    this.script = script;
    this.session = new ClientSession(this.now, {
      url: CAMERA_URL,
      credentials: { user: "admin", password: { reveal: () => SECRET } },
      entropy: (length) => new Uint8Array(length).fill(7),
      ...options,
    });
    this.settle();
  }

  /** Lets both talk until neither has anything to say. */
  settle(): void {
    for (;;) {
      const output = this.session.pollOutput();
      const event = output === undefined ? this.session.pollEvent() : undefined;
      if (output !== undefined) this.#answer(output);
      else if (event !== undefined) this.#act(event);
      else return;
    }
  }

  /** The camera sends this, one byte a character. */
  send(text: string): void {
    this.session.handleBytes(this.now, latin1(text));
    this.settle();
  }

  pass(duration: number): void {
    const end = this.now + duration;
    for (let at = this.session.pollTimeout(); at !== undefined && at <= end;) {
      this.now = at;
      this.session.handleTimeout(at);
      this.settle();
      at = this.session.pollTimeout();
    }
    this.now = end;
  }

  end(): ClientEnd | undefined {
    const last = this.events.at(-1);
    return last?.type === "closed" ? last : undefined;
  }

  get methods(): string[] {
    return this.requests.map(({ method }) => method);
  }

  /** Track, kind and last byte of each packet. */
  get packets(): string[] {
    return this.events.filter((event) => event.type === "packet")
      .map(({ track, kind, bytes }) => `${track} ${kind} ${bytes.at(-1)}`);
  }

  #answer(output: Uint8Array): void {
    this.#reader.push(output);
    for (let next = this.#reader.next(); next !== undefined; next = this.#reader.next()) {
      if (next.type !== "request") {
        this.answers.push(next);
        continue;
      }
      this.requests.push(next);
      const text = this.script(next);
      const cseq = `\r\nCSeq: ${next.headers.get("CSeq")}\r\n`;
      if (text !== undefined) {
        this.session.handleBytes(this.now, latin1(text.replace("\r\n", cseq)));
      }
    }
  }

  #act(event: ClientEvent): void {
    this.events.push(event);
    if (event.type === "described") this.session.setUp(this.now, this.tracks);
  }
}

/** A camera that answers `method` in a way of its own. */
export function but(method: string, answer: Script): Script {
  return (request) => request.method === method ? answer(request) : GOOD(request);
}

export function playing(script: Script = GOOD): CameraWorld {
  const world = new CameraWorld(script);
  assert.equal(world.events.at(-1)?.type, "playing");
  return world;
}
