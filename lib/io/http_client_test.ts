import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { sendHttp } from "./http_client.ts";
import { readText } from "./text_file.ts";

async function withServer(
  listener: RequestListener,
  body: (url: URL) => Promise<void>,
): Promise<void> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await body(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x?y=1`));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const signal = new AbortController().signal;

test("sendHttp() sends method, path and headers, and hands over status, headers and body", async () => {
  await withServer((request, response) => {
    response.writeHead(404, { "X-Told": "yes" });
    response.end(`${request.method} ${request.url} ${request.headers["authorization"]}`);
  }, async (url) => {
    const headers = { Authorization: "Bearer t" };
    const { status, headers: told, body } = await sendHttp(
      { method: "POST", url, headers },
      signal,
    );
    assert.equal(status, 404);
    assert.equal(told["x-told"], "yes");
    assert.equal(await readText("the answer", body, 100), "POST /x?y=1 Bearer t");
  });
});

test("sendHttp() takes no detour over a proxy, and follows nobody elsewhere", async () => {
  process.env["HTTP_PROXY"] = process.env["http_proxy"] = "http://127.0.0.1:1";
  try {
    await withServer((_request, response) => {
      response.writeHead(302, { Location: "http://127.0.0.1:1/" });
      response.end();
    }, async (url) => {
      assert.equal((await sendHttp({ method: "GET", url }, signal)).status, 302);
    });
  } finally {
    delete process.env["HTTP_PROXY"];
    delete process.env["http_proxy"];
  }
});

test("sendHttp() rejects with why nobody answers", async () => {
  const url = new URL("http://127.0.0.1:1/");
  await assert.rejects(sendHttp({ method: "GET", url }, signal), {
    name: "DialError",
    message: "Cannot reach http://127.0.0.1:1 as nothing listens there",
  });
});

test("sendHttp() ends when it is called off, before the answer and within it", async () => {
  const leaving = new AbortController();
  await withServer(() => leaving.abort(), async (url) => {
    await assert.rejects(sendHttp({ method: "GET", url }, leaving.signal), { code: "aborted" });
  });
  const later = new AbortController();
  await withServer((_request, response) => void response.write("some"), async (url) => {
    const { body } = await sendHttp({ method: "GET", url }, later.signal);
    await assert.rejects(async () => {
      for await (const _ of body) later.abort();
    });
  });
});
