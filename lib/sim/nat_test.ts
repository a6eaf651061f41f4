import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint } from "../machine.ts";
import { MAX_PEERS, Nat, type NatOptions } from "./nat.ts";

const INSIDE: Endpoint = { address: "127.1.0.2", port: 5000 };
const ALICE: Endpoint = { address: "127.0.0.1", port: 1001 };
const BOB: Endpoint = { address: "127.0.0.1", port: 1002 };

function nat(kind: NatOptions["kind"], size = 4, timeout = 1000): Nat {
  const pool = Array.from({ length: size }, (_, i) => ({ address: "127.0.0.1", port: 9000 + i }));
  return new Nat({ kind, pool, timeout });
}

test("Nat keeps one public endpoint for all destinations, unless symmetric", () => {
  for (const kind of ["full-cone", "cone"] as const) {
    const box = nat(kind);
    assert.deepEqual(box.outbound(0, INSIDE, ALICE), box.outbound(1, INSIDE, BOB), kind);
  }
  const box = nat("symmetric");
  assert.notDeepEqual(box.outbound(0, INSIDE, ALICE), box.outbound(1, INSIDE, BOB));
  assert.deepEqual(box.outbound(2, INSIDE, ALICE), box.outbound(3, INSIDE, ALICE));
});

test("Nat lets in anybody through a full cone", () => {
  const box = nat("full-cone");
  const outside = box.outbound(0, INSIDE, ALICE);
  assert.deepEqual(box.inbound(1, BOB, outside), INSIDE);
});

test("Nat lets in only those sent to through a cone", () => {
  const box = nat("cone");
  const outside = box.outbound(0, INSIDE, ALICE);
  assert.deepEqual(box.inbound(1, ALICE, outside), INSIDE);
  assert.equal(box.inbound(1, BOB, outside), undefined);
  assert.equal(box.inbound(1, { ...ALICE, port: 7 }, outside), undefined);
  box.outbound(2, INSIDE, BOB);
  assert.deepEqual(box.inbound(3, BOB, outside), INSIDE);
  assert.equal(box.counters.refused, 2);
});

test("Nat lets in only the destination of a symmetric mapping", () => {
  const box = nat("symmetric");
  const toAlice = box.outbound(0, INSIDE, ALICE);
  const toBob = box.outbound(0, INSIDE, BOB);
  assert.deepEqual(box.inbound(1, ALICE, toAlice), INSIDE);
  assert.equal(box.inbound(1, ALICE, toBob), undefined);
  assert.equal(box.inbound(1, BOB, toAlice), undefined);
});

test("Nat refuses what no mapping was made for", () => {
  const box = nat("full-cone");
  assert.equal(box.inbound(0, ALICE, { address: "127.0.0.1", port: 9000 }), undefined);
});

test("Nat forgets a mapping that sent nothing for the timeout, whatever came in", () => {
  const box = nat("cone");
  const outside = box.outbound(0, INSIDE, ALICE);
  assert.deepEqual(box.inbound(999, ALICE, outside), INSIDE);
  assert.equal(box.inbound(1000, ALICE, outside), undefined);
  assert.equal(box.size, 0);
  assert.equal(box.counters.expired, 1);
});

test("Nat forgets a peer that was not sent to for the timeout", () => {
  const box = nat("cone");
  const outside = box.outbound(0, INSIDE, ALICE);
  box.outbound(900, INSIDE, BOB);
  assert.equal(box.inbound(1500, ALICE, outside), undefined);
  assert.deepEqual(box.inbound(1500, BOB, outside), INSIDE);
});

test("Nat takes the endpoint idle longest once its pool is used up", () => {
  const box = nat("symmetric", 2);
  const first = box.outbound(0, INSIDE, { ...ALICE, port: 1 });
  const second = box.outbound(1, INSIDE, { ...ALICE, port: 2 });
  box.outbound(2, INSIDE, { ...ALICE, port: 1 });
  assert.deepEqual(box.outbound(3, INSIDE, { ...ALICE, port: 3 }), second);
  assert.deepEqual(box.outbound(4, INSIDE, { ...ALICE, port: 1 }), first);
  assert.equal(box.size, 2);
  assert.equal(box.counters.evicted, 1);
});

test("Nat remembers a limited number of peers for a cone", () => {
  const box = nat("cone");
  const outside = box.outbound(0, INSIDE, ALICE);
  for (let i = 0; i < MAX_PEERS; i++) box.outbound(1, INSIDE, { ...BOB, port: 2000 + i });
  assert.equal(box.inbound(2, ALICE, outside), undefined);
  assert.deepEqual(box.inbound(2, { ...BOB, port: 2000 }, outside), INSIDE);
});

test("Nat needs an endpoint in its pool", () => {
  assert.throws(() => nat("cone", 0), /needs an endpoint/);
});
