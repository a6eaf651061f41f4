import assert from "node:assert/strict";
import { test } from "node:test";
import { describedBase, resolveControl, withoutUserinfo } from "./control_url.ts";
import { RtspHeaders } from "../message.ts";

const CAMERA = "rtsp://h/cam/realmonitor?channel=1&subtype=0";

const CONTROLS = [
  { base: `${CAMERA}/`, control: "trackID=0", url: `${CAMERA}/trackID=0` },
  { base: CAMERA, control: "trackID=0", url: `${CAMERA}/trackID=0` },
  { base: "rtsp://h/a", control: "/track1", url: "rtsp://h/a/track1" },
  { base: "rtsp://h/a/", control: "?ctype=video", url: "rtsp://h/a/?ctype=video" },
  { base: "rtsp://h/a", control: "*", url: "rtsp://h/a" },
  { base: "rtsp://h/a", control: undefined, url: "rtsp://h/a" },
  { base: "rtsp://h/a", control: "rtsp://10.0.0.2:554/b/1", url: "rtsp://10.0.0.2:554/b/1" },
  { base: "rtsp://h/a", control: "RTSP://u:p@h/b", url: "RTSP://h/b" },
  { base: "rtsp://h/a", control: "rtsp:///b", url: "rtsp://h/a/rtsp:///b" },
];

for (const { base, control, url } of CONTROLS) {
  test(`resolveControl() makes ${url} of ${control} and ${base}`, () => {
    assert.equal(resolveControl(base, control), url);
  });
}

test("describedBase() takes what the server names, if it is a URL, or what was asked for", () => {
  const base = (...fields: [string, string][]) =>
    describedBase("rtsp://u:p@h/a", new RtspHeaders(fields));
  assert.equal(base(), "rtsp://h/a");
  assert.equal(base(["Content-Base", "rtsp://h/b/"]), "rtsp://h/b/");
  assert.equal(base(["Content-Location", "rtsp://u:p@h/c"]), "rtsp://h/c");
  assert.equal(base(["Content-Base", "/b/"], ["Content-Location", "rtsp://h/c"]), "rtsp://h/c");
  assert.equal(base(["Content-Base", ""]), "rtsp://h/a");
});

test("withoutUserinfo() takes user and password out, even with an @ in them", () => {
  assert.equal(withoutUserinfo("rtsp://user:p@ss@h:554/a@b"), "rtsp://h:554/a@b");
  assert.equal(withoutUserinfo("rtsp://h/a?b=c@d"), "rtsp://h/a?b=c@d");
});
