import { test } from "node:test";
import assert from "node:assert/strict";
import { fromHex } from "../bytes/bytes.ts";
import { FileError } from "./errors.ts";
import { readText } from "./text_file.ts";

async function* chunks(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await Promise.resolve(fromHex(part));
}

async function codeOfFailure(promise: Promise<string>): Promise<string> {
  const error = await promise.then(() => undefined, (reason: unknown) => reason);
  assert.ok(error instanceof FileError);
  return `${error.code}: ${error.message}`;
}

test("readText() joins chunks, also inside of a character", async () => {
  assert.equal(await readText("x", chunks("61 c3", "", "a9 62"), 100), "aéb");
  assert.equal(await readText("x", chunks(), 100), "");
});

test("readText() leaves out a byte order mark", async () => {
  assert.equal(await readText("x", chunks("efbbbf 61"), 100), "a");
});

test("readText() takes as many bytes as allowed and not one more", async () => {
  assert.equal(await readText("x", chunks("6161", "6161"), 4), "aaaa");
  assert.equal(
    await codeOfFailure(readText(`"big.yaml"`, chunks("6161", "616161"), 4)),
    `too-large: Cannot read "big.yaml" as it must have at most 4 bytes`,
  );
});

test("readText() reads no further than it has to", async () => {
  let yielded = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;; yielded++) yield await Promise.resolve(new Uint8Array(10));
  }
  await codeOfFailure(readText("x", endless(), 35));
  assert.equal(yielded, 3);
});

test("readText() rejects bytes that are no UTF-8", async () => {
  assert.equal(
    await codeOfFailure(readText("standard input", chunks("61 ff"), 100)),
    "not-text: Cannot read standard input as it must be UTF-8 text",
  );
});

test("readText() says why it cannot be read", async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(new Uint8Array(1));
    throw Object.assign(new Error("read"), { code: "EACCES" });
  }
  assert.equal(
    await codeOfFailure(readText(`"secret"`, broken(), 100)),
    `denied: Cannot read "secret" as permission is denied`,
  );
});
