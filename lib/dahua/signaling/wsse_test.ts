import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "../../bytes/decode_error.ts";
import {
  DEFAULT_ACCOUNT,
  formatCreated,
  LEGACY_ACCOUNT,
  makeWsse,
  nonceFrom,
  parseWsse,
  verifyWsse,
  wsseDigest,
  wsseHeaders,
} from "./wsse.ts";

/** Checked against captures. */
const VECTORS = [
  {
    account: LEGACY_ACCOUNT,
    nonce: 1390900817,
    created: "2023-12-16T17:52:05Z",
    digest: "UbOt/zqNAoDhkxOmhiK/H84YaSc=",
  },
  {
    account: DEFAULT_ACCOUNT,
    nonce: 1208787743,
    created: "2025-02-12T16:12:54Z",
    digest: "RJk2jM0LWTrQxx6FnKgLnCNJAOs=",
  },
];

test("wsseDigest() gives the digests of captures", () => {
  for (const { account, nonce, created, digest } of VECTORS) {
    assert.equal(wsseDigest(account, String(nonce), created), digest);
  }
});

test("wsseHeaders() writes a token that parseWsse() reads and verifyWsse() accepts", () => {
  for (const { account, nonce, created, digest } of VECTORS) {
    const token = makeWsse(account, nonce, Date.parse(created));
    const headers = new Map(wsseHeaders(token));
    assert.equal(headers.get("Authorization"), 'WSSE profile="UsernameToken"');
    const read = parseWsse(headers.get("X-WSSE") ?? "");
    assert.deepEqual(read, { user: account.user, digest, nonce: String(nonce), created });
    assert.ok(verifyWsse(read, account));
  }
});

test("verifyWsse() refuses another account, nonce or time", () => {
  const token = makeWsse(DEFAULT_ACCOUNT, 7, 0);
  assert.equal(verifyWsse(token, LEGACY_ACCOUNT), false);
  assert.equal(verifyWsse(token, { ...DEFAULT_ACCOUNT, key: "x" }), false);
  assert.equal(verifyWsse({ ...token, nonce: "8" }, DEFAULT_ACCOUNT), false);
  assert.equal(verifyWsse({ ...token, created: "2025-02-12T16:12:54Z" }, DEFAULT_ACCOUNT), false);
});

test("parseWsse() refuses a header without one of its fields", () => {
  const [, header] = wsseHeaders(makeWsse(DEFAULT_ACCOUNT, 7, 0));
  const value = header?.[1] ?? "";
  for (const name of ["Username", "PasswordDigest", "Nonce", "Created"]) {
    assert.throws(() => parseWsse(value.replace(`${name}=`, "Other=")), DecodeError);
  }
  assert.throws(() => parseWsse(""), DecodeError);
});

test("formatCreated() gives UTC with whole seconds", () => {
  assert.equal(formatCreated(1_739_376_774_999), "2025-02-12T16:12:54Z");
});

test("nonceFrom() gives a number below 2³¹", () => {
  assert.equal(nonceFrom(Uint8Array.of(0xff, 0xff, 0xff, 0xff)), 2 ** 31 - 1);
  assert.equal(nonceFrom(new Uint8Array(4)), 0);
});
