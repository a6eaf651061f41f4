import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint } from "../machine.ts";
import type { Candidate } from "./candidate.ts";
import { CheckList, DEFAULT_CHECK_TIMING, MAX_CANDIDATES } from "./check_list.ts";

const LAN: Endpoint = { address: "192.168.1.9", port: 1 };
const PUBLIC: Endpoint = { address: "198.51.100.9", port: 2 };
const HOST: Candidate = { kind: "host", endpoint: LAN };
const SRFLX: Candidate = { kind: "srflx", endpoint: PUBLIC };

function listOf(...candidates: Candidate[]): CheckList {
  const list = new CheckList(0);
  for (const candidate of candidates) list.add(0, candidate);
  return list;
}

/** Calls the list whenever it asks for it, and notes what is checked. */
function run(list: CheckList, until: number): { readonly at: number; readonly kind: string }[] {
  const checks: { at: number; kind: string }[] = [];
  for (;;) {
    const at = list.pollTimeout();
    if (at === undefined || at > until) return checks;
    for (const { kind } of list.takeDue(at)) checks.push({ at, kind });
    if (list.decide(at) !== undefined) return checks;
  }
}

test("CheckList checks each candidate at growing intervals, better ones first", () => {
  const checks = run(listOf(SRFLX, HOST), 2000);
  assert.deepEqual(checks.slice(0, 4).map(({ at, kind }) => `${at} ${kind}`), [
    "0 host",
    "0 srflx",
    "200 host",
    "200 srflx",
  ]);
  const times = checks.filter(({ kind }) => kind === "host").map(({ at }) => at);
  assert.deepEqual(times, [0, 200, 500, 950, 1450, 1950]);
});

test("CheckList fails at its deadline and says what it tried", () => {
  const list = listOf(SRFLX, HOST);
  run(list, 4999);
  assert.equal(list.decide(4999), undefined);
  const decision = list.decide(5000);
  assert.ok(decision?.type === "failed");
  assert.deepEqual(decision.checks.map(({ candidate, sent }) => [candidate, sent]), [
    [SRFLX, 12],
    [HOST, 12],
  ]);
  assert.equal(list.decide(6000), undefined);
  assert.equal(list.pollTimeout(), undefined);
});

test("CheckList nominates a LAN candidate at once", () => {
  const list = listOf(SRFLX, HOST);
  assert.equal(list.markValid(30, LAN, 12)?.roundTrip, 12);
  const decision = list.decide(30);
  assert.ok(decision?.type === "nominated");
  assert.equal(decision.check.candidate, HOST);
});

test("CheckList gives a LAN candidate a short time before it nominates a public one", () => {
  const list = listOf(SRFLX, HOST);
  list.markValid(30, PUBLIC);
  assert.equal(list.decide(30), undefined);
  list.takeDue(30);
  assert.equal(list.pollTimeout(), 230);
  const late = list.decide(230);
  assert.ok(late?.type === "nominated");
  assert.equal(late.check.candidate, SRFLX);

  const overtaken = listOf(SRFLX, HOST);
  overtaken.markValid(30, PUBLIC);
  overtaken.markValid(150, LAN);
  const decision = overtaken.decide(150);
  assert.ok(decision?.type === "nominated");
  assert.equal(decision.check.candidate, HOST);
});

test("CheckList nominates a public candidate at once when there is no other", () => {
  const list = listOf(SRFLX);
  list.markValid(30, PUBLIC);
  assert.equal(list.decide(30)?.type, "nominated");
});

test("CheckList nominates one found just before the deadline", () => {
  const list = listOf(SRFLX, HOST);
  list.markValid(4990, PUBLIC);
  assert.equal(list.decide(5000), undefined);
  assert.equal(list.decide(5190)?.type, "nominated");
});

test("CheckList nominates the one that was valid first among equals", () => {
  const other = { kind: "host", endpoint: { ...LAN, port: 7 } } as const;
  const list = listOf(HOST, other);
  list.markValid(20, other.endpoint);
  list.markValid(21, LAN);
  const decision = list.decide(21);
  assert.ok(decision?.type === "nominated");
  assert.equal(decision.check.candidate, other);
});

test("CheckList goes on checking what it nominated, for a while or until it is settled", () => {
  const nominate = () => {
    const list = listOf(SRFLX, HOST);
    list.takeDue(0);
    list.markValid(30, LAN);
    list.decide(30);
    return list;
  };
  const checks = run(nominate(), 60_000);
  assert.ok(checks.every(({ kind }) => kind === "host"));
  assert.deepEqual(checks.map(({ at }) => at), [200, 500, 950, 1450, 1950, 2450, 2950]);

  const settled = nominate();
  settled.settle();
  assert.equal(settled.pollTimeout(), undefined);
  assert.deepEqual(settled.takeDue(5000), []);
});

test("markValid() tells of a candidate once, and of none that is not on the list", () => {
  const list = listOf(HOST);
  assert.equal(list.markValid(10, PUBLIC), undefined);
  assert.equal(list.markValid(10, LAN)?.candidate, HOST);
  assert.equal(list.markValid(20, LAN, 7), undefined);
  assert.equal(list.find(LAN)?.roundTrip, 7, "the round trip may become known later");
});

test("add() refuses known and unusable candidates, and more than the cap", () => {
  const list = listOf(HOST);
  assert.equal(list.add(0, HOST), false);
  assert.equal(list.add(0, { kind: "host", endpoint: { ...LAN, port: 0 } }), false);
  for (let port = 2; port <= MAX_CANDIDATES; port++) {
    assert.equal(list.add(0, { kind: "host", endpoint: { ...LAN, port } }), true);
  }
  assert.equal(list.add(0, SRFLX), false);
  assert.equal(list.checks.length, MAX_CANDIDATES);
});

test("CheckList without candidates waits until its deadline for one to be found", () => {
  const list = listOf();
  assert.equal(list.pollTimeout(), DEFAULT_CHECK_TIMING.deadline);
  assert.equal(list.add(100, HOST), true);
  assert.deepEqual(list.takeDue(100), [HOST]);
});
