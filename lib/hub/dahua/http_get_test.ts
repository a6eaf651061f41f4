import assert from "node:assert/strict";
import { test } from "node:test";
import { type MemoryStream, memoryStreams } from "../../../tests/support/memory_stream.ts";
import { settled } from "../../../tests/support/virtual_clock.ts";
import { DecodeError } from "../../bytes/decode_error.ts";
import { Rng } from "../../sim/rng.ts";
import { type HttpAnswer, httpGet, MAX_HEAD_BYTES } from "./http_get.ts";

const CREDENTIALS = { user: "admin", password: { reveal: () => "s3cret" } };

const text = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

/** Gets `/a` from a server that follows a script, one answer a request. */
async function get(
  answers: readonly string[],
  options: Partial<Parameters<typeof httpGet>[1]> = {},
): Promise<{ readonly answer: HttpAnswer; readonly requests: readonly string[] }> {
  const [client, server] = memoryStreams(1 << 20);
  const requests: string[] = [];
  const serving = serve(server, answers, requests);
  try {
    const answer = await httpGet(client, {
      path: "/a",
      credentials: CREDENTIALS,
      entropy: new Rng(1).entropy,
      maxBytes: 1_000,
      ...options,
    });
    return { answer, requests };
  } finally {
    client.abort();
    await serving;
  }
}

async function serve(
  server: MemoryStream,
  answers: readonly string[],
  requests: string[],
): Promise<void> {
  for (const [i, answer] of answers.entries()) {
    const bytes = await server.read().catch(() => undefined);
    if (bytes === undefined) return;
    requests.push(text(bytes));
    const isLast = i === answers.length - 1;
    // In pieces, as networks like it.
    for (let at = 0; at < answer.length; at += 7) {
      await server.write(Uint8Array.from(answer.slice(at, at + 7), (char) => char.charCodeAt(0)))
        .catch(() => {});
      if (at < 700) await settled();
    }
    if (isLast) await server.end();
  }
}

function response(status: string, fields: readonly string[], body: string): string {
  return [`HTTP/1.1 ${status}`, ...fields, "", body].join("\r\n");
}

const CHALLENGE = 'WWW-Authenticate: Digest realm="Login", qop="auth", nonce="1", opaque="2"';

test("httpGet() reads a body by its length, in chunks, or up to the end of the stream", async () => {
  const type = "Content-Type: Image/JPEG; a=b";
  for (
    const [fields, body] of [
      [["Content-Length: 5"], "hello and more"],
      [["Transfer-Encoding: chunked"], "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n"],
      [[], "hello"],
    ] as const
  ) {
    const { answer } = await get([response("200 OK", [type, ...fields], body)]);
    assert.deepEqual([answer.status, answer.type, text(answer.body)], [200, "image/jpeg", "hello"]);
  }
});

test("httpGet() proves the password by Digest when it is asked to, on the same connection", async () => {
  const { answer, requests } = await get([
    response("401 Unauthorized", [CHALLENGE, "Content-Length: 4"], "nope"),
    response("200 OK", ["Content-Length: 2"], "ok"),
  ]);
  assert.equal(text(answer.body), "ok");
  assert.doesNotMatch(requests[0] ?? "", /Authorization/);
  assert.match(requests[1] ?? "", /Authorization: Digest username="admin".*uri="\/a"/);
  assert.doesNotMatch(requests.join(""), /s3cret/);
});

test("httpGet() tries a password once, and gives it to nobody in the clear", async () => {
  const no = response("401 Unauthorized", [CHALLENGE, "Content-Length: 0"], "");
  const { answer, requests } = await get([no, no, no]);
  assert.deepEqual([answer.status, requests.length], [401, 2]);
  assert.match(answer.refusal ?? "", /refuses the user name or password/);
  const basic = response("401 Unauthorized", ["WWW-Authenticate: Basic", "Content-Length: 0"], "");
  const clear = await get([basic, basic]);
  assert.match(clear.answer.refusal ?? "", /in the clear/);
  assert.equal(clear.requests.length, 1);
  const hasty = response("401 No", [CHALLENGE, "Connection: close", "Content-Length: 0"], "");
  assert.match((await get([hasty])).answer.refusal ?? "", /hung up/);
});

const BAD: readonly [string, string][] = [
  ["what is no HTTP", "RTSP/1.0 200 OK\r\n\r\n"],
  ["a length that is none", response("200 OK", ["Content-Length: -1"], "")],
  ["a body larger than wanted", response("200 OK", ["Content-Length: 1001"], "")],
  ["an endless body", response("200 OK", [], "x".repeat(5_000))],
  ["a body cut short", response("200 OK", ["Content-Length: 9"], "hello")],
  ["an endless line", `HTTP/1.1 200 ${"x".repeat(MAX_HEAD_BYTES + 100)}`],
  ["an endless head", response("200 OK", Array<string>(5_000).fill("A: b"), "")],
  ["chunks larger than wanted", response("200 OK", ["Transfer-Encoding: chunked"], "3e9\r\n")],
  ["a chunk without length", response("200 OK", ["Transfer-Encoding: chunked"], "zz\r\n")],
  ["nothing", ""],
];

for (const [name, answer] of BAD) {
  test(`httpGet() rejects ${name}`, async () => {
    await assert.rejects(get([answer]), DecodeError);
  });
}
