import assert from "node:assert/strict";
import { test } from "node:test";
import { type AlarmEvent, sightingOf } from "./alarm_events.ts";

const ROWS: readonly [event: Partial<AlarmEvent>, motion: boolean, kinds: readonly string[]][] = [
  [{ status: "none" }, false, []],
  [{ status: "MD" }, true, []],
  [{ status: "none", aiType: "none" }, false, []],
  [{ status: "none", aiType: "other" }, true, []],
  [{ status: "none", aiType: "people" }, true, ["people"]],
  [{ status: "MD", aiType: "people&vehicle, people" }, true, ["people", "vehicle"]],
  [{ status: "none", smartTypes: [{ type: "line", index: 0, parts: [] }] }, false, []],
  [{ status: "none", smartTypes: [{ type: "line", index: 1, parts: [] }] }, true, ["line"]],
  [{ status: "none", smartTypes: [{ type: "line", parts: [{ index: 2 }] }] }, true, ["line"]],
];

test("sightingOf() tells motion from none, and what it is of", () => {
  for (const [event, motion, kinds] of ROWS) {
    const sighting = sightingOf({ channel: 1, status: "none", ...event });
    assert.deepEqual(
      sighting,
      { channel: 1, motion, visitor: false, kinds },
      JSON.stringify(event),
    );
  }
});

test("sightingOf() tells when somebody rings, moving or not", () => {
  for (const status of ["visitor", "MD,visitor"]) {
    assert.ok(sightingOf({ channel: 0, status }).visitor);
  }
});
