import assert from "node:assert/strict";
import { test } from "node:test";
import { earliest, Timers } from "./timers.ts";

test("earliest() takes undefined for never", () => {
  assert.equal(earliest(undefined, 3, 2, undefined), 2);
  assert.equal(earliest(undefined), undefined);
  assert.equal(earliest(), undefined);
});

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

test("Timers.takeDue() gives what is set and due while it is being taken", () => {
  const timers = new Timers<"a" | "b" | "c">();
  timers.set("a", 10);
  timers.set("b", 20);
  const taken: string[] = [];
  for (const name of timers.takeDue(25)) {
    taken.push(name);
    if (name !== "a") continue;
    timers.set("c", 15);
    timers.clear("b");
  }
  assert.deepEqual(taken, ["a", "c"]);
  assert.equal(timers.next(), undefined);
});
