import assert from "node:assert/strict";
import { test } from "node:test";
import { EventParser } from "./sse.js";

test("EventParser gives events once they are whole, however they are cut", () => {
  const text =
    'retry: 2000\n\nid: 7\nevent: state\ndata: {"a":1}\n\n: still here\n\nid: 8\ndata: x\ndata: y\n\n';
  const whole = [{ type: "state", data: '{"a":1}' }, { type: "message", data: "x\ny" }];
  for (const size of [1, 2, 7, text.length]) {
    const parser = new EventParser();
    const events = [];
    for (let at = 0; at < text.length; at += size) {
      events.push(...parser.push(text.slice(at, at + size)));
    }
    assert.deepEqual(events, whole);
    assert.equal(parser.lastId, "8");
  }
});

test("EventParser.lastId is not that of an event that is still to come", () => {
  const parser = new EventParser();
  parser.push("id: 7\ndata: x\n\nid: 8\ndata: y\n");
  assert.equal(parser.lastId, "7");
  parser.push("\n: still here\n\n");
  assert.equal(parser.lastId, "8");
});

test("EventParser takes lines that end as on Windows, and fields without a value", () => {
  assert.deepEqual(new EventParser().push("event:a\r\ndata\r\n\r\n"), [{ type: "a", data: "" }]);
});
