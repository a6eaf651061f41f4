import assert from "node:assert/strict";
import { test } from "node:test";
import { picture, sound } from "../../../tests/support/fake_source.ts";
import { kinds, LIVE_URL, ServeClient } from "../../../tests/support/serve_client.ts";
import { settled } from "../../../tests/support/virtual_clock.ts";
import { Log } from "../../log/log.ts";
import { Repeats } from "../../log/repeats.ts";
import { type Source, SourceUnavailableError } from "../../media/source.ts";
import { decodeRtcp, RTCP_TYPE } from "../../rtp/rtcp.ts";
import { REQUEST_DEADLINE } from "./session.ts";
import { STALL_TIMEOUT } from "./serve.ts";

test("serveRtsp() sends the response to PLAY first, then what the source has at hand", async () => {
  const client = new ServeClient();
  client.source.group = [picture(1, true), sound(1), picture(1.04, false)];
  await client.setUp();
  await client.send(`PLAY ${LIVE_URL} RTSP/1.0\r\nCSeq: 9\r\nSession: ${client.session}\r\n\r\n`);
  const messages = await client.messages();
  assert.deepEqual(kinds(messages), ["200", "$1", "$0", "$3", "$2", "$0"]);
  const [response] = messages;
  assert.ok(response?.type === "response");
  assert.match(response.headers.get("RTP-Info") ?? "", /trackID=0;seq=257;rtptime=16933009,/);
  client.source.send(picture(1.08, false));
  assert.deepEqual(kinds(await client.messages()), ["$0"]);
});

test("serveRtsp() sends every picture unharmed, at once and after a while", async () => {
  const client = new ServeClient(1_000);
  await client.play();
  await client.messages();
  const numbers = Array.from({ length: 60 }, (_, i) => i);
  const payloads: Uint8Array[] = [];
  for (const i of numbers) {
    const { parts: [part = new Uint8Array()], ...unit } = picture(1 + i / 25, i === 0, 500);
    client.source.send({ ...unit, parts: [part.fill(i, 1)] });
    // Now the client reads at once, now it lets some wait.
    if (i % 20 > 10 && i !== 59) continue;
    for (const message of await client.messages()) {
      if (message.type === "interleaved" && message.channel === 0) payloads.push(message.payload);
    }
  }
  assert.deepEqual(payloads.map((bytes) => bytes[20]), numbers);
  assert.ok(payloads.every((bytes, i) => bytes.subarray(13).every((byte) => byte === i)));
});

test("serveRtsp() stops reading the source on PAUSE and TEARDOWN", async () => {
  const client = new ServeClient();
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
  const client = new ServeClient();
  await client.play();
  client.source.send(picture(1, true), picture(1.04, false));
  await client.messages();
  await client.stream.end();
  const { reason, sent, dropped } = await client.result;
  assert.deepEqual({ reason, sent, dropped }, { reason: "peer", sent: 2, dropped: 0 });
  assert.equal(client.source.readers, 0);
  assert.equal(client.clock.timers, 0);
});

test("serveRtsp() says goodbye on every track when its source ends", async () => {
  const client = new ServeClient();
  await client.play();
  client.source.send(picture(1, true));
  await client.messages();
  client.source.end("peer");
  const messages = await client.messages();
  assert.deepEqual(kinds(messages), ["$1", "$3"]);
  for (const message of messages) {
    assert.ok(message.type === "interleaved");
    assert.equal(decodeRtcp(message.payload).at(-1)?.type, RTCP_TYPE.bye);
  }
  client.clock.pass(3_000);
  assert.equal((await client.result).reason, "peer");
});

test("serveRtsp() ends when the connection breaks", async () => {
  const client = new ServeClient();
  await client.play();
  client.stream.abort();
  assert.equal((await client.result).reason, "peer");
  assert.equal(client.source.readers, 0);
});

test("serveRtsp() ends at once when told to", async () => {
  const client = new ServeClient();
  await client.play();
  client.stop.abort();
  assert.equal((await client.result).reason, "local");
  assert.ok(client.stream.isOver);
  assert.deepEqual([client.source.readers, client.clock.timers], [0, 0]);
});

test("serveRtsp() ends with the reason of its source", async () => {
  const client = new ServeClient();
  await client.play();
  client.source.end("unreachable");
  await client.stream.end();
  assert.equal((await client.result).reason, "unreachable");
});

test("serveRtsp() answers rubbish with 400, and closes even if the client does not", async () => {
  const client = new ServeClient();
  await client.send("rubbish\r\n\r\n");
  assert.deepEqual(kinds(await client.messages()), ["400"]);
  assert.ok(client.stream.isOver);
  client.clock.pass(2_000);
  assert.equal((await client.result).reason, "protocol");
});

test("serveRtsp() closes on a client that connects and is silent", async () => {
  const client = new ServeClient();
  await settled();
  client.clock.pass(REQUEST_DEADLINE + 2_000);
  assert.equal((await client.result).reason, "timeout");
});

test("serveRtsp() answers 503 when the source cannot be had, and stops asking at the end", async () => {
  const client = new ServeClient(65_536, { find: () => Promise.reject(new Error("asleep")) });
  assert.equal((await client.ask("DESCRIBE")).status, 503);
  let asked: AbortSignal | undefined;
  const waiting = new ServeClient(65_536, {
    find: (_path, signal) => {
      asked = signal;
      return new Promise<Source | undefined>((resolve) => {
        signal.addEventListener("abort", () => resolve(undefined));
      });
    },
  });
  await waiting.send(`DESCRIBE ${LIVE_URL} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
  await settled();
  await waiting.stream.end();
  assert.equal((await waiting.result).reason, "peer");
  assert.ok(asked?.aborted);
});

test("serveRtsp() holds a slow client's media to its limit, and begins again on a key frame", async () => {
  const client = new ServeClient(1_000, { maxMediaBytes: 20_000 });
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
  const client = new ServeClient(1_000, { maxMediaBytes: 20_000 });
  await client.play();
  for (let second = 0; second * 1000 <= STALL_TIMEOUT + 30_000; second++) {
    client.source.send(...Array.from({ length: 25 }, () => picture(second, true, 1_000)));
    client.clock.pass(1_000);
  }
  assert.equal((await client.result).reason, "timeout");
  assert.equal(client.source.readers, 0);
});

test("serveRtsp() reads no more requests while too many responses wait", async () => {
  const client = new ServeClient();
  const requests = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n".repeat(2_000);
  await client.send(requests);
  await settled();
  await client.send(requests);
  await settled();
  assert.equal(client.unread, requests.length);
  assert.equal((await client.messages()).length, 4_000);
  assert.equal(client.unread, 0);
});

test("serveRtsp() logs a wrong password once for each client's address", async () => {
  const lines: string[] = [];
  const log = new Log((level, message) => {
    if (level !== "debug") lines.push(`${level} ${message}`);
  });
  const options = {
    log,
    refusals: new Repeats(),
    users: [{ user: "viewer", password: { reveal: () => "hunter2" } }],
  };
  const word = btoa("viewer:wrong");
  for (
    const header of ["", `Authorization: Basic ${word}\r\n`, `Authorization: Basic ${word}\r\n`]
  ) {
    const client = new ServeClient(65_536, options);
    await client.send(`DESCRIBE ${LIVE_URL} RTSP/1.0\r\nCSeq: 1\r\n${header}\r\n`);
    assert.deepEqual(kinds(await client.messages()), ["401"]);
    client.stop.abort();
    await client.result;
  }
  assert.deepEqual(lines, ["warn viewer refused: wrong user name or password"]);
});

test("serveRtsp() logs a refusal once, however many connections ask for the same", async () => {
  const lines: string[] = [];
  const log = new Log((level, message, { path, why }) => {
    if (level !== "debug") lines.push(`${level} ${message}: ${path}, ${why}`);
  });
  const refusals = new Repeats();
  const find = (path: string) => Promise.reject(new SourceUnavailableError(`${path} rests`));
  for (const url of [LIVE_URL, LIVE_URL, `${LIVE_URL}b`]) {
    const client = new ServeClient(65_536, { log, refusals, find });
    await client.send(`DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
    assert.deepEqual(kinds(await client.messages()), ["503"]);
    client.stop.abort();
    await client.result;
  }
  assert.deepEqual(lines, [
    "warn no stream for a viewer: /a, /a rests",
    "warn no stream for a viewer: /ab, /ab rests",
  ]);
});
