import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStreams } from "../../tests/support/memory_stream.ts";
import { settled, VirtualClock } from "../../tests/support/virtual_clock.ts";
import { type StreamEnd, StreamPipe } from "./stream_pipe.ts";

/** A simulated end with room for `room` bytes. */
class FakeEnd implements StreamEnd {
  readonly written: Uint8Array[] = [];
  readonly incoming: Uint8Array[] = [];
  room: number;
  closed = false;

  constructor(room: number) {
    this.room = room;
  }

  space(): number {
    return this.room;
  }

  write(bytes: Uint8Array): void {
    assert.ok(bytes.byteLength <= this.room);
    this.room -= bytes.byteLength;
    this.written.push(bytes);
  }

  read(): Uint8Array | undefined {
    return this.incoming.shift();
  }

  close(): void {
    this.closed = true;
  }
}

function setUp(room = 1_000) {
  const [server, tcp] = memoryStreams(100);
  const clock = new VirtualClock();
  const end = new FakeEnd(room);
  const pipe = new StreamPipe(tcp, end, clock);
  const done = pipe.run();
  return { server, tcp, clock, end, pipe, done };
}

test("StreamPipe moves bytes both ways", async () => {
  const { server, end, pipe, done } = setUp();
  await server.write(Uint8Array.of(1, 2, 3));
  end.incoming.push(Uint8Array.of(4, 5));
  pipe.resume();
  await settled();
  assert.deepEqual(end.written, [Uint8Array.of(1, 2, 3)]);
  assert.deepEqual(server.take(), Uint8Array.of(4, 5));
  pipe.abort();
  await done;
});

test("StreamPipe takes no more from the server than the simulated end has room for", async () => {
  const { server, end, pipe, done } = setUp(150);
  let taken = 0;
  const writing = (async () => {
    for (; taken < 10; taken++) await server.write(new Uint8Array(100));
  })().catch(() => {});
  await settled();
  assert.equal(end.written.reduce((sum, { byteLength }) => sum + byteLength, 0), 150);
  const before = taken;
  await settled();
  assert.equal(taken, before);
  end.room = 500;
  pipe.resume();
  await settled();
  assert.equal(end.written.reduce((sum, { byteLength }) => sum + byteLength, 0), 650);
  pipe.abort();
  await Promise.all([done, writing]);
});

test("StreamPipe takes no more from the simulated end than the server reads", async () => {
  const { server, end, pipe, done } = setUp();
  for (let i = 0; i < 10; i++) end.incoming.push(new Uint8Array(60));
  pipe.resume();
  await settled();
  assert.ok(end.incoming.length >= 7, `${end.incoming.length} left`);
  for (let i = 0; i < 10; i++) {
    server.take();
    await settled();
  }
  assert.equal(end.incoming.length, 0);
  pipe.abort();
  await done;
});

test("StreamPipe closes the simulated end when the server has ended", async () => {
  const { server, end, pipe, done } = setUp();
  await server.write(Uint8Array.of(1));
  await server.end();
  await settled();
  assert.deepEqual(end.written, [Uint8Array.of(1)]);
  assert.equal(end.closed, true);
  pipe.end();
  await done;
});

test("StreamPipe ends the server's connection when the simulated end is gone", async () => {
  const { server, clock, pipe, done } = setUp();
  pipe.end();
  assert.equal(await server.read(), undefined);
  await server.end();
  await done;
  assert.equal(clock.timers, 0);
});

test("StreamPipe drops a server that does not end in turn", async () => {
  const { server, clock, pipe, done } = setUp();
  pipe.end();
  await settled();
  clock.pass(2_000);
  await done;
  await assert.rejects(server.write(Uint8Array.of(1)));
});
