import { test } from "node:test";
import assert from "node:assert/strict";
import type { Endpoint } from "../machine.ts";
import { type BunHandlers, type BunSocket, BunUdpSocket } from "./udp_bun.ts";

const peer: Endpoint = { address: "192.0.2.1", port: 8800 };

class FakeBunSocket implements BunSocket {
  readonly hostname = "127.0.0.1";
  readonly port = 5000;
  readonly sent: number[] = [];
  /** What the next sends do: `false` for no room, an error to throw; then all goes well. */
  outcomes: (false | Error)[] = [];
  full = false;
  closed = 0;

  send(bytes: Uint8Array): boolean {
    const outcome = this.outcomes.shift();
    if (outcome instanceof Error) throw outcome;
    if (outcome === false || this.full) return false;
    this.sent.push(...bytes);
    return true;
  }

  setBroadcast(): void {}

  close(): void {
    this.closed++;
  }
}

interface Rig {
  readonly bun: FakeBunSocket;
  readonly udp: BunUdpSocket;
  readonly arrive: (byte: number, length?: number) => void;
  readonly drain: () => void;
}

async function open(): Promise<Rig> {
  const bun = new FakeBunSocket();
  const made: BunHandlers[] = [];
  const udp = await BunUdpSocket.open((handlers) => {
    made.push(handlers);
    return Promise.resolve(bun);
  });
  const handlers = made[0];
  assert.ok(handlers !== undefined);
  return {
    bun,
    udp,
    arrive: (byte, length = 1) => {
      handlers.data(bun, new Uint8Array(length).fill(byte), peer.port, peer.address);
    },
    drain: () => handlers.drain(bun),
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

test("BunUdpSocket sends again when an ICMP error of another datagram got in the way", async () => {
  const { bun, udp } = await open();
  bun.outcomes = [new Error("ECONNREFUSED")];
  udp.send(peer, Uint8Array.of(1));
  assert.deepEqual(bun.sent, [1]);
  assert.equal(udp.dropped, 0);
});

test("BunUdpSocket counts a datagram the system refused", async () => {
  const { bun, udp } = await open();
  bun.outcomes = [new Error("EMSGSIZE"), new Error("EMSGSIZE")];
  udp.send(peer, Uint8Array.of(1));
  udp.send(peer, Uint8Array.of(2));
  assert.deepEqual(bun.sent, [2]);
  assert.equal(udp.dropped, 1);
});

test("BunUdpSocket keeps datagrams the system has no room for, in order", async () => {
  const { bun, udp, drain } = await open();
  bun.outcomes = [false];
  for (const byte of [1, 2, 3]) udp.send(peer, Uint8Array.of(byte));
  assert.deepEqual(bun.sent, []);
  bun.outcomes = [new Error("EPERM"), new Error("EPERM")];
  drain();
  assert.deepEqual(bun.sent, [2, 3]);
  assert.equal(udp.dropped, 1);
});

test("BunUdpSocket drops what exceeds its backlog of 1 MiB", async () => {
  const { bun, udp } = await open();
  bun.full = true;
  for (let i = 0; i < 20; i++) udp.send(peer, new Uint8Array(60_000));
  assert.equal(udp.dropped, 20 - Math.floor(2 ** 20 / 60_064));
});

test("BunUdpSocket leaves what exceeds one turn of the event loop for the next", async () => {
  const { udp, arrive } = await open();
  const got: number[] = [];
  udp.receive((from, bytes) => {
    assert.deepEqual(from, peer);
    got.push(...bytes);
  });
  const sent = Array.from({ length: 200 }, (_, i) => i);
  for (const byte of sent) arrive(byte);
  assert.equal(got.length, 128);
  await turn();
  assert.deepEqual(got, sent);
});

test("BunUdpSocket drops what exceeds the 1 MiB that may wait for the next turn", async () => {
  const { udp, arrive } = await open();
  let got = 0;
  udp.receive(() => got++);
  for (let i = 0; i < 128 + 20; i++) arrive(i, 60_000);
  await turn();
  const waiting = Math.floor(2 ** 20 / 60_064);
  assert.equal(got, 128 + waiting);
  assert.equal(udp.dropped, 20 - waiting);
});

test("BunUdpSocket closes once, and then neither sends nor hands over", async () => {
  const { bun, udp, arrive } = await open();
  let got = 0;
  udp.receive(() => got++);
  for (let i = 0; i < 130; i++) arrive(i);
  udp.close();
  udp.close();
  udp.send(peer, Uint8Array.of(1));
  await turn();
  assert.equal(got, 128);
  assert.equal(bun.closed, 1);
  assert.deepEqual(bun.sent, []);
  assert.equal(udp.dropped, 1);
});
