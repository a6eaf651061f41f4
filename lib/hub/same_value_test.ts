import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCameraAddress } from "../config/camera_address.ts";
import { sameValue } from "./same_value.ts";

const ADDRESS = "dahua://admin:one@4K0123PAZ00001?server=127.0.0.1:8800";

test("sameValue() compares all the way down, what a secret hides too", () => {
  assert.ok(sameValue(parseCameraAddress(ADDRESS), parseCameraAddress(ADDRESS)));
  const others = ["one", "two"].map((word) => ADDRESS.replace("one", word));
  assert.equal(sameValue(...others.map(parseCameraAddress) as [unknown, unknown]), false);
  assert.equal(
    sameValue(parseCameraAddress(ADDRESS), parseCameraAddress(`${ADDRESS}&way=lan`)),
    false,
  );
});

test("sameValue() tells what is missing from what is undefined only where it matters", () => {
  assert.ok(sameValue({ a: undefined }, {}));
  assert.equal(sameValue({ a: 0 }, {}), false);
  assert.equal(sameValue([1, 2], [1]), false);
  assert.equal(sameValue([], {}), false);
  assert.equal(sameValue(null, {}), false);
});
