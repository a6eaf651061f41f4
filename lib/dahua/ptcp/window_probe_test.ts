import assert from "node:assert/strict";
import { test } from "node:test";
import { WindowProbe } from "./window_probe.ts";

test("WindowProbe doubles its wait up to 5 s", () => {
  const probe = new WindowProbe();
  probe.note(0, 0);
  assert.equal(probe.first(1_000), 1_000);
  const waits = [1_000, 3_000, 7_000, 12_000].map((now) => probe.decide(now, now));
  assert.deepEqual(waits.map((decision) => decision.type === "probe" && decision.wait), [
    2_000,
    4_000,
    5_000,
    5_000,
  ]);
});

test("WindowProbe gives up after 15 s of silence", () => {
  const probe = new WindowProbe();
  probe.note(0, 0);
  probe.first(1_000);
  assert.equal(probe.decide(14_999, 0).type, "probe");
  assert.deepEqual(probe.decide(15_000, 0), {
    type: "giveUp",
    detail: "the other side closed its window and fell silent",
  });
});

test("WindowProbe gives up on a window closed for a minute, counted anew once it was open", () => {
  const probe = new WindowProbe();
  probe.note(0, 0);
  probe.note(50_000, 0);
  assert.equal(probe.decide(59_999, 59_999).type, "probe");
  assert.equal(probe.decide(60_000, 60_000).type, "giveUp");
  probe.note(60_000, 1);
  probe.note(61_000, 0);
  assert.equal(probe.decide(120_999, 120_999).type, "probe");
  assert.equal(probe.decide(121_000, 121_000).type, "giveUp");
});
