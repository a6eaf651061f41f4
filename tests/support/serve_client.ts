/** A client in memory of a server that is served for real. @module */

import assert from "node:assert/strict";
import { silentLog } from "../../lib/log/log.ts";
import type { RtspMessage, RtspResponse } from "../../lib/rtsp/message.ts";
import { MessageReader } from "../../lib/rtsp/message_reader.ts";
import { type ServeOptions, serveRtsp } from "../../lib/rtsp/server/serve.ts";
import { FakeSource } from "./fake_source.ts";
import { memoryStreams } from "./memory_stream.ts";
import { settled, VirtualClock } from "./virtual_clock.ts";

export const LIVE_URL = "rtsp://127.0.0.1:8554/a";

const TCP = ["RTP/AVP/TCP;unicast", "RTP/AVP/TCP;unicast"] as const;

/** A client in memory, and the server at the other end. */
export class ServeClient {
  readonly clock = new VirtualClock();
  readonly source = new FakeSource();
  readonly stop = new AbortController();
  readonly #streams;
  readonly #reader = new MessageReader();
  readonly result;
  session = "";

  constructor(capacity = 65_536, options: Partial<ServeOptions> = {}) {
    this.#streams = memoryStreams(capacity);
    const [server] = this.#streams;
    this.result = serveRtsp(server, {
      find: (path) => Promise.resolve(path === "/a" ? this.source : undefined),
      clock: this.clock,
      entropy: (length) => new Uint8Array(length).fill(1),
      signal: this.stop.signal,
      log: silentLog,
      ...options,
    });
  }

  get stream() {
    return this.#streams[1];
  }

  /** Bytes sent that the server has not read. */
  get unread() {
    return this.#streams[0].unread;
  }

  send(text: string): Promise<void> {
    return this.stream.write(new TextEncoder().encode(text));
  }

  /** Everything that came since the last call. */
  async messages(): Promise<RtspMessage[]> {
    const messages: RtspMessage[] = [];
    await settled();
    while (this.stream.unread > 0) {
      this.#reader.push(this.stream.take());
      for (let next = this.#reader.next(); next !== undefined; next = this.#reader.next()) {
        messages.push(next);
      }
      await settled();
    }
    return messages;
  }

  async ask(method: string, url = LIVE_URL, ...fields: readonly string[]): Promise<RtspResponse> {
    const session = this.session === "" ? [] : [`Session: ${this.session}`];
    const lines = [`${method} ${url} RTSP/1.0`, "CSeq: 1", ...session, ...fields, "", ""];
    await this.send(lines.join("\r\n"));
    const response = (await this.messages()).find(({ type }) => type === "response");
    assert.ok(response?.type === "response");
    return response;
  }

  async setUp(transports: readonly [string, string] = TCP): Promise<void> {
    const [video, audio] = transports.map((transport) => `Transport: ${transport}`);
    const response = await this.ask("SETUP", `${LIVE_URL}/trackID=0`, video ?? "");
    this.session = response.headers.get("Session")?.split(";")[0] ?? "";
    assert.equal((await this.ask("SETUP", `${LIVE_URL}/trackID=1`, audio ?? "")).status, 200);
  }

  async play(transports: readonly [string, string] = TCP): Promise<void> {
    await this.setUp(transports);
    assert.equal((await this.ask("PLAY")).status, 200);
  }
}

/** Kinds of messages in order: `200`, or `$0` for a frame on channel 0. */
export function kinds(messages: readonly RtspMessage[]): string[] {
  return messages.map((message) => {
    if (message.type === "interleaved") return `$${message.channel}`;
    return message.type === "response" ? String(message.status) : message.method;
  });
}
