import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStreams } from "../../tests/support/memory_stream.ts";
import { pipe } from "./pipe.ts";

test("pipe() moves bytes both ways and counts them", async () => {
  const [viewer, a] = memoryStreams();
  const [b, device] = memoryStreams();
  const done = pipe(a, b);
  await viewer.write(new Uint8Array(10));
  await device.write(new Uint8Array(20));
  assert.equal((await device.read())?.byteLength, 10);
  assert.equal((await viewer.read())?.byteLength, 20);
  await viewer.end();
  await device.end();
  assert.deepEqual(await done, { forth: 10, back: 20 });
});

test("pipe() passes the end of one direction on and keeps the other going", async () => {
  const [viewer, a] = memoryStreams();
  const [b, device] = memoryStreams();
  const done = pipe(a, b);
  await viewer.end();
  assert.equal(await device.read(), undefined);
  await device.write(new Uint8Array(5));
  await device.end();
  assert.equal((await viewer.read())?.byteLength, 5);
  assert.equal(await viewer.read(), undefined);
  await done;
});

test("pipe() drops the other stream when one breaks", async () => {
  const [viewer, a] = memoryStreams();
  const [b, device] = memoryStreams();
  const done = pipe(a, b);
  viewer.abort();
  await done;
  await assert.rejects(device.read());
});

test("pipe() reads no faster than the other side takes", async () => {
  const [viewer, a] = memoryStreams(100);
  const [b, device] = memoryStreams(100);
  void pipe(a, b);
  let written = 0;
  const writing = (async () => {
    for (; written < 50; written++) await viewer.write(new Uint8Array(50));
  })().catch(() => {});
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
  assert.ok(written < 10, `took ${written} pieces for a reader that reads nothing`);
  device.abort();
  await writing;
});
