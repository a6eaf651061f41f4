import assert from "node:assert/strict";
import { test } from "node:test";
import { dialTcp } from "../../lib/io/tcp.ts";
import { ListenError } from "../../lib/io/errors.ts";
import { type HttpHandler, type HttpServer, serveHttp } from "../../lib/io/http.ts";

const ANY = { address: "127.0.0.1", port: 0 };

async function withServer(
  handler: HttpHandler,
  body: (url: string, server: HttpServer) => Promise<void>,
  onBug: (error: unknown) => void = () => {},
): Promise<void> {
  const server = await serveHttp(ANY, handler, onBug);
  try {
    await body(`http://127.0.0.1:${server.local.port}`, server);
  } finally {
    await server.close();
  }
}

test("serveHttp() hands over each request with the address it came from", async () => {
  await withServer(
    async (request, peer) => Response.json([await request.text(), peer.address, peer.port > 0]),
    async (url) => {
      const response = await fetch(`${url}/a?b`, { method: "POST", body: "hello" });
      assert.deepEqual(await response.json(), ["hello", "127.0.0.1", true]);
    },
  );
});

test("serveHttp() rejects with ListenError when the port is taken", async () => {
  await withServer(() => Promise.resolve(new Response()), async (_url, { local }) => {
    const twice = serveHttp(local, () => Promise.resolve(new Response()), () => {});
    await assert.rejects(twice, (error) => error instanceof ListenError && error.code === "in-use");
  });
  await assert.rejects(
    serveHttp({ address: "::1", port: 0 }, () => Promise.resolve(new Response()), () => {}),
    ListenError,
  );
});

test("serveHttp() answers 500 without a word when the handler throws, and tells of it", async () => {
  const bugs: unknown[] = [];
  await withServer(
    () => Promise.reject(new Error("a secret")),
    async (url) => {
      const response = await fetch(url);
      assert.equal(response.status, 500);
      assert.equal(await response.text(), "");
    },
    (error) => bugs.push(error),
  );
  assert.equal(bugs.length, 1);
});

test("serveHttp() fires the request's signal when whoever asked goes away", async () => {
  const asked = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  await withServer(async (request) => {
    request.signal.addEventListener("abort", () => gone.resolve());
    asked.resolve();
    await gone.promise;
    return new Response();
  }, async (_url, { local }) => {
    const client = await dialTcp(local, AbortSignal.timeout(5_000));
    await client.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    await asked.promise;
    client.abort();
    await gone.promise;
  });
});

test("HttpServer.close() lets what is being answered end, and takes nothing new", async () => {
  const asked = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  await withServer(async () => {
    asked.resolve();
    await go.promise;
    return new Response("done");
  }, async (url, server) => {
    const response = fetch(url);
    await asked.promise;
    const closed = server.close();
    go.resolve();
    assert.equal(await (await response).text(), "done");
    await closed;
    await assert.rejects(fetch(url));
  });
});

test("HttpServer.close() ends what would go on for ever", async () => {
  await withServer(
    () => Promise.resolve(new Response(new ReadableStream({ start: (c) => c.enqueue(ONE) }))),
    async (url, server) => {
      const { body } = await fetch(url);
      const reader = body?.getReader();
      assert.deepEqual((await reader?.read())?.value, ONE);
      const began = performance.now();
      await server.close();
      assert.ok(performance.now() - began < 4_000);
      await reader?.cancel().catch(() => {});
    },
  );
});

const ONE = Uint8Array.of(1);
