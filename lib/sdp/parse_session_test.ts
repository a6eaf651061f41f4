import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "../bytes/decode_error.ts";
import { MAX_FORMATS } from "./parse_media.ts";
import { parseSession, SDP_LIMITS } from "./parse_session.ts";
import type { ParsedMedia } from "./parsed.ts";
import { BAD_SDP, type MediaSummary, SDP_VECTORS } from "./sdp_vectors.ts";
import { encodeSessionDescription } from "./session_description.ts";

function summary({ kind, formats, control, frameRate, direction }: ParsedMedia): MediaSummary {
  return {
    kind,
    formats: formats.map(({ fmtp: _, parameters, ...format }) => {
      return { ...format, parameters: Object.fromEntries(parameters) };
    }),
    control,
    ...(frameRate === undefined ? {} : { frameRate }),
    ...(direction === undefined ? {} : { direction }),
  };
}

for (const { name, text, control, range, media, ignoredLines = 0 } of SDP_VECTORS) {
  test(`parseSession() reads ${name}`, () => {
    const session = parseSession(text);
    assert.deepEqual(session.media.map(summary), media);
    assert.deepEqual([session.control, session.range], [control, range]);
    assert.equal(session.ignoredLines, ignoredLines);
  });
}

for (const { name, text } of BAD_SDP) {
  test(`parseSession() rejects ${name}`, () => {
    assert.throws(() => parseSession(text), DecodeError);
  });
}

test("parseSession() reads what encodeSessionDescription() wrote, fmtp as it was", () => {
  const { name, control, media } = parseSession(encodeSessionDescription({
    origin: "127.0.0.1",
    name: "test",
    attributes: ["control:*"],
    media: [{
      kind: "video",
      payloadType: 96,
      attributes: ["rtpmap:96 H264/90000", "fmtp:96 a=1; b=2"],
    }],
  }));
  assert.deepEqual([name, control, media[0]?.protocol], ["test", "*", "RTP/AVP"]);
  assert.equal(media[0]?.formats[0]?.fmtp, "a=1; b=2");
});

const MEDIA = "m=video 0 RTP/AVP 96\n";

test("parseSession() reads as much as it may hold, and refuses more", () => {
  const { bytes, lines, media, attributes } = SDP_LIMITS;
  const longest = `${MEDIA}a=${"x".repeat(bytes - MEDIA.length - 2)}`;
  const full = [
    longest,
    MEDIA + "b=x\n".repeat(lines - 1),
    MEDIA.repeat(media),
    MEDIA + "a=x\n".repeat(attributes),
  ];
  for (const text of full) assert.doesNotThrow(() => parseSession(text));
  const tooMuch = [
    `${longest}x`,
    MEDIA + "b=x\n".repeat(lines),
    MEDIA.repeat(media + 1),
    MEDIA + "a=x\n".repeat(attributes + 1),
    "a=x\n".repeat(attributes + 1) + MEDIA,
  ];
  for (const text of tooMuch) assert.throws(() => parseSession(text), DecodeError);
});

test("parseSession() looks at no more formats of one medium than its limit", () => {
  const numbers = Array.from({ length: MAX_FORMATS + 1 }, (_, i) => i).join(" ");
  assert.equal(parseSession(`m=audio 0 RTP/AVP ${numbers}`).media[0]?.formats.length, MAX_FORMATS);
});

test("parseSession() takes time in proportion to white space, not to its square", () => {
  const blanks = " ".repeat(60_000);
  const started = performance.now();
  for (const text of [`a=fmtp:96 x${blanks}=x`, `a=${blanks}x`, `a${blanks}x`]) {
    parseSession(MEDIA + text);
  }
  // The square would be several seconds.
  assert.ok(performance.now() - started < 1_000);
});
