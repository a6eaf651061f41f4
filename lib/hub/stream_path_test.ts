import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStreamPath } from "./stream_path.ts";

const OWN = { channel: 3, subtype: 1 };

const PATHS: readonly [string, readonly [number, number] | undefined][] = [
  ["/front", [3, 1]],
  ["/front/", [3, 1]],
  ["/FRONT?peek", [3, 1]],
  ["/front/main", [3, 0]],
  ["/front/sub", [3, 1]],
  ["/front/ch7", [7, 0]],
  ["/front/ch7/sub", [7, 1]],
  ["/front/ch0", undefined],
  ["/front/ch7/sub/x", undefined],
  ["/front/other", undefined],
  ["/front/constructor", undefined],
  ["/back", undefined],
  ["/", undefined],
];

for (const [path, expected] of PATHS) {
  test(`parseStreamPath() reads ${path}`, () => {
    const [channel, subtype] = expected ?? [];
    assert.deepEqual(
      parseStreamPath(path, "front", OWN),
      expected === undefined ? undefined : { channel, subtype },
    );
  });
}
