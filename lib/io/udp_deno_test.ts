import { test } from "node:test";
import assert from "node:assert/strict";
import type { Endpoint } from "../machine.ts";
import { type DatagramConn, DenoUdpSocket } from "./udp_deno.ts";

const peer: Endpoint = { address: "192.0.2.1", port: 8800 };
const addr = { transport: "udp", hostname: "127.0.0.1", port: 5000 } as const;

/** Sends and receives when the test says so. */
class FakeConn implements DatagramConn {
  readonly addr = addr;
  readonly sent: number[] = [];
  closed = 0;
  #settleSend: { resolve: (length: number) => void; reject: (error: Error) => void }[] = [];
  #arrivals: (number | Error)[] = [];
  #arrived: () => void = () => {};

  send(bytes: Uint8Array): Promise<number> {
    this.sent.push(...bytes);
    return new Promise((resolve, reject) => this.#settleSend.push({ resolve, reject }));
  }

  async receive(buffer?: Uint8Array): Promise<[Uint8Array<ArrayBuffer>, Deno.Addr]> {
    while (this.#arrivals.length === 0) {
      if (this.closed > 0) throw new Error("closed");
      await new Promise<void>((resolve) => this.#arrived = resolve);
    }
    const next = this.#arrivals.shift();
    if (typeof next !== "number") throw next;
    assert.ok(buffer !== undefined && buffer.byteLength >= 65_507);
    return [Uint8Array.of(next), addr];
  }

  close(): void {
    this.closed++;
    this.#arrived();
  }

  arrive(...arrivals: (number | Error)[]): void {
    this.#arrivals.push(...arrivals);
    this.#arrived();
  }

  async settleSend(error?: Error): Promise<void> {
    const pending = this.#settleSend.shift();
    if (error === undefined) pending?.resolve(1);
    else pending?.reject(error);
    await turn();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

test("DenoUdpSocket hands datagrams over in the order they were sent", async () => {
  const conn = new FakeConn();
  const socket = new DenoUdpSocket(conn);
  for (const byte of [1, 2, 3]) socket.send(peer, Uint8Array.of(byte));
  assert.deepEqual(conn.sent, [1]);
  await conn.settleSend();
  assert.deepEqual(conn.sent, [1, 2]);
  await conn.settleSend();
  assert.deepEqual(conn.sent, [1, 2, 3]);
});

test("DenoUdpSocket counts a datagram the system refused and sends the next one", async () => {
  const conn = new FakeConn();
  const socket = new DenoUdpSocket(conn);
  socket.send(peer, Uint8Array.of(1));
  socket.send(peer, Uint8Array.of(2));
  await conn.settleSend(new Error("EPERM"));
  assert.deepEqual(conn.sent, [1, 2]);
  assert.equal(socket.dropped, 1);
});

test("DenoUdpSocket drops what exceeds its backlog of 1 MiB", () => {
  const socket = new DenoUdpSocket(new FakeConn());
  for (let i = 0; i < 21; i++) socket.send(peer, new Uint8Array(60_000));
  // The first one is on its way and no longer in the backlog.
  assert.equal(socket.dropped, 21 - 1 - Math.floor(2 ** 20 / 60_064));
});

test("DenoUdpSocket drops a datagram to anything but an IPv4 address and a port", () => {
  const conn = new FakeConn();
  const socket = new DenoUdpSocket(conn);
  const targets: readonly Endpoint[] = [
    { address: "camera.example", port: 1 },
    { address: "999.1.1.1", port: 1 },
    { address: "::1", port: 1 },
    { address: "127.0.0.1", port: 65_536 },
    { address: "127.0.0.1", port: -1 },
    { address: "127.0.0.1", port: 1.5 },
  ];
  for (const to of targets) socket.send(to, Uint8Array.of(1));
  assert.equal(socket.dropped, targets.length);
  assert.deepEqual(conn.sent, []);
});

test("DenoUdpSocket goes on receiving after errors", async () => {
  const conn = new FakeConn();
  const socket = new DenoUdpSocket(conn);
  const got: number[] = [];
  await new Promise<void>((resolve) => {
    socket.receive((from, bytes) => {
      assert.deepEqual(from, { address: "127.0.0.1", port: 5000 });
      if (got.push(...bytes) === 2) resolve();
    });
    conn.arrive(1, new Error("ECONNRESET"), new Error("ECONNRESET"), 2);
  });
  assert.deepEqual(got, [1, 2]);
  socket.close();
});

test("DenoUdpSocket sends what was sent before close(), and nothing after it", async () => {
  const conn = new FakeConn();
  const socket = new DenoUdpSocket(conn);
  socket.send(peer, Uint8Array.of(1));
  socket.send(peer, Uint8Array.of(2));
  socket.close();
  socket.close();
  socket.send(peer, Uint8Array.of(3));
  assert.equal(conn.closed, 0);
  await conn.settleSend();
  await conn.settleSend();
  assert.deepEqual(conn.sent, [1, 2]);
  assert.equal(conn.closed, 1);
  assert.equal(socket.dropped, 1);
});

test("DenoUdpSocket hands nothing over after close()", async () => {
  const conn = new FakeConn();
  const socket = new DenoUdpSocket(conn);
  const got: number[] = [];
  socket.receive((_from, bytes) => got.push(...bytes));
  conn.arrive(1);
  socket.close();
  await turn();
  assert.deepEqual(got, []);
  assert.equal(conn.closed, 1);
});
