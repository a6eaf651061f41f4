import assert from "node:assert/strict";
import { test } from "node:test";
import { EVENT_TYPES } from "../../../lib/config/event_types.ts";
import { causeWords, eventWeight, eventWords } from "./event_words.js";

const at = "2026-01-01T12:00:00.000Z";
const cause = { by: "api", who: "127.0.0.1" };
const error = { detail: "no answer", stage: "punching" };

const EVENTS: readonly (readonly [Record<string, unknown> & { type: string }, string, string])[] = [
  [{ type: "state", state: "open", way: "relay" }, "Open over the vendor's relay.", "good"],
  [{ type: "state", state: "failed", error }, "Failed: no answer.", "bad"],
  [{ type: "state", state: "idle", detail: "nobody watches" }, "Idle: nobody watches.", "note"],
  [{ type: "state", state: "punching" }, "Opening a way.", "step"],
  [{ type: "way", way: "direct" }, "Moved: reached directly now.", "note"],
  [{ type: "wayFailed", way: "lan", detail: "x" }, "Not reached over the LAN: x.", "bad"],
  [{ type: "error", error }, "No answer.", "bad"],
  [{ type: "viewers", viewers: 0 }, "Nobody watches any more.", "note"],
  [{ type: "viewers", viewers: 2 }, "2 viewers watch.", "note"],
  [
    { type: "lease", change: "begun", at, until: "2026-01-01T12:10:00.000Z", cause },
    "Kept open for 10 min by the API (127.0.0.1).",
    "note",
  ],
  [{ type: "lease", change: "extended" }, "Kept open until it is stopped.", "note"],
  [{ type: "lease", change: "ended" }, "No longer kept open.", "note"],
  [{ type: "stopped", cause: { by: "cli" } }, "Stopped by the command line.", "note"],
  [{ type: "wake", cause, allowed: true }, "Wanted by the API (127.0.0.1).", "note"],
  [
    { type: "wake", cause: { by: "viewer" }, allowed: false },
    "Not reached for a viewer: its wake budget is spent.",
    "bad",
  ],
  [
    { type: "battery", battery: { percent: 80, charging: true } },
    "Battery at 80 %, charging.",
    "note",
  ],
  [
    { type: "controls", controls: [{ type: "light" }, { type: "ptz", directions: ["left"] }] },
    "Can be told: light, ptz.",
    "note",
  ],
  [{ type: "controls", controls: [] }, "Can be told: nothing.", "note"],
  [
    { type: "control", order: "ptz left", outcome: "done", cause },
    "Ptz left, by the API (127.0.0.1).",
    "note",
  ],
  [
    { type: "control", order: "siren on", outcome: "refused", detail: "it is asleep", cause },
    "No siren on for the API (127.0.0.1): it is asleep.",
    "bad",
  ],
  [{ type: "motion", motion: true, kinds: ["people"] }, "Something moves: people.", "note"],
  [{ type: "motion", motion: false, kinds: [] }, "Nothing moves any more.", "note"],
  [{ type: "motion", motion: true, visitor: true, kinds: [] }, "Somebody rings.", "note"],
  [{ type: "stall", renewed: false }, "The picture froze; asked for again.", "bad"],
  [{ type: "camera", change: "added" }, "Camera added.", "note"],
  [
    { type: "config", outcome: "rejected", detail: "cameras: x" },
    "Configuration rejected: cameras: x.",
    "bad",
  ],
  [{ type: "missed" }, "Earlier events are kept no longer.", "note"],
];

for (const [event, words, weight] of EVENTS) {
  test(`eventWords() says "${words}"`, () => {
    assert.equal(eventWords(event), words);
    assert.equal(eventWeight(event), weight);
  });
}

test("eventWords() has words for every type of event there is", () => {
  const known = new Set(EVENTS.map(([{ type }]) => type));
  for (const type of EVENT_TYPES) assert.ok(known.has(type), type);
  assert.equal(eventWords({ type: "somethingNew" }), "SomethingNew.");
});

test("causeWords() says nothing where nobody is known", () => {
  assert.equal(causeWords(undefined), "");
});
