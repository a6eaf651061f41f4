import assert from "node:assert/strict";
import { test } from "node:test";
import { readEvents, type ServerEvent } from "./event_reader.ts";

async function read(text: string, size: number): Promise<readonly ServerEvent[]> {
  const bytes = new TextEncoder().encode(text);
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) {
      yield bytes.subarray(at, at + size);
      await Promise.resolve();
    }
  }
  const events: ServerEvent[] = [];
  for await (const event of readEvents(chunks())) events.push(event);
  return events;
}

const STREAM = 'retry: 2000\n\n: still here\n\nid: 7\nevent: state\ndata: {"a":"ü"}\n\n' +
  "data: one\r\ndata: two\r\n\r\nid: x\ndata\n\nevent: cut\ndata: off";

test("readEvents() reads events however their bytes are cut, and leaves comments out", async () => {
  for (const size of [1, 2, 3, 1_000]) {
    assert.deepEqual(await read(STREAM, size), [
      { id: 7, type: "state", data: '{"a":"ü"}' },
      { id: undefined, type: "message", data: "one\ntwo" },
      { id: undefined, type: "message", data: "" },
    ]);
  }
});

test("readEvents() gives up on a line without an end", async () => {
  await assert.rejects(read("x".repeat(1 << 21), 65_536), RangeError);
});
