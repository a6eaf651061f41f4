import assert from "node:assert/strict";
import { test } from "node:test";
import { CONTROL_PTZ } from "./commands/ptz_control.ts";
import { Dialogue, resultOf } from "./scripted_camera.ts";

test("BaichuanSession.movePtz() stops the camera by itself", () => {
  const dialogue = Dialogue.loggedIn();
  const { camera, session } = dialogue;
  camera.answer(CONTROL_PTZ, {});
  const commands = () => camera.asked(CONTROL_PTZ).map((one) => CONTROL_PTZ.request.read(one));
  const asked = dialogue.ask((now, done) => {
    session.movePtz(now, { direction: "left", duration: 700 }, done);
  });
  dialogue.pass(699);
  assert.deepEqual(commands().map(({ command }) => command), ["left"]);
  assert.equal(asked.outcome, undefined);
  dialogue.pass(1);
  assert.deepEqual(commands().map(({ command }) => command), ["left", "stop"]);
  assert.equal(resultOf(asked), "done");
  dialogue.pass(60_000);
  assert.equal(commands().length, 2);
});

test("BaichuanSession.movePtz() takes over a movement that goes on", () => {
  const dialogue = Dialogue.loggedIn();
  const { camera, session } = dialogue;
  camera.answer(CONTROL_PTZ, {});
  const move = (direction: "left" | "right") => {
    return dialogue.ask((now, done) => session.movePtz(now, { direction, duration: 700 }, done));
  };
  const left = move("left");
  dialogue.pass(500);
  const right = move("right");
  assert.equal(resultOf(left), "done");
  dialogue.pass(699);
  assert.equal(right.outcome, undefined);
  dialogue.pass(1);
  assert.equal(resultOf(right), "done");
  assert.equal(camera.asked(CONTROL_PTZ).length, 3, "left, right, stop");
});

test("BaichuanSession.movePtz() stops a camera that did not answer, and none that refused", () => {
  const silent = Dialogue.loggedIn();
  silent.camera.scripts.set(CONTROL_PTZ.id, () => {});
  silent.ask((now, done) => {
    silent.session.movePtz(now, { direction: "up", duration: 100 }, done);
  });
  silent.pass(2_000);
  assert.equal(silent.camera.asked(CONTROL_PTZ).length, 2);
  const refusing = Dialogue.loggedIn();
  refusing.camera.answer(CONTROL_PTZ, { code: 400 });
  const asked = refusing.ask((now, done) => {
    refusing.session.movePtz(now, { direction: "up", duration: 100 }, done);
  });
  refusing.pass(20_000);
  assert.equal(resultOf(asked), "refused");
  assert.equal(refusing.camera.asked(CONTROL_PTZ).length, 1);
});

test("BaichuanSession.movePtz() refuses to move for no time or too long", () => {
  const { session, now } = Dialogue.loggedIn();
  for (const duration of [0, -1, NaN, 10_001]) {
    const move = { direction: "up", duration } as const;
    assert.throws(() => session.movePtz(now, move, () => {}), RangeError);
  }
});
