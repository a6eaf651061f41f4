import assert from "node:assert/strict";
import { test } from "node:test";
import { eventWords } from "./event_words.ts";

const AT = "2026-01-31T08:00:00.000Z";

test("eventWords() does not name a step twice that is called as the state is", () => {
  const event = { at: AT, camera: "front", type: "state", state: "locating", stage: "locating" };
  assert.equal(eventWords(event), `${AT}  front  state: locating`);
  assert.equal(eventWords({ ...event, stage: "lookup" }), `${AT}  front  state: locating (lookup)`);
});

test("eventWords() keeps the reason of a failure apart from when it is tried again", () => {
  const event = {
    ...{ at: AT, camera: "front", type: "state", state: "failed", stage: "lookup" },
    error: { detail: "the camera is offline" },
    retryAt: "2026-01-31T08:00:05.000Z",
  };
  const words = "failed (lookup) as the camera is offline; again at 2026-01-31T08:00:05.000Z";
  assert.equal(eventWords(event), `${AT}  front  state: ${words}`);
});

test("eventWords() says what a camera was told, by whom, and why it was not done", () => {
  const event = { at: AT, camera: "front", type: "control", order: "ptz left" };
  const done = { ...event, outcome: "done", cause: { by: "cli", who: "127.0.0.1" } };
  assert.equal(eventWords(done), `${AT}  front  control: ptz left done by cli (127.0.0.1)`);
  const refused = { ...event, outcome: "refused", detail: "it is closed", cause: { by: "mqtt" } };
  assert.match(eventWords(refused), /control: ptz left refused as it is closed by mqtt$/);
  const controls = [{ type: "light" }, { type: "zoom", min: 1, max: 5 }];
  const told = { at: AT, camera: "front", type: "controls", controls };
  assert.match(eventWords(told), /controls: light, zoom$/);
});
