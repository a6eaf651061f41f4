import assert from "node:assert/strict";
import { test } from "node:test";
import { OutputQueue } from "./output_queue.ts";

test("OutputQueue gives responses first, each kind in order", () => {
  const queue = new OutputQueue();
  queue.pushMedia(Uint8Array.of(1));
  queue.pushResponse(Uint8Array.of(2));
  queue.pushMedia(Uint8Array.of(3));
  queue.pushResponse(Uint8Array.of(4));
  assert.deepEqual([1, 2, 3, 4, 5].map(() => queue.shift()?.[0]), [2, 4, 1, 3, undefined]);
});

test("OutputQueue counts what waits of each kind", () => {
  const queue = new OutputQueue();
  queue.pushMedia(new Uint8Array(10));
  queue.pushMedia(new Uint8Array(5));
  queue.pushResponse(new Uint8Array(3));
  assert.deepEqual([queue.responseBytes, queue.mediaBytes], [3, 15]);
  queue.shift();
  queue.shift();
  assert.deepEqual([queue.responseBytes, queue.mediaBytes], [0, 5]);
  queue.clearMedia();
  assert.deepEqual([queue.shift(), queue.mediaBytes], [undefined, 0]);
});
