import assert from "node:assert/strict";
import { test } from "node:test";
import type { FrameReport } from "./capture_dissector.ts";
import { frameJson, frameLine, frameTexts } from "./print.ts";

const REPORT: FrameReport = {
  frame: 12,
  time: 1_500,
  from: { address: "192.0.2.1", port: 1 },
  to: { address: "2001:db8::1", port: 2 },
  length: 7,
  protocol: "bcudp",
  summary: "data",
  fields: { "bcudp.packet": 1 },
  notes: ["gap of 1 packets"],
  errors: [{ offset: 3, rule: "no" }],
};

test("frameLine() says it all in one line, times from the first frame on", () => {
  assert.equal(
    frameLine(REPORT, 500),
    "   12    1.000000  192.0.2.1:1 > [2001:db8::1]:2            bcudp     data" +
      "  * gap of 1 packets  ! at byte 3: no",
  );
  const bare = { ...REPORT, time: undefined, from: { address: "::1", port: 0 }, to: undefined };
  assert.match(frameLine(bare, 500), /^ {3}12 {11}\? {43}bcudp/);
});

test("frameLine() lets no control character through", () => {
  const line = frameLine({ ...REPORT, summary: "\x1b[2J\x9b\r\n" }, 0);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f]/);
});

test("frameJson() has the same, and all fields", () => {
  const { fields, errors, notes, protocol, summary, length } = REPORT;
  assert.deepEqual(frameJson(REPORT), {
    ...{ frame: 12, time: 1.5, from: "192.0.2.1:1", to: "[2001:db8::1]:2" },
    ...{ length, protocol, summary, fields, notes, errors },
  });
});

test("frameTexts() has the text of each message on a line of its own", () => {
  const fields = { "bc.id": [1, 2], "bc.xml": ["<a>\x1b</a>", "<b/>"], "dhhttp.body": "x" };
  const indent = " ".repeat(19);
  assert.deepEqual(frameTexts({ ...REPORT, fields }), [
    ...[`${indent}x`, `${indent}<a>?</a>`, `${indent}<b/>`],
  ]);
  assert.deepEqual(frameTexts(REPORT), []);
});
