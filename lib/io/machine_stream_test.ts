import assert from "node:assert/strict";
import { test } from "node:test";
import { settled, VirtualClock } from "../../tests/support/virtual_clock.ts";
import { MachineStream, MachineStreamError, type StreamCalls } from "./machine_stream.ts";

/** A machine's stream with room for `room` bytes. */
class FakeCalls implements StreamCalls {
  readonly written: Uint8Array[] = [];
  readonly incoming: Uint8Array[] = [];
  room = 100;
  closed = 0;

  space(): number {
    return this.room;
  }

  write(bytes: Uint8Array): void {
    assert.ok(bytes.byteLength <= this.room, "no more than there is room for");
    this.room -= bytes.byteLength;
    this.written.push(bytes);
  }

  read(): Uint8Array | undefined {
    return this.incoming.shift();
  }

  close(): void {
    this.closed += 1;
  }
}

function setUp(answerGrace?: number) {
  const clock = new VirtualClock();
  const calls = new FakeCalls();
  const options = answerGrace === undefined ? {} : { answerGrace };
  return { clock, calls, stream: new MachineStream(clock, 80, calls, options) };
}

test("MachineStream.read() waits for bytes and gives what has gathered in one piece", async () => {
  const { calls, stream } = setUp();
  const reading = stream.read();
  await settled();
  calls.incoming.push(Uint8Array.of(1), Uint8Array.of(2, 3));
  stream.wake();
  assert.deepEqual(await reading, Uint8Array.of(1, 2, 3));
});

test("MachineStream.write() waits for room and copies what the machine keeps", async () => {
  const { calls, stream } = setUp();
  const bytes = new Uint8Array(250).fill(7);
  let done = false;
  const writing = stream.write(bytes).then(() => done = true);
  for (const left of [2, 1, 0]) {
    await settled();
    assert.equal(calls.written.length, 3 - left);
    if (left === 0) break;
    assert.equal(done, false);
    calls.room = 100;
    stream.wake();
  }
  await writing;
  bytes.fill(0);
  assert.ok(calls.written.every((piece) => piece.every((byte) => byte === 7)));
});

test("MachineStream.read() ends after a goodbye, once everything was read", async () => {
  const { calls, stream } = setUp();
  calls.incoming.push(Uint8Array.of(1));
  stream.finish("peer", "goodbye");
  assert.deepEqual(await stream.read(), Uint8Array.of(1));
  assert.equal(await stream.read(), undefined);
});

test("MachineStream.read() and write() reject when the stream broke, with the reason", async () => {
  const { calls, stream } = setUp();
  calls.room = 0;
  const waiting = [stream.read(), stream.write(Uint8Array.of(1))];
  stream.finish("timeout", "silence");
  for (const one of waiting) {
    await assert.rejects(one, (error) => {
      return error instanceof MachineStreamError && error.reason === "timeout";
    });
  }
  await stream.broken;
});

test("MachineStream.end() closes after a second without an answer, counted from the last one", async () => {
  const { clock, calls, stream } = setUp();
  await stream.end();
  clock.pass(900);
  calls.incoming.push(Uint8Array.of(1));
  await stream.read();
  clock.pass(900);
  assert.equal(calls.closed, 0);
  clock.pass(200);
  assert.equal(calls.closed, 1);
  assert.equal(clock.timers, 0);
});

test("MachineStream.end() closes at once where no answer is waited for", async () => {
  const { calls, stream } = setUp(0);
  await stream.end();
  assert.equal(calls.closed, 1);
});

test("MachineStream.abort() closes once, however often it is called", () => {
  const { calls, stream } = setUp();
  stream.abort();
  stream.abort();
  assert.equal(calls.closed, 1);
  assert.equal(stream.failure?.reason, "local");
});
