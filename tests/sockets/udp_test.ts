import { test } from "node:test";
import assert from "node:assert/strict";
import type { Endpoint } from "../../lib/machine.ts";
import type { UdpSocket } from "../../lib/io/types.ts";
import { ListenError } from "../../lib/io/errors.ts";
import { openUdp } from "../../lib/io/udp_socket.ts";

const loopback: Endpoint = { address: "127.0.0.1", port: 0 };

/** Resolves once `count` datagrams have arrived, with copies of them and their senders. */
function collect(
  socket: UdpSocket,
  count: number,
): Promise<{ from: Endpoint; bytes: Uint8Array }[]> {
  const got: { from: Endpoint; bytes: Uint8Array }[] = [];
  return new Promise((resolve) => {
    socket.receive((from, bytes) => {
      got.push({ from, bytes: bytes.slice() });
      if (got.length === count) resolve(got);
    });
  });
}

/** A port of this machine that nothing listens on. */
async function deadEndpoint(): Promise<Endpoint> {
  const socket = await openUdp(loopback);
  socket.close();
  return socket.local;
}

async function listenErrorAt(at: Endpoint): Promise<ListenError> {
  try {
    (await openUdp(at)).close();
  } catch (error) {
    assert.ok(error instanceof ListenError);
    return error;
  }
  throw new assert.AssertionError({ message: `${at.address}:${at.port} could be had` });
}

test("openUdp() takes a free port for port 0 and says which", async () => {
  const socket = await openUdp(loopback);
  assert.equal(socket.local.address, "127.0.0.1");
  assert.ok(socket.local.port > 0);
  socket.close();
});

test("UdpSocket carries datagrams of every size with their sender's address", async () => {
  const [a, b] = [await openUdp(loopback), await openUdp(loopback)];
  const sizes = [0, 1, 12, 1316, 1472, 9000, 65_507];
  const arrived = collect(b, sizes.length);
  for (const size of sizes) a.send(b.local, new Uint8Array(size).fill(size % 251));
  for (const [i, { from, bytes }] of (await arrived).entries()) {
    const size = sizes[i] ?? -1;
    assert.deepEqual(from, a.local);
    assert.deepEqual(bytes, new Uint8Array(size).fill(size % 251));
  }
  assert.equal(a.dropped, 0);
  a.close();
  b.close();
});

test("UdpSocket carries the first burst of a new socket whole and in order", async () => {
  const [a, b] = [await openUdp(loopback), await openUdp(loopback)];
  // Linux has room for about ninety datagrams of this size until they are read.
  const arrived = collect(b, 80);
  for (let i = 0; i < 80; i++) a.send(b.local, new Uint8Array(1316).fill(i));
  const order = (await arrived).map(({ bytes }) => bytes[0]);
  assert.deepEqual(order, Array.from({ length: 80 }, (_, i) => i));
  a.close();
  b.close();
});

test("UdpSocket loses no datagram beside those that reach nobody", async () => {
  const [a, b, dead] = [await openUdp(loopback), await openUdp(loopback), await deadEndpoint()];
  const arrived = collect(b, 40);
  const back = collect(a, 1);
  for (let i = 0; i < 40; i++) {
    a.send(dead, Uint8Array.of(255));
    a.send(b.local, Uint8Array.of(i));
  }
  const order = (await arrived).map(({ bytes }) => bytes[0]);
  assert.deepEqual(order, Array.from({ length: 40 }, (_, i) => i));
  b.send(a.local, Uint8Array.of(7));
  assert.deepEqual((await back)[0]?.bytes, Uint8Array.of(7));
  a.close();
  b.close();
});

test("UdpSocket counts datagrams that cannot be sent and goes on", async () => {
  const [a, b] = [await openUdp(loopback), await openUdp(loopback)];
  const arrived = collect(b, 1);
  a.send(b.local, new Uint8Array(65_508));
  a.send({ address: "no.such.host", port: 9 }, new Uint8Array(1));
  a.send({ address: "127.0.0.1", port: 0 }, new Uint8Array(1));
  a.send({ address: "127.0.0.1", port: 70_000 }, new Uint8Array(1));
  a.send(b.local, Uint8Array.of(1));
  assert.deepEqual((await arrived)[0]?.bytes, Uint8Array.of(1));
  assert.equal(a.dropped, 4);
  a.close();
  b.close();
});

test("UdpSocket sends what was sent right before close()", async () => {
  const [a, b] = [await openUdp(loopback), await openUdp(loopback)];
  const arrived = collect(b, 5);
  for (let i = 0; i < 5; i++) a.send(b.local, Uint8Array.of(i));
  a.close();
  assert.equal((await arrived).length, 5);
  a.send(b.local, Uint8Array.of(9));
  assert.equal(a.dropped, 1);
  b.close();
});

test("UdpSocket sends an answer from inside its handler", async () => {
  const [a, b] = [await openUdp(loopback), await openUdp(loopback)];
  const arrived = collect(a, 1);
  b.receive((from, bytes) => b.send(from, bytes.slice()));
  a.send(b.local, Uint8Array.of(5));
  assert.deepEqual((await arrived)[0], { from: b.local, bytes: Uint8Array.of(5) });
  a.close();
  b.close();
});

test("openUdp() gives a port again once it was closed", async () => {
  const socket = await openUdp(loopback);
  socket.close();
  (await openUdp(socket.local)).close();
});

test("openUdp() rejects a port in use", async () => {
  const socket = await openUdp(loopback);
  const error = await listenErrorAt(socket.local);
  assert.equal(error.code, "in-use");
  const port = socket.local.port;
  assert.equal(
    error.message,
    `Cannot listen on UDP 127.0.0.1:${port} as the port is already in use`,
  );
  socket.close();
});

test("openUdp() rejects an address of another machine", async () => {
  assert.equal((await listenErrorAt({ address: "192.0.2.1", port: 0 })).code, "not-available");
});

test("openUdp() rejects what is no address", async () => {
  assert.equal((await listenErrorAt({ address: "localhost", port: 0 })).code, "bad-address");
  assert.equal((await listenErrorAt({ address: "127.0.0.1", port: 70_000 })).code, "bad-address");
});
