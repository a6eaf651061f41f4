import assert from "node:assert/strict";
import { test } from "node:test";
import { heapAfterCollection } from "../../../tests/hostile/heap.ts";
import { FakeSource } from "../../../tests/support/fake_source.ts";
import { type MemoryStream, memoryStreams } from "../../../tests/support/memory_stream.ts";
import { settled, VirtualClock } from "../../../tests/support/virtual_clock.ts";
import { silentLog } from "../../log/log.ts";
import { type ServeResult, serveRtsp } from "./serve.ts";
import { REQUEST_DEADLINE } from "./session.ts";

const LINGER = 2_000;

/** A crowd of clients at one server. */
class Crowd {
  readonly clock = new VirtualClock();
  readonly clients: MemoryStream[] = [];
  readonly results: Promise<ServeResult>[] = [];
  readonly source = new FakeSource();

  constructor(size: number) {
    for (let i = 0; i < size; i++) {
      const [server, client] = memoryStreams();
      this.clients.push(client);
      this.results.push(serveRtsp(server, {
        find: () => Promise.resolve(this.source),
        clock: this.clock,
        entropy: (length) => new Uint8Array(length).fill(i),
        signal: new AbortController().signal,
        log: silentLog,
      }));
    }
  }

  async send(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    await Promise.all(this.clients.map((client) => client.write(bytes).catch(() => {})));
    await settled();
  }

  /** What was answered so far, as status lines. */
  answers(): Set<string> {
    const texts = this.clients.map((client) => new TextDecoder().decode(client.take()));
    return new Set(texts.flatMap((text) => text.match(/^RTSP\/1\.0 .*$/gm) ?? ["nothing"]));
  }

  /** The reasons it ended for, once everybody is gone. */
  async reasons(): Promise<Set<string>> {
    const results = await Promise.all(this.results);
    assert.equal(this.clock.timers, 0);
    assert.equal(this.source.readers, 0);
    return new Set(results.map(({ reason }) => reason));
  }
}

test("serveRtsp() is rid of a crowd that sends one byte a second, after ten", async () => {
  const crowd = new Crowd(200);
  for (const char of "DESCRIBE rtsp:/") {
    await crowd.send(char);
    crowd.clock.pass(1_000);
  }
  await settled();
  assert.deepEqual(crowd.answers(), new Set(["RTSP/1.0 408 Request Time-out"]));
  crowd.clock.pass(LINGER);
  assert.deepEqual(await crowd.reasons(), new Set(["timeout"]));
});

test("serveRtsp() is rid of a crowd that connects and is gone, after ten seconds", async () => {
  const crowd = new Crowd(200);
  await settled();
  crowd.clock.pass(REQUEST_DEADLINE + LINGER);
  assert.deepEqual(await crowd.reasons(), new Set(["timeout"]));
});

const OVERSIZED = [
  { name: "a header field", text: `OPTIONS * RTSP/1.0\r\nA: ${"x".repeat(100_000)}` },
  { name: "header fields", text: `OPTIONS * RTSP/1.0\r\n${"A: b\r\n".repeat(10_000)}\r\n` },
  { name: "a first line", text: "x".repeat(100_000) },
  { name: "a body", text: "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 4294967295\r\n\r\n" },
];

for (const { name, text } of OVERSIZED) {
  test(`serveRtsp() refuses ${name} larger than it takes, and closes`, async () => {
    const crowd = new Crowd(1);
    await crowd.send(text);
    assert.deepEqual(crowd.answers(), new Set(["RTSP/1.0 400 Bad Request"]));
    crowd.clock.pass(LINGER);
    assert.deepEqual(await crowd.reasons(), new Set(["protocol"]));
  });
}

const BASE = "rtsp://h/a";

/** What clients with bad intentions or bad luck send, whole or up to where they vanish. */
const VISITS = [
  ...OVERSIZED.map(({ text }) => text),
  "",
  "\0\x01\x02",
  "$\0\xff\xff",
  "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n".repeat(500),
  `DESCRIBE ${BASE} RTSP/1.0\r\nCSeq: 1\r\n\r\n`.repeat(20),
  `SETUP ${BASE}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP\r\n\r\n`,
  `PLAY ${BASE} RTSP/1.0\r\nCSeq: 1\r\nSession: 0303030303030303\r\n\r\n`,
];

test("serveRtsp() holds nothing of those who came and went, whatever they sent", async () => {
  async function visit(): Promise<void> {
    for (const [i, text] of VISITS.entries()) {
      const crowd = new Crowd(4);
      await crowd.send(text);
      for (const client of crowd.clients) {
        if (i % 2 === 0) client.abort();
        else await client.end();
      }
      await settled();
      crowd.clock.pass(REQUEST_DEADLINE + LINGER);
      await crowd.reasons();
    }
  }
  for (let i = 0; i < 3; i++) await visit();
  const before = heapAfterCollection();
  for (let i = 0; i < 12; i++) await visit();
  const after = heapAfterCollection();
  // Only where the collector can be called.
  if (before === undefined || after === undefined) return;
  assert.ok(after - before < 2 << 20, `the heap grew by ${after - before} bytes`);
});
