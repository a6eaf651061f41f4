import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../../tests/support/virtual_clock.ts";
import type { Cause } from "../cause.ts";
import { MAX_RECORDS, WakeLedger } from "./ledger.ts";

const ALICE: Cause = { by: "viewer", who: "10.0.0.1" };
const CRON: Cause = { by: "api", who: "cron" };

test("WakeLedger tells what came of each wake, and for how long", () => {
  const clock = new VirtualClock();
  const ledger = new WakeLedger(clock);
  const at = clock.wallClock();
  ledger.begin(ALICE);
  clock.pass(1_000);
  ledger.connected();
  clock.pass(5_000);
  const alice = { at, cause: ALICE, connectedFor: 5_000, charge: undefined };
  assert.deepEqual(ledger.records, [{ ...alice, outcome: "connected", detail: undefined }]);
  ledger.end("nobody watched any more");
  clock.pass(60_000);
  ledger.begin(CRON);
  ledger.end("no answer");
  ledger.end("nothing is left to end");
  assert.deepEqual(ledger.records, [
    { ...alice, outcome: "closed", detail: "nobody watched any more" },
    {
      at: at + 66_000,
      cause: CRON,
      outcome: "failed",
      connectedFor: undefined,
      detail: "no answer",
      charge: undefined,
    },
  ]);
});

test("WakeLedger tells what a wake has cost the battery", () => {
  const ledger = new WakeLedger(new VirtualClock());
  ledger.noteCharge(50);
  ledger.begin(ALICE);
  ledger.noteCharge(50);
  ledger.connected();
  for (const percent of [48, 47, 46]) ledger.noteCharge(percent);
  ledger.end("nobody watched any more");
  ledger.noteCharge(40);
  assert.deepEqual(ledger.records.map(({ charge }) => charge), [{ first: 48, last: 46 }]);
});

test("WakeLedger tells once of one who keeps asking in vain, and keeps a bounded number", () => {
  const ledger = new WakeLedger(new VirtualClock());
  for (let count = 0; count < 1_000; count++) ledger.refuse(ALICE, "spent");
  ledger.refuse(CRON, "spent");
  ledger.refuse(ALICE, "spent");
  assert.deepEqual(ledger.records.map(({ cause }) => cause), [ALICE, CRON, ALICE]);
  for (let count = 0; count < 1_000; count++) ledger.begin(ALICE);
  assert.equal(ledger.records.length, MAX_RECORDS);
});
