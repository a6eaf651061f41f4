import { test } from "node:test";
import assert from "node:assert/strict";
import type { Endpoint } from "../../lib/machine.ts";
import type { ByteStream } from "../../lib/io/types.ts";
import { concatBytes } from "../../lib/bytes/bytes.ts";
import { DialError, ListenError, StreamError } from "../../lib/io/errors.ts";
import { dialTcp, listenTcp } from "../../lib/io/tcp.ts";

const loopback: Endpoint = { address: "127.0.0.1", port: 0 };
const { signal: never } = new AbortController();

/** Two ends of one connection. */
async function connect(): Promise<{ client: ByteStream; server: ByteStream }> {
  let accept: (stream: ByteStream) => void = () => {};
  const accepted = new Promise<ByteStream>((resolve) => accept = resolve);
  const listener = await listenTcp(loopback, accept);
  const client = await dialTcp(listener.local, never);
  const server = await accepted;
  await listener.close();
  return { client, server };
}

async function readAll(stream: ByteStream): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let part = await stream.read(); part !== undefined; part = await stream.read()) {
    parts.push(part);
  }
  return concatBytes(parts);
}

async function readToFailure(stream: ByteStream): Promise<StreamError> {
  const failure = readAll(stream).then(() => undefined, (error: unknown) => error);
  const error = await failure;
  assert.ok(error instanceof StreamError, `not a StreamError: ${error}`);
  return error;
}

/** Bytes whose value tells their place. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >>> 8)) & 0xff);
}

/** Lets timers and sockets have their turn `count` times. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Writes until a write does not resolve, and says how much was taken by then. */
async function writeUntilHeldUp(
  stream: ByteStream,
  chunk: Uint8Array,
): Promise<{ taken: number; pending: Promise<void> }> {
  for (let taken = 0; taken < 64 << 20; taken += chunk.byteLength) {
    const pending = stream.write(chunk);
    // A write that the system takes resolves well before the event loop has turned that often.
    const held = await Promise.race([pending.then(() => false), turns(50).then(() => true)]);
    if (held) return { taken, pending };
  }
  throw new assert.AssertionError({ message: "64 MiB were taken though nobody reads" });
}

test("listenTcp() and dialTcp() agree on the two ends of a connection", async () => {
  const { client, server } = await connect();
  assert.deepEqual(client.remote, server.local);
  assert.deepEqual(client.local, server.remote);
  client.abort();
  server.abort();
});

test("ByteStream carries bytes both ways, unchanged and to the end", async () => {
  const { client, server } = await connect();
  const [there, back] = [pattern(3_000_000), pattern(1_000_001)];
  async function send(stream: ByteStream, bytes: Uint8Array, step: number): Promise<void> {
    for (let at = 0; at < bytes.byteLength; at += step) {
      await stream.write(bytes.subarray(at, at + step));
    }
    await stream.end();
  }
  const [atServer, atClient] = await Promise.all([
    readAll(server),
    readAll(client),
    send(client, there, 70_001),
    send(server, back, 1316),
  ]);
  assert.ok(Buffer.from(atServer).equals(there));
  assert.ok(Buffer.from(atClient).equals(back));
});

test("ByteStream gives the reader bytes that stay as they are", async () => {
  const { client, server } = await connect();
  const parts: Uint8Array[] = [];
  for (let i = 0; i < 100; i++) {
    await client.write(new Uint8Array(100).fill(i));
    const part = await server.read();
    assert.ok(part !== undefined);
    parts.push(part);
  }
  assert.ok(Buffer.from(concatBytes(parts)).every((byte, at) => byte === Math.floor(at / 100)));
  client.abort();
  server.abort();
});

test("ByteStream gives the reader arrays whose slice() is a copy", async () => {
  const { client, server } = await connect();
  await client.write(Uint8Array.of(1, 2, 3));
  const bytes = await server.read();
  const copy = bytes?.slice();
  bytes?.fill(9);
  assert.deepEqual(copy, Uint8Array.of(1, 2, 3));
  client.abort();
  server.abort();
});

test("write() holds up the writer while the peer does not read, and goes on when it does", async () => {
  const { client, server } = await connect();
  const chunk = new Uint8Array(1 << 20).fill(7);
  const { taken, pending } = await writeUntilHeldUp(client, chunk);
  const total = taken + chunk.byteLength;
  // What was taken is with the two kernels, and one read ahead on our side.
  const [received] = await Promise.all([readAll(server), pending.then(() => client.end())]);
  assert.equal(received.byteLength, total);
  assert.ok(taken < 16 << 20, `${taken} bytes were taken`);
  server.abort();
});

test("write() does not grow memory while the peer does not read", async () => {
  const { client, server } = await connect();
  const before = await writeUntilHeldUp(client, new Uint8Array(65_536));
  const during = process.memoryUsage();
  await turns(100);
  const after = process.memoryUsage();
  const grown = after.external + after.arrayBuffers - during.external - during.arrayBuffers;
  assert.ok(grown < 1 << 20, `grew by ${grown} bytes`);
  before.pending.catch(() => {});
  client.abort();
  server.abort();
});

test("write() has no use for its bytes any more once it resolves, however slow the peer is", async () => {
  const { client, server } = await connect();
  const buffer = new Uint8Array(100_000);
  const written = (async () => {
    for (let i = 0; i < 200; i++) await client.write(buffer.fill(i));
    await client.end();
  })();
  await turns(50);
  const [received] = await Promise.all([readAll(server), written]);
  assert.ok(received.every((byte, at) => byte === Math.floor(at / buffer.byteLength)));
  server.abort();
});

test("write() takes an empty array", async () => {
  const { client, server } = await connect();
  await client.write(new Uint8Array());
  await client.end();
  assert.equal((await readAll(server)).byteLength, 0);
  server.abort();
});

test("end() leaves the other direction open", async () => {
  const { client, server } = await connect();
  await client.end();
  assert.equal(await server.read(), undefined);
  assert.equal(await server.read(), undefined);
  const [received] = await Promise.all([
    readAll(client),
    server.write(pattern(500_000)).then(() => server.end()),
  ]);
  assert.ok(Buffer.from(received).equals(pattern(500_000)));
});

test("write() rejects after end()", async () => {
  const { client, server } = await connect();
  await client.end();
  await assert.rejects(client.write(Uint8Array.of(1)), StreamError);
  client.abort();
  server.abort();
});

test("abort() ends a read and a write of its own side, and both of the peer's", async () => {
  const { client, server } = await connect();
  const { pending } = await writeUntilHeldUp(client, new Uint8Array(1 << 20));
  const read = readToFailure(client);
  client.abort();
  client.abort();
  await assert.rejects(pending, { name: "StreamError", code: "closed" });
  assert.equal((await read).code, "closed");
  await assert.rejects(client.read(), { code: "closed" });
  await assert.rejects(client.write(Uint8Array.of(1)), { code: "closed" });
  const error = await readToFailure(server);
  assert.equal(error.code, "reset");
  const { address, port } = server.remote;
  assert.equal(
    error.message,
    `Cannot go on with TCP ${address}:${port} as the other side dropped the connection`,
  );
  await assert.rejects(server.write(Uint8Array.of(1)), { code: "reset" });
});

test("write() rejects when the peer drops the connection under it", async () => {
  const { client, server } = await connect();
  const { pending } = await writeUntilHeldUp(client, new Uint8Array(1 << 20));
  server.abort();
  await assert.rejects(pending, { name: "StreamError", code: "reset" });
});

test("read() gives what arrived before the end, however late it is asked", async () => {
  const { client, server } = await connect();
  await client.write(pattern(1000));
  await client.end();
  await server.end();
  await turns(20);
  assert.deepEqual(Buffer.from(await readAll(server)), Buffer.from(pattern(1000)));
});

test("TcpListener stops accepting on close() while its connections live on", async () => {
  const streams: ByteStream[] = [];
  const listener = await listenTcp(loopback, (stream) => streams.push(stream));
  const client = await dialTcp(listener.local, never);
  await client.write(Uint8Array.of(1));
  await turns(20);
  await listener.close();
  await assert.rejects(dialTcp(listener.local, never), { name: "DialError", code: "refused" });
  const [server] = streams;
  assert.ok(server !== undefined);
  assert.deepEqual(Buffer.from(await server.read() ?? []), Buffer.of(1));
  await (await listenTcp(listener.local, () => {})).close();
  client.abort();
  server.abort();
});

const refusedListens: readonly [string, Endpoint, string][] = [
  ["an address of another machine", { address: "192.0.2.1", port: 0 }, "not-available"],
  ["a host name", { address: "localhost", port: 0 }, "bad-address"],
  ["an impossible port", { address: "127.0.0.1", port: 65_536 }, "bad-address"],
];
for (const [what, at, code] of refusedListens) {
  test(`listenTcp() rejects ${what}`, async () => {
    await assert.rejects(listenTcp(at, () => {}), { name: "ListenError", code });
  });
}

test("listenTcp() rejects a port in use and says so", async () => {
  const listener = await listenTcp(loopback, () => {});
  const { port } = listener.local;
  await assert.rejects(listenTcp(listener.local, () => {}), (error) => {
    assert.ok(error instanceof ListenError);
    assert.equal(error.code, "in-use");
    assert.equal(
      error.message,
      `Cannot listen on TCP 127.0.0.1:${port} as the port is already in use`,
    );
    return true;
  });
  await listener.close();
});

test("dialTcp() says that nothing listens", async () => {
  const listener = await listenTcp(loopback, () => {});
  await listener.close();
  await assert.rejects(dialTcp(listener.local, never), (error) => {
    assert.ok(error instanceof DialError);
    assert.equal(error.code, "refused");
    assert.equal(
      error.message,
      `Cannot connect to TCP 127.0.0.1:${listener.local.port} as nothing listens there`,
    );
    return true;
  });
});

for (const to of [{ address: "camera", port: 80 }, { address: "127.0.0.1", port: 0 }]) {
  test(`dialTcp() rejects ${to.address} port ${to.port}`, async () => {
    await assert.rejects(dialTcp(to, never), { name: "DialError", code: "bad-address" });
  });
}

test("dialTcp() rejects when it is called off", async () => {
  const listener = await listenTcp(loopback, (stream) => stream.abort());
  const called = { name: "DialError", code: "aborted" };
  await assert.rejects(dialTcp(listener.local, AbortSignal.abort()), called);
  const controller = new AbortController();
  const dial = dialTcp(listener.local, controller.signal);
  controller.abort();
  await assert.rejects(dial, called);
  await listener.close();
});
