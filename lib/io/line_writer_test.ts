import { test } from "node:test";
import assert from "node:assert/strict";
import { LineWriter, type TextSink } from "./line_writer.ts";

class FakeSink implements TextSink {
  readonly written: string[] = [];
  #done: ((error?: Error | null) => void)[] = [];
  #onError: () => void = () => {};

  write(text: string, done: (error?: Error | null) => void): void {
    this.written.push(text);
    this.#done.push(done);
  }

  on(_event: "error", listener: () => void): void {
    this.#onError = listener;
  }

  settle(error?: Error): void {
    for (const done of this.#done.splice(0)) done(error);
    if (error !== undefined) this.#onError();
  }
}

test("LineWriter ends each line with a line feed", () => {
  const sink = new FakeSink();
  const writer = new LineWriter(sink);
  writer.writeLine("one");
  writer.writeLine("");
  assert.deepEqual(sink.written, ["one\n", "\n"]);
});

test("flush() resolves at once when nothing waits", async () => {
  await new LineWriter(new FakeSink()).flush();
});

test("flush() resolves when every line is written", async () => {
  const sink = new FakeSink();
  const writer = new LineWriter(sink);
  writer.writeLine("one");
  let flushed = false;
  const flush = writer.flush().then(() => flushed = true);
  await Promise.resolve();
  assert.equal(flushed, false);
  sink.settle();
  await flush;
});

test("flush() resolves when the reader went away", async () => {
  const sink = new FakeSink();
  const writer = new LineWriter(sink);
  writer.writeLine("one");
  const flush = writer.flush();
  sink.settle(new Error("EPIPE"));
  await flush;
});

test("LineWriter drops lines once its reader went away", () => {
  const sink = new FakeSink();
  const writer = new LineWriter(sink);
  writer.writeLine("one");
  sink.settle(new Error("EPIPE"));
  writer.writeLine("two");
  assert.deepEqual(sink.written, ["one\n"]);
  assert.ok(writer.closed);
  assert.equal(writer.dropped, 1);
});

test("LineWriter takes a sink that throws for one without a reader", async () => {
  const writer = new LineWriter({
    write: () => {
      throw new Error("ENOSPC");
    },
    on: () => {},
  });
  writer.writeLine("one");
  await writer.flush();
  assert.ok(writer.closed);
});

test("LineWriter drops what exceeds its backlog of a million characters", () => {
  const sink = new FakeSink();
  const writer = new LineWriter(sink);
  const line = "x".repeat(99_999);
  for (let i = 0; i < 12; i++) writer.writeLine(line);
  assert.equal(sink.written.length, 10);
  assert.equal(writer.dropped, 2);
  sink.settle();
  writer.writeLine(line);
  assert.equal(sink.written.length, 11);
  assert.ok(!writer.closed);
});
