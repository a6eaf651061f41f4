import { test } from "node:test";
import assert from "node:assert/strict";
import { checkListenEndpoint, ListenError, listenError, reasonOf } from "./errors.ts";

function systemError(code: string): Error {
  return Object.assign(new Error(`listen ${code}`), { code });
}

test("listenError() says what was wanted and why it cannot be, and keeps the cause", () => {
  const cause = systemError("EADDRINUSE");
  const error = listenError("TCP", { address: "127.0.0.1", port: 8554 }, cause);
  assert.equal(error.code, "in-use");
  assert.equal(error.name, "ListenError");
  assert.equal(error.message, "Cannot listen on TCP 127.0.0.1:8554 as the port is already in use");
  assert.equal(error.cause, cause);
});

test("reasonOf() puts codes of the operating system into one word", () => {
  const words = {
    EADDRINUSE: "in-use",
    EADDRNOTAVAIL: "not-available",
    EACCES: "denied",
    ECONNREFUSED: "refused",
    EHOSTUNREACH: "unreachable",
    ETIMEDOUT: "timed-out",
    ECONNRESET: "reset",
    EMFILE: "exhausted",
    ENOENT: "not-found",
    EWHATEVER: "failed",
  };
  for (const [code, word] of Object.entries(words)) {
    assert.equal(reasonOf(systemError(code))[0], word, code);
  }
});

test("reasonOf() repeats the text of an error it does not know", () => {
  assert.deepEqual(reasonOf(new Error("odd")), ["failed", "odd"]);
  assert.deepEqual(reasonOf("thrown text"), ["failed", "thrown text"]);
});

test("checkListenEndpoint() accepts IPv4 addresses with a port, also 0", () => {
  checkListenEndpoint("UDP", { address: "0.0.0.0", port: 0 });
  checkListenEndpoint("UDP", { address: "127.0.0.1", port: 65_535 });
});

test("checkListenEndpoint() rejects what is no IPv4 address with a port", () => {
  const bad = [
    { address: "localhost", port: 80 },
    { address: "::1", port: 80 },
    { address: "256.0.0.1", port: 80 },
    { address: "127.0.0.1", port: -1 },
    { address: "127.0.0.1", port: 65_536 },
    { address: "127.0.0.1", port: Number.NaN },
  ];
  for (const at of bad) {
    assert.throws(
      () => checkListenEndpoint("TCP", at),
      (error) => error instanceof ListenError && error.code === "bad-address",
    );
  }
});
