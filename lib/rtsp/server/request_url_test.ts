import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "../../bytes/decode_error.ts";
import { baseUrl, formatUrl, isResolvedAgainst, parseRequestUrl } from "./request_url.ts";

const CAMERA = "/cam/realmonitor?channel=1&subtype=0";

const GOOD = [
  { uri: `rtsp://h:554${CAMERA}`, origin: "rtsp://h:554", path: CAMERA, track: undefined },
  { uri: `rtsp://h${CAMERA}/`, origin: "rtsp://h", path: CAMERA, track: undefined },
  { uri: `rtsp://h${CAMERA}/trackID=0`, origin: "rtsp://h", path: CAMERA, track: 0 },
  { uri: "RTSP://u:p@h/a/trackID=12/", origin: "rtsp://h", path: "/a", track: 12 },
  { uri: "rtsp://h", origin: "rtsp://h", path: "/", track: undefined },
  { uri: "rtsp://h/", origin: "rtsp://h", path: "/", track: undefined },
  { uri: "rtsp://h/trackID=1", origin: "rtsp://h", path: "/", track: 1 },
  { uri: "rtsp://h?a=1", origin: "rtsp://h", path: "/?a=1", track: undefined },
];

for (const { uri, ...url } of GOOD) {
  test(`parseRequestUrl() takes ${uri} apart`, () => {
    assert.deepEqual(parseRequestUrl(uri), url);
  });
}

for (
  const uri of ["*", "", "/a", "http://h/a", "rtsp://", "rtsp:///a", "rtsp://u@", "rtsp://h#a"]
) {
  test(`parseRequestUrl() rejects ${JSON.stringify(uri)}`, () => {
    assert.throws(() => parseRequestUrl(uri), DecodeError);
  });
}

test("formatUrl() and baseUrl() differ in the slash at the end", () => {
  const camera = parseRequestUrl(`rtsp://u:p@h${CAMERA}/trackID=0`);
  assert.equal(formatUrl(camera), `rtsp://h${CAMERA}`);
  assert.equal(baseUrl(camera), `rtsp://h${CAMERA}/`);
  assert.equal(baseUrl(parseRequestUrl("rtsp://h")), "rtsp://h/");
});

test("isResolvedAgainst() knows what is left of a path when a control was resolved", () => {
  assert.ok(isResolvedAgainst("/cam", CAMERA));
  assert.ok(isResolvedAgainst("/a/b", "/a/b"));
  assert.ok(isResolvedAgainst("/", "/a?b=1"));
  assert.ok(!isResolvedAgainst("/cam", "/other/realmonitor?channel=1"));
  assert.ok(!isResolvedAgainst("/a", "/a/b"));
});
