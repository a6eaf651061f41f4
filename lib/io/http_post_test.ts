import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { postHttp } from "./http_post.ts";

const signal = new AbortController().signal;

const BODY = new TextEncoder().encode('{"é":1}');

async function withServer(
  listener: RequestListener,
  body: (url: URL) => Promise<void>,
): Promise<void> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await body(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?k=T0KEN`));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("postHttp() sends headers and body, and tells status and Retry-After", async () => {
  const seen: string[] = [];
  await withServer((request, response) => {
    request.setEncoding("utf8").on("data", (text: string) => seen.push(text));
    request.on("end", () => {
      const { method, headers } = request;
      seen.push(`${method} ${headers["content-length"]} ${headers["x-told"]}`);
      response.writeHead(503, { "Retry-After": "7" }).end("busy");
    });
  }, async (url) => {
    const outcome = await postHttp({ url, headers: { "X-Told": "yes" }, body: BODY }, signal);
    assert.deepEqual(outcome, { type: "answered", status: 503, retryAfter: 7_000 });
  });
  assert.deepEqual(seen, ['{"é":1}', "POST 8 yes"]);
});

test("postHttp() does not follow redirects", async () => {
  const paths: (string | undefined)[] = [];
  await withServer((request, response) => {
    paths.push(request.url);
    response.writeHead(307, { Location: "/elsewhere" }).end();
  }, async (url) => {
    const outcome = await postHttp({ url, headers: {}, body: BODY }, signal);
    assert.deepEqual(outcome, { type: "answered", status: 307, retryAfter: undefined });
  });
  assert.deepEqual(paths, ["/hook?k=T0KEN"]);
});

test("postHttp() drops an answer without end", async () => {
  await withServer((_request, response) => {
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(16_384)));
    };
    response.on("drain", more);
    more();
  }, async (url) => {
    const outcome = await postHttp({ url, headers: {}, body: BODY }, signal);
    assert.equal(outcome.type, "answered");
  });
});

test("postHttp() has the status even where the rest of the answer never comes", async () => {
  const leaving = new AbortController();
  await withServer((_request, response) => {
    response.writeHead(200, { "Content-Length": "10" }).write("some");
    setTimeout(() => leaving.abort(), 50);
  }, async (url) => {
    const outcome = await postHttp({ url, headers: {}, body: BODY }, leaving.signal);
    assert.deepEqual(outcome, { type: "answered", status: 200, retryAfter: undefined });
  });
});

test("postHttp() tells why nobody answers, and of the URL its origin alone", async () => {
  const url = new URL("http://127.0.0.1:1/hook?k=T0KEN");
  assert.deepEqual(await postHttp({ url, headers: {}, body: BODY }, signal), {
    type: "failed",
    why: "Cannot reach http://127.0.0.1:1 as nothing listens there",
  });
  await withServer(() => {}, async (url) => {
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), 50);
    const outcome = await postHttp({ url, headers: {}, body: BODY }, leaving.signal);
    assert.match(outcome.type === "failed" ? outcome.why : "", /it was called off$/);
  });
});
