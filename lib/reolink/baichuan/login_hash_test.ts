import assert from "node:assert/strict";
import { test } from "node:test";
import { isLoginHash, loginHash, sessionKey } from "./login_hash.ts";

const VECTORS = [
  { nonce: "9E6D1FCB9E69846D", secret: "admin", hash: "9F07915E819A076E2E14169830769D6" },
  { nonce: "9E6D1FCB9E69846D", secret: "", hash: "8EFECD610524A98390F118D2789BE3B" },
  { nonce: "9E6D1FCB9E69846D", secret: "hunter2", hash: "33E80EF5686450922D3D8E489CEA908" },
  { nonce: "0-AhnEZyUg6eKrJFIWgXPF", secret: "admin", hash: "8E715AAD1306AFDF9478D74D9128D83" },
];

test("loginHash() gives 31 digits of the MD5 of secret and nonce", () => {
  for (const { nonce, secret, hash } of VECTORS) assert.equal(loginHash(secret, nonce), hash);
});

test("isLoginHash() takes the right hash only", () => {
  for (const { nonce, secret, hash } of VECTORS) {
    assert.ok(isLoginHash(hash, secret, nonce));
    for (const wrong of ["", hash.slice(1), `${hash}0`, hash.toLowerCase(), `0${hash.slice(1)}`]) {
      assert.ok(!isLoginHash(wrong, secret, nonce), wrong);
    }
  }
});

test("sessionKey() gives the first half of the MD5 in hex as bytes", () => {
  const key = sessionKey("9E6D1FCB9E69846D", "hunter2");
  assert.equal(new TextDecoder().decode(key), "B70F140FC5987E2F");
});
