import assert from "node:assert/strict";
import { test } from "node:test";
import { frame, latin1, rtp } from "../../tests/support/camera_world.ts";
import { FrameSync } from "./frame_sync.ts";

/** Looks at these texts one after the other; channels 0 and 1 are agreed. */
function look(...texts: readonly string[]) {
  const sync = new FrameSync((channel) => channel < 2);
  return texts.map((text) => sync.look(latin1(text))).at(-1);
}

const GOOD = frame(0, rtp(1));

const CASES = [
  {
    name: "a frame of an agreed channel, as soon as its version is there",
    text: "$\0\xff\xff\x80",
  },
  { name: "a response", text: "RTSP/1.0 200 OK" },
  { name: "a request", text: "SET_PARAMETER * RTSP/1.0" },
  {
    name: "a frame of another channel, if it is whole and followed by one",
    text: `${frame(9, "a")}$`,
  },
  {
    name: "a frame of no RTP, if it is whole and followed by a response",
    text: `${frame(0, "a")}R`,
  },
];

for (const { name, text } of CASES) {
  test(`FrameSync believes ${name}`, () => {
    assert.deepEqual(look(text), { junk: 0, ready: true });
  });
}

for (const text of ["$", "$\0\0\x05", "RTSP/1", "GET_PARAM"]) {
  test(`FrameSync waits for more of ${JSON.stringify(text)}`, () => {
    assert.deepEqual(look(text), { junk: 0, ready: false });
  });
}

for (const text of ["abc", "RTSP/2.0 ", "GET / HTTP", "$\x09\xff\xffab", "$\0\xff\xff\0ab"]) {
  test(`FrameSync throws ${JSON.stringify(text)} away, and finds what follows`, () => {
    assert.deepEqual(look(text + GOOD + GOOD), { junk: text.length, ready: true });
  });
}

test("FrameSync wants more of a frame once it was lost", () => {
  assert.deepEqual(look("a", GOOD), { junk: 0, ready: false });
  assert.deepEqual(look("a", `${GOOD}$`), { junk: 0, ready: true });
  assert.deepEqual(look("a", `${GOOD}a`), { junk: GOOD.length + 1, ready: false });
  assert.deepEqual(look("a", frame(9, "a")), { junk: 5, ready: false });
  assert.deepEqual(look("a", `${GOOD}$`, GOOD), { junk: 0, ready: true }, "it is found again");
});
