import assert from "node:assert/strict";
import { test } from "node:test";
import { formatReolinkStream, parseReolinkStream } from "./stream.ts";

test("parseReolinkStream() knows the camera's own stream and the three by their names", () => {
  const own = { stream: "sub" } as const;
  assert.equal(parseReolinkStream([], own), "sub");
  for (const kind of ["main", "sub", "extern"] as const) {
    assert.equal(parseReolinkStream([kind], own), kind);
  }
  for (const words of [["third"], ["main", "sub"], ["toString"], ["__proto__"], [""]]) {
    assert.equal(parseReolinkStream(words, own), undefined, words.join("/"));
  }
});

test("formatReolinkStream() gives each stream one name", () => {
  assert.equal(formatReolinkStream("sub", { stream: "sub" }), "");
  assert.equal(formatReolinkStream("main", { stream: "sub" }), "main");
});
