/** A client of a server session, with the glue between them. @module */

import assert from "node:assert/strict";
import type { Loudspeaker, Source } from "../../lib/media/source.ts";
import type { RtspResponse } from "../../lib/rtsp/message.ts";
import { MessageReader } from "../../lib/rtsp/message_reader.ts";
import {
  type ServerEvent,
  ServerSession,
  type ServerSessionOptions,
} from "../../lib/rtsp/server/session.ts";
import { FakeSource } from "./fake_source.ts";

export const CAMERA_PATH = "/cam/realmonitor?channel=1&subtype=0";
export const SERVER_URL = `rtsp://127.0.0.1:8554${CAMERA_PATH}`;
export const TCP = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1";
export const SOURCE = new FakeSource();

/** Bytes that differ from call to call, and are the same in each run. */
function entropy(): (length: number) => Uint8Array {
  let calls = 0;
  return (length) => new Uint8Array(length).fill(++calls);
}

/** A client at the other end of a session, with the glue between them. */
export class SessionClient {
  now = 1_000;
  readonly session: ServerSession;
  readonly events: ServerEvent[] = [];
  readonly #reader = new MessageReader();
  #cseq = 0;
  /** Sources by path; what is not here is answered 404. */
  sources: Readonly<Record<string, Source>> = { [CAMERA_PATH]: SOURCE };
  /** Told of to those who want to talk. */
  loudspeaker: Loudspeaker | undefined;
  /** Whether `lookup` and `play` are left to the test. */
  manual = false;

  constructor(options: Partial<ServerSessionOptions> = {}) {
    this.session = new ServerSession(this.now, { entropy: entropy(), ...options });
  }

  /** Sends a request and returns its response. */
  ask(method: string, url = SERVER_URL, ...fields: readonly string[]): RtspResponse {
    const [response, ...more] = this.send(this.request(method, url, ...fields));
    assert.ok(response !== undefined && more.length === 0, "one response to one request");
    assert.equal(response.headers.get("CSeq"), String(this.#cseq));
    return response;
  }

  request(method: string, url: string, ...fields: readonly string[]): string {
    return [`${method} ${url} RTSP/1.0`, `CSeq: ${++this.#cseq}`, ...fields, "", ""].join("\r\n");
  }

  /** Sends text and returns all responses. */
  send(text: string): RtspResponse[] {
    this.session.handleBytes(this.now, new TextEncoder().encode(text));
    return this.drain();
  }

  drain(): RtspResponse[] {
    const responses: RtspResponse[] = [];
    for (;;) {
      const output = this.session.pollOutput();
      const event = output === undefined ? this.session.pollEvent() : undefined;
      if (output !== undefined) this.#reader.push(output);
      else if (event !== undefined) this.#act(event);
      else break;
    }
    for (let next = this.#reader.next(); next !== undefined; next = this.#reader.next()) {
      assert.ok(next.type === "response");
      responses.push(next);
    }
    return responses;
  }

  #act(event: ServerEvent): void {
    this.events.push(event);
    if (this.manual) return;
    if (event.type === "lookup") {
      const loudspeaker = event.wantsLoudspeaker ? this.loudspeaker : undefined;
      this.session.found(this.now, this.sources[event.path], loudspeaker);
    }
    if (event.type === "play") this.session.playing(this.now, new Map([[7, 0], [8, 0]]));
  }

  /** Sets both tracks up and plays; returns the session's id. */
  play(): string {
    this.ask("DESCRIBE");
    const session = sessionOf(this.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP));
    this.ask("SETUP", `${SERVER_URL}/trackID=1`, "Transport: RTP/AVP/TCP;interleaved=2-3", session);
    assert.equal(this.ask("PLAY", `${SERVER_URL}/`, session).status, 200);
    return session;
  }
}

/** The header field that names the session of `response`. */
export function sessionOf(response: RtspResponse): string {
  assert.equal(response.status, 200);
  return `Session: ${response.headers.get("Session")?.split(";")[0]}`;
}
