import { test } from "node:test";
import assert from "node:assert/strict";
import { systemEntropy } from "./entropy.ts";

test("systemEntropy() returns as many bytes as asked for", () => {
  for (const length of [0, 1, 16, 65_536, 65_537, 200_000]) {
    assert.equal(systemEntropy(length).byteLength, length);
  }
});

test("systemEntropy() fills all of a long answer, and never the same twice", () => {
  const [first, second] = [systemEntropy(200_000), systemEntropy(200_000)];
  for (let at = 0; at < first.byteLength; at += 20_000) {
    assert.notDeepEqual(first.subarray(at, at + 32), new Uint8Array(32));
    assert.notDeepEqual(first.subarray(at, at + 32), second.subarray(at, at + 32));
  }
});
