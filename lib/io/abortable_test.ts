import { test } from "node:test";
import assert from "node:assert/strict";
import { abortable } from "./abortable.ts";

const aborted = () => new Error("called off");

test("abortable() settles as its promise does", async () => {
  const { signal } = new AbortController();
  assert.equal(await abortable(Promise.resolve(1), signal, aborted), 1);
  await assert.rejects(abortable(Promise.reject(new Error("no")), signal, aborted), /no/);
});

test("abortable() rejects when its signal fires first", async () => {
  const controller = new AbortController();
  const promise = abortable(new Promise(() => {}), controller.signal, aborted);
  controller.abort();
  await assert.rejects(promise, /called off/);
});

test("abortable() rejects when its signal has fired before", async () => {
  await assert.rejects(abortable(Promise.resolve(1), AbortSignal.abort(), aborted), /called off/);
});
