import assert from "node:assert/strict";
import { test } from "node:test";
import { Timers } from "./timers.ts";

test("Timers.next() is the earliest instant set", () => {
  const timers = new Timers<"a" | "b">();
  assert.equal(timers.next(), undefined);
  timers.set("a", 20);
  timers.set("b", 10);
  assert.equal(timers.next(), 10);
  timers.clear("b");
  assert.equal(timers.next(), 20);
});

test("Timers.takeDue() gives due timers once, earliest first", () => {
  const timers = new Timers<"a" | "b" | "c">();
  timers.set("a", 20);
  timers.set("b", 10);
  timers.set("c", 30);
  assert.deepEqual([...timers.takeDue(25)], ["b", "a"]);
  assert.deepEqual([...timers.takeDue(25)], []);
  assert.equal(timers.next(), 30);
});
