import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeSource, picture, sound } from "../../tests/support/fake_source.ts";
import { memoryStreams } from "../../tests/support/memory_stream.ts";
import { settled, VirtualClock } from "../../tests/support/virtual_clock.ts";
import { silentLog } from "../log/log.ts";
import type { Source } from "../media/source.ts";
import type { RtspMessage, RtspResponse } from "./message.ts";
import { MessageReader } from "./message_reader.ts";
import { SESSION_TIMEOUT } from "./server_session.ts";
import { type ServeOptions, serveRtsp, STALL_TIMEOUT } from "./serve.ts";

const URL = "rtsp://127.0.0.1:8554/a";

/** A client in memory, and the server at the other end. */
class Client {
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

  async ask(method: string, url = URL, ...fields: readonly string[]): Promise<RtspResponse> {
    const session = this.session === "" ? [] : [`Session: ${this.session}`];
    const lines = [`${method} ${url} RTSP/1.0`, "CSeq: 1", ...session, ...fields, "", ""];
    await this.send(lines.join("\r\n"));
    const response = (await this.messages()).find(({ type }) => type === "response");
    assert.ok(response?.type === "response");
    return response;
  }

  async setUp(): Promise<void> {
    const tcp = "Transport: RTP/AVP/TCP;unicast";
    const response = await this.ask("SETUP", `${URL}/trackID=0`, tcp);
    this.session = response.headers.get("Session")?.split(";")[0] ?? "";
    assert.equal((await this.ask("SETUP", `${URL}/trackID=1`, tcp)).status, 200);
  }

  async play(): Promise<void> {
    await this.setUp();
    assert.equal((await this.ask("PLAY")).status, 200);
  }
}

/** Kinds of messages in order: `200`, or `$0` for a frame on channel 0. */
function kinds(messages: readonly RtspMessage[]): string[] {
  return messages.map((message) => {
    if (message.type === "interleaved") return `$${message.channel}`;
    return message.type === "response" ? String(message.status) : message.method;
  });
}

test("serveRtsp() sends the response to PLAY first, then what the source has at hand", async () => {
  const client = new Client();
  client.source.group = [picture(1, true), sound(1), picture(1.04, false)];
  await client.setUp();
  await client.send(`PLAY ${URL} RTSP/1.0\r\nCSeq: 9\r\nSession: ${client.session}\r\n\r\n`);
  const messages = await client.messages();
  assert.deepEqual(kinds(messages), ["200", "$1", "$0", "$3", "$2", "$0"]);
  const [response] = messages;
  assert.ok(response?.type === "response");
  assert.match(response.headers.get("RTP-Info") ?? "", /trackID=0;seq=257;rtptime=16933009,/);
  client.source.send(picture(1.08, false));
  assert.deepEqual(kinds(await client.messages()), ["$0"]);
});

test("serveRtsp() stops reading the source on PAUSE and TEARDOWN", async () => {
  const client = new Client();
  await client.play();
  assert.equal(client.source.readers, 1);
  await client.ask("PAUSE");
  assert.equal(client.source.readers, 0);
  await client.ask("PLAY");
  assert.equal(client.source.readers, 1);
  await client.ask("TEARDOWN");
  assert.equal(client.source.readers, 0);
});

test("serveRtsp() ends with what went over it when the client leaves", async () => {
  const client = new Client();
  await client.play();
  client.source.send(picture(1, true), picture(1.04, false));
  await client.messages();
  await client.stream.end();
  const { reason, sent, dropped } = await client.result;
  assert.deepEqual({ reason, sent, dropped }, { reason: "peer", sent: 2, dropped: 0 });
  assert.equal(client.source.readers, 0);
  assert.equal(client.clock.timers, 0);
});

test("serveRtsp() ends when the connection breaks", async () => {
  const client = new Client();
  await client.play();
  client.stream.abort();
  assert.equal((await client.result).reason, "peer");
  assert.equal(client.source.readers, 0);
});

test("serveRtsp() ends at once when told to", async () => {
  const client = new Client();
  await client.play();
  client.stop.abort();
  assert.equal((await client.result).reason, "local");
  assert.ok(client.stream.isOver);
  assert.deepEqual([client.source.readers, client.clock.timers], [0, 0]);
});

test("serveRtsp() ends with the reason of its source", async () => {
  const client = new Client();
  await client.play();
  client.source.end("unreachable");
  await client.stream.end();
  assert.equal((await client.result).reason, "unreachable");
});

test("serveRtsp() answers rubbish with 400, and closes even if the client does not", async () => {
  const client = new Client();
  await client.send("rubbish\r\n\r\n");
  assert.deepEqual(kinds(await client.messages()), ["400"]);
  assert.ok(client.stream.isOver);
  client.clock.pass(2_000);
  assert.equal((await client.result).reason, "protocol");
});

test("serveRtsp() closes on a client that connects and is silent", async () => {
  const client = new Client();
  await settled();
  client.clock.pass(SESSION_TIMEOUT + 2_000);
  assert.equal((await client.result).reason, "timeout");
});

test("serveRtsp() answers 503 when the source cannot be had, and stops asking at the end", async () => {
  const client = new Client(65_536, { find: () => Promise.reject(new Error("asleep")) });
  assert.equal((await client.ask("DESCRIBE")).status, 503);
  let asked: AbortSignal | undefined;
  const waiting = new Client(65_536, {
    find: (_path, signal) => {
      asked = signal;
      return new Promise<Source | undefined>((resolve) => {
        signal.addEventListener("abort", () => resolve(undefined));
      });
    },
  });
  await waiting.send(`DESCRIBE ${URL} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
  await settled();
  await waiting.stream.end();
  assert.equal((await waiting.result).reason, "peer");
  assert.ok(asked?.aborted);
});

test("serveRtsp() holds a slow client's media to its limit, and begins again on a key frame", async () => {
  const client = new Client(1_000, { maxMediaBytes: 20_000 });
  await client.play();
  for (let i = 0; i < 250; i++) client.source.send(picture(i / 25, i % 25 === 0, 1_000));
  await settled();
  const kept = await client.messages();
  const bytes = kept.reduce((sum, message) => {
    return sum + (message.type === "interleaved" ? message.payload.byteLength : 0);
  }, 0);
  assert.ok(bytes > 15_000 && bytes < 25_000, `${bytes} bytes waited`);
  client.source.send(picture(10, false, 1_000), picture(11, true, 1_000), picture(12, false));
  assert.equal(kinds(await client.messages()).filter((kind) => kind === "$0").length, 2);
  await client.stream.end();
  const { sent, dropped } = await client.result;
  assert.equal(sent + dropped, 253);
});

test("serveRtsp() closes on a client that takes in nothing for too long", async () => {
  const client = new Client(1_000, { maxMediaBytes: 20_000 });
  await client.play();
  for (let second = 0; second * 1000 <= STALL_TIMEOUT + 30_000; second++) {
    client.source.send(...Array.from({ length: 25 }, () => picture(second, true, 1_000)));
    client.clock.pass(1_000);
  }
  assert.equal((await client.result).reason, "timeout");
  assert.equal(client.source.readers, 0);
});

test("serveRtsp() reads no more requests while too many responses wait", async () => {
  const client = new Client();
  const requests = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n".repeat(2_000);
  await client.send(requests);
  await settled();
  await client.send(requests);
  await settled();
  assert.equal(client.unread, requests.length);
  assert.equal((await client.messages()).length, 4_000);
  assert.equal(client.unread, 0);
});
