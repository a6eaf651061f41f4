import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import {
  CAMERA_URL,
  CameraWorld,
  GOOD,
  playing,
  response,
  type Script,
  SECRET,
} from "../../../tests/support/camera_world.ts";

const DIGEST = 'WWW-Authenticate: Digest realm="r", nonce="n1"';

/** A camera that lets in whoever sends credentials. */
function guarded(script: Script): Script {
  return (request) => {
    const isIn = request.headers.get("Authorization") !== undefined;
    return isIn ? script(request) : response("401 Unauthorized", [DIGEST]);
  };
}

test("ClientSession proves who it is once, and goes on with the same nonce", () => {
  const world = playing(guarded(GOOD));
  assert.deepEqual(world.methods, ["OPTIONS", "OPTIONS", "DESCRIBE", "SETUP", "SETUP", "PLAY"]);
  const play = world.requests.at(-1)?.headers.get("Authorization") ?? "";
  assert.match(play, /^Digest username="admin", realm="r", nonce="n1", uri="rtsp:.*\/"/);
});

test("ClientSession ends with auth on a wrong password, after one try", () => {
  let nonce = 0;
  const world = new CameraWorld(() => {
    return response("401 Unauthorized", [`WWW-Authenticate: Digest realm="r", nonce="${++nonce}"`]);
  });
  assert.equal(world.requests.length, 2);
  assert.deepEqual(world.end(), {
    type: "closed",
    reason: "auth",
    detail: "the camera refuses OPTIONS: it refuses the user name or password",
    status: 401,
  });
});

test("ClientSession ends with auth where it has no credentials, or may not show them", () => {
  const none = new CameraWorld(guarded(GOOD), { credentials: undefined });
  assert.match(none.end()?.detail ?? "", /asks for a user name and password/);
  const basic = () => response("401 Unauthorized", ['WWW-Authenticate: Basic realm="r"']);
  const shy = new CameraWorld(basic, { allowBasic: false });
  assert.match(shy.end()?.detail ?? "", /in the clear/);
});

test("ClientSession takes a new nonce in the middle of a session, stale or not", () => {
  for (const stale of ["", ", stale=true"]) {
    let nonce = "n1";
    const world = playing((request) => {
      const sent = request.headers.get("Authorization");
      if (sent?.includes(`"${nonce}"`)) return GOOD(request);
      const challenge = `WWW-Authenticate: Digest realm="r", nonce="${nonce}"${stale}`;
      return response("401 Unauthorized", [challenge]);
    });
    nonce = "n2";
    world.pass(20_000);
    assert.deepEqual(world.methods.slice(-2), ["GET_PARAMETER", "GET_PARAMETER"]);
    assert.equal(world.end(), undefined);
  }
});

test("ClientSession sends neither user nor password of the CAMERA_URL", () => {
  const world = new CameraWorld(GOOD, { url: CAMERA_URL.replace("//", `//admin:${SECRET}@`) });
  assert.ok(world.requests.every(({ uri }) => !uri.includes("@")));
  assert.equal(world.end(), undefined);
});

test("no form of a ClientSession and its events shows the password", () => {
  const basic = 'WWW-Authenticate: Basic realm="r"';
  const world = new CameraWorld(() => response("401 Unauthorized", [basic]));
  const shown = [world.session, world.events].flatMap((value) => [
    inspect(value, { depth: 9, showHidden: true }),
    JSON.stringify(value),
  ]);
  assert.ok(!shown.join().includes(SECRET) && !shown.join().includes(btoa(`admin:${SECRET}`)));
});
