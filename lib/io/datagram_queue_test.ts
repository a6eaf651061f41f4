import { test } from "node:test";
import assert from "node:assert/strict";
import { DatagramQueue } from "./datagram_queue.ts";

const peer = { address: "192.0.2.1", port: 8800 };

test("DatagramQueue gives datagrams back in order", () => {
  const queue = new DatagramQueue(1000);
  const datagrams = [1, 2, 3].map((byte) => ({ peer, bytes: Uint8Array.of(byte) }));
  for (const datagram of datagrams) assert.ok(queue.push(datagram));
  assert.equal(queue.peek(), datagrams[0]);
  assert.deepEqual([queue.shift(), queue.shift(), queue.shift(), queue.shift()], [
    ...datagrams,
    undefined,
  ]);
});

test("DatagramQueue refuses what does not fit, and takes more when there is room again", () => {
  const queue = new DatagramQueue(1000);
  assert.ok(queue.push({ peer, bytes: new Uint8Array(800) }));
  assert.ok(!queue.push({ peer, bytes: new Uint8Array(100) }));
  queue.shift();
  assert.ok(queue.push({ peer, bytes: new Uint8Array(936) }));
  assert.equal(queue.length, 1);
});

test("DatagramQueue is filled by empty datagrams, too", () => {
  const queue = new DatagramQueue(6400);
  let taken = 0;
  while (queue.push({ peer, bytes: new Uint8Array(0) })) taken++;
  assert.equal(taken, 100);
});

test("DatagramQueue has room again after clear()", () => {
  const queue = new DatagramQueue(1000);
  queue.push({ peer, bytes: new Uint8Array(900) });
  queue.clear();
  assert.equal(queue.length, 0);
  assert.ok(queue.push({ peer, bytes: new Uint8Array(900) }));
});
