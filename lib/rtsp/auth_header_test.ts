import assert from "node:assert/strict";
import { test } from "node:test";
import { AUTH_LIMITS, formatAuth, parseAuthorization, parseChallenges } from "./auth_header.ts";
import { CHALLENGE_VECTORS } from "./auth_vectors.ts";

for (const { name, text, challenges } of CHALLENGE_VECTORS) {
  test(`parseChallenges() reads ${name}`, () => {
    const read = parseChallenges(text).map(({ scheme, parameters }) => {
      return { scheme, parameters: Object.fromEntries(parameters) };
    });
    assert.deepEqual(read, challenges);
  });
}

test("parseChallenges() looks at no more than its limits", () => {
  const { challenges, parameters } = AUTH_LIMITS;
  assert.equal(parseChallenges("Basic, ".repeat(challenges + 1)).length, challenges);
  const many = Array.from({ length: parameters + 1 }, (_, i) => `p${i}=1`).join(",");
  assert.equal(parseChallenges(`Digest ${many}`)[0]?.parameters.size, parameters);
});

test("parseAuthorization() tells one word from parameters", () => {
  assert.equal(parseAuthorization(" basic  YTpi== ").word, "YTpi==");
  const digest = parseAuthorization('Digest username="a", uri="b"');
  assert.deepEqual([digest.scheme, digest.parameters.get("uri")], ["digest", "b"]);
  assert.equal(parseAuthorization("").scheme, "");
});

test("formatAuth() escapes quotes, and parseChallenges() reads them back", () => {
  const text = formatAuth("Digest", { realm: 'a"b\\c' }, { stale: "true" });
  assert.equal(text, String.raw`Digest realm="a\"b\\c", stale=true`);
  assert.equal(parseChallenges(text)[0]?.parameters.get("realm"), 'a"b\\c');
});
