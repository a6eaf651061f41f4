import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "../../bytes/decode_error.ts";
import type { Endpoint } from "../../machine.ts";
import {
  BINDING_REQUEST,
  BINDING_SUCCESS,
  decodeStun,
  encodeStun,
  invert,
} from "../../stun/message.ts";
import { Rng } from "../rng.ts";
import { MAX_NEGOTIATIONS, Negotiations } from "./negotiation.ts";

const CLIENT: Endpoint = { address: "127.0.0.1", port: 5000 };

function identify(n: number): Uint8Array {
  return new Uint8Array(8).fill(n);
}

function punch(n: number): Uint8Array {
  return invert(encodeStun({
    type: BINDING_REQUEST,
    transactionId: new Uint8Array(16),
    attributes: [{ type: "ice-controlling", tieBreaker: identify(n) }],
  }));
}

test("Negotiations.handle() throws DecodeError for a punch of a channel it does not know", () => {
  const negotiations = new Negotiations(new Rng(1).entropy);
  assert.throws(() => negotiations.handle(0, CLIENT, punch(1)), DecodeError);
  negotiations.expect(identify(1));
  assert.equal(negotiations.handle(0, CLIENT, punch(1)).replies.length, 1);
});

/** The client's answer to a check of the device. */
function success(check: Uint8Array): Uint8Array {
  const { transactionId } = decodeStun(invert(check));
  return invert(encodeStun({
    type: BINDING_SUCCESS,
    transactionId,
    attributes: [{ type: "ice-controlled", tieBreaker: identify(1) }],
  }));
}

test("Negotiations.handle() confirms with the number of datagrams that clients count", () => {
  const counts = (["plain", "authenticated"] as const).map((kind) => {
    const negotiations = new Negotiations(new Rng(1).entropy);
    negotiations.expect(identify(1), kind);
    const [check = new Uint8Array()] = negotiations.handle(0, CLIENT, punch(1)).replies;
    return [1, 2, 3].map(() => negotiations.handle(0, CLIENT, success(check)).replies.length);
  });
  assert.deepEqual(counts, [[5, 0, 0], [1, 5, 0]]);
});

test("Negotiations.expect() forgets the oldest channel once there are too many", () => {
  const negotiations = new Negotiations(new Rng(1).entropy);
  for (let n = 0; n <= MAX_NEGOTIATIONS; n++) negotiations.expect(identify(n));
  assert.equal(negotiations.size, MAX_NEGOTIATIONS);
  assert.throws(() => negotiations.handle(0, CLIENT, punch(0)), DecodeError);
  assert.equal(negotiations.handle(0, CLIENT, punch(MAX_NEGOTIATIONS)).replies.length, 1);
});

test("Negotiations.checkAhead() has nothing to send once the client has punched", () => {
  const negotiations = new Negotiations(new Rng(1).entropy);
  negotiations.expect(identify(1));
  negotiations.handle(0, CLIENT, punch(1));
  assert.equal(negotiations.checkAhead(identify(1), CLIENT), undefined);
});

test("Negotiations.handle() ignores punches for as long as it was told to", () => {
  const negotiations = new Negotiations(new Rng(1).entropy);
  negotiations.expect(identify(1), "plain", 500);
  assert.deepEqual(negotiations.handle(499, CLIENT, punch(1)), { replies: [], trusted: false });
  assert.equal(negotiations.handle(500, CLIENT, punch(1)).replies.length, 1);
});
