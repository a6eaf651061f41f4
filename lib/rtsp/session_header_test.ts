import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSessionHeader } from "./session_header.ts";

const SESSIONS = [
  { value: "1234;timeout=30", id: "1234", timeout: 30_000 },
  { value: " 1234 ; Timeout = 30 ", id: "1234", timeout: 30_000 },
  { value: "1234", id: "1234", timeout: undefined },
  { value: "1234;timeout=0", id: "1234", timeout: undefined },
  { value: "1234;timeout=x;other", id: "1234", timeout: undefined },
  { value: "1234;timeout=1", id: "1234", timeout: 5_000 },
  { value: "1234;timeout=999999999", id: "1234", timeout: 3_600_000 },
];

for (const { value, ...header } of SESSIONS) {
  test(`parseSessionHeader() reads ${JSON.stringify(value)}`, () => {
    assert.deepEqual(parseSessionHeader(value), header);
  });
}

test("parseSessionHeader() wants an id", () => {
  assert.equal(parseSessionHeader(";timeout=30"), undefined);
});
