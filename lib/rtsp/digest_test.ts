import assert from "node:assert/strict";
import { test } from "node:test";
import { DIGEST_VECTORS } from "./auth_vectors.ts";
import { digestAlgorithm, digestResponse } from "./digest.ts";

for (const { name, input, response } of DIGEST_VECTORS) {
  test(`digestResponse() agrees with ${name}`, () => {
    assert.equal(digestResponse(input), response);
  });
}

test("digestAlgorithm() takes MD5 where none is named, and knows no others than its own", () => {
  const names = [undefined, "", "md5", "SHA-256", "MD5-sess", "SHA-512-256"];
  const algorithms = ["MD5", "MD5", "MD5", "SHA-256", undefined, undefined];
  assert.deepEqual(names.map(digestAlgorithm), algorithms);
});
