import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHubPath, parseHubPath } from "./hub_path.ts";

test("parseHubPath() takes name, stream and peek apart", () => {
  assert.deepEqual(parseHubPath("/front"), { name: "front", words: [], peek: false });
  assert.deepEqual(parseHubPath("/Yard/ch2/sub?peek"), {
    name: "Yard",
    words: ["ch2", "sub"],
    peek: true,
  });
  assert.equal(parseHubPath("/front/?transport=tcp&peek=1")?.peek, true);
  assert.equal(parseHubPath("/front?peeking")?.peek, false);
});

test("parseHubPath() sees no camera in a path without name", () => {
  for (const path of ["/", "", "//front", "?peek", "front"]) {
    assert.equal(parseHubPath(path), undefined, path);
  }
});

test("formatHubPath() is what parseHubPath() reads", () => {
  for (const stream of ["", "sub", "ch2/sub"]) {
    const parsed = parseHubPath(formatHubPath("front", stream));
    assert.equal(parsed?.name, "front");
    assert.equal(parsed.words.join("/"), stream);
  }
});
