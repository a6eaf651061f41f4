import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeSessionDescription } from "./session_description.ts";

test("encodeSessionDescription() writes session, then media, each line ended", () => {
  const text = encodeSessionDescription({
    origin: "127.0.0.1",
    name: "test",
    attributes: ["control:*"],
    media: [
      { kind: "video", payloadType: 96, attributes: ["rtpmap:96 H264/90000", "control:a"] },
      { kind: "audio", payloadType: 97, otherPayloadTypes: [0, 8], attributes: [] },
    ],
  });
  const lines = [
    ...["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=test", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*"],
    ...[
      "m=video 0 RTP/AVP 96",
      "a=rtpmap:96 H264/90000",
      "a=control:a",
      "m=audio 0 RTP/AVP 97 0 8",
    ],
  ];
  assert.equal(text, lines.map((line) => `${line}\r\n`).join(""));
});

test("encodeSessionDescription() refuses a value that would break out of its line", () => {
  const description = { origin: "127.0.0.1", name: "a\r\na=b", attributes: [], media: [] };
  assert.throws(() => encodeSessionDescription(description), RangeError);
});
