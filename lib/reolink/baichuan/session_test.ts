import assert from "node:assert/strict";
import { test } from "node:test";
import { xmlElement } from "../../xml/xml.ts";
import { NO_PAYLOAD, xmlPayload } from "./codec.ts";
import { READ_BATTERY } from "./commands/battery.ts";
import { SWITCH_FLOODLIGHT } from "./commands/floodlight.ts";
import { LOGOUT } from "./commands/logout.ts";
import { READ_PIR } from "./commands/pir_read.ts";
import { CONTROL_PTZ } from "./commands/ptz_control.ts";
import { STOP_PREVIEW } from "./commands/preview_stop.ts";
import { READ_SUPPORT } from "./commands/support.ts";
import { READ_VERSION } from "./commands/version.ts";
import {
  MAX_OUTSTANDING,
  MAX_RETRIES,
  MAX_WAITING,
  REQUEST_TIMEOUT,
  RETRY_PAUSE,
} from "./exchange.ts";
import type { Outcome } from "./outcome.ts";
import { Dialogue, resultOf } from "./scripted_camera.ts";
import { LEAVE_TIMEOUT, STOPS_TIMEOUT } from "./session.ts";

const BATTERY = { channel: 0, percent: 87 };

function askBattery(dialogue: Dialogue): { outcome?: Outcome<unknown> } {
  return dialogue.ask((now, done) => {
    dialogue.session.request(now, READ_BATTERY, { channel: 0 }, done);
  });
}

test("BaichuanSession.request() addresses device, channel and events as recorders want it", () => {
  const dialogue = Dialogue.loggedIn({ session: { channel: 3 } });
  const { session, camera } = dialogue;
  dialogue.ask((now, done) => session.request(now, READ_VERSION, {}, done));
  dialogue.ask((now, done) => session.request(now, READ_BATTERY, { channel: 3 }, done));
  dialogue.ask((now, done) => session.watchEvents(now, done));
  const bytes = camera.requests.slice(2).map(({ header }) => [header.id, header.channel]);
  assert.deepEqual(bytes, [[80, 250], [253, 4], [31, 251]]);
  const [, battery] = camera.requests.slice(2);
  assert.deepEqual(battery?.extension, { channel: 3 });
});

test("BaichuanSession.request() can have the channel alone in byte 12", () => {
  const dialogue = Dialogue.loggedIn({ session: { channel: 3, addressing: "channel" } });
  dialogue.ask((now, done) => dialogue.session.request(now, READ_BATTERY, { channel: 3 }, done));
  assert.equal(dialogue.camera.requests.at(-1)?.header.channel, 3);
});

test("BaichuanSession.request() throws for a channel that cannot be", () => {
  const dialogue = Dialogue.loggedIn();
  for (const channel of [-1, 249, 0.5]) {
    assert.throws(
      () => dialogue.session.request(dialogue.now, READ_BATTERY, { channel }, () => {}),
      /must be 0 to 248/,
    );
  }
});

test("BaichuanSession.request() tells replies apart by id and number, in any order", () => {
  const dialogue = Dialogue.loggedIn();
  const { camera } = dialogue;
  camera.scripts.set(READ_BATTERY.id, () => {});
  const asked = [1, 2, 3].map(() => askBattery(dialogue));
  const requests = camera.asked(READ_BATTERY);
  for (const index of [2, 0, 1]) {
    const request = requests[index];
    assert.ok(request !== undefined);
    camera.reply(request, 200, READ_BATTERY.reply.write({ channel: 0, percent: index }));
  }
  dialogue.settle();
  const percents = asked.map(({ outcome }) => outcome?.type === "done" && outcome.value);
  assert.deepEqual(percents, [0, 1, 2].map((percent) => ({ channel: 0, percent })));
});

test("BaichuanSession.request() asks again after status 400, five times", () => {
  const dialogue = Dialogue.loggedIn();
  const { camera } = dialogue;
  camera.answer(READ_BATTERY, { code: 400 });
  const asked = askBattery(dialogue);
  dialogue.pass(MAX_RETRIES * RETRY_PAUSE - 1);
  assert.equal(asked.outcome, undefined);
  dialogue.pass(1);
  assert.deepEqual([resultOf(asked), camera.asked(READ_BATTERY).length], ["refused", 6]);
  camera.answer(READ_BATTERY, { code: 400 });
  const again = askBattery(dialogue);
  dialogue.pass(RETRY_PAUSE / 2);
  camera.answer(READ_BATTERY, BATTERY);
  dialogue.pass(RETRY_PAUSE / 2);
  assert.deepEqual(again.outcome, { type: "done", value: BATTERY });
});

test("BaichuanSession.request() is more patient with commands that want it", () => {
  const dialogue = Dialogue.loggedIn();
  dialogue.camera.answer(READ_PIR, { code: 400 });
  const asked = dialogue.ask((now, done) => {
    dialogue.session.request(now, READ_PIR, { channel: 0 }, done);
  });
  dialogue.pass(8 * 500);
  assert.equal(resultOf(asked), "refused");
});

test("BaichuanSession.request() believes any other status at once", () => {
  const dialogue = Dialogue.loggedIn();
  dialogue.camera.answer(READ_BATTERY, { code: 421 });
  const { outcome } = askBattery(dialogue);
  assert.ok(outcome?.type === "failed");
  assert.deepEqual([outcome.reason, outcome.code], ["refused", 421]);
});

test("BaichuanSession.request() fails where no answer comes, and counts one that comes late", () => {
  const dialogue = Dialogue.loggedIn();
  const { camera } = dialogue;
  camera.scripts.set(READ_BATTERY.id, () => {});
  const asked = askBattery(dialogue);
  dialogue.pass(REQUEST_TIMEOUT - 1);
  assert.equal(asked.outcome, undefined);
  dialogue.pass(1);
  assert.equal(resultOf(asked), "silent");
  const [request] = camera.asked(READ_BATTERY);
  assert.ok(request !== undefined);
  camera.reply(request, 200, READ_BATTERY.reply.write(BATTERY));
  dialogue.settle();
  assert.equal(dialogue.session.counters.strayMessages, 1);
});

test("BaichuanSession.request() fails where the answer is none to what was asked", () => {
  for (const payload of [NO_PAYLOAD, xmlPayload(xmlElement("Other"))]) {
    const dialogue = Dialogue.loggedIn();
    const { camera } = dialogue;
    camera.scripts.set(READ_BATTERY.id, (request) => camera.reply(request, 200, { payload }));
    assert.equal(resultOf(askBattery(dialogue)), "garbled");
  }
});

test("BaichuanSession.request() takes silence for success where cameras never answer", () => {
  const dialogue = Dialogue.loggedIn();
  dialogue.camera.scripts.set(SWITCH_FLOODLIGHT.id, () => {});
  const asked = dialogue.ask((now, done) => {
    const value = { channel: 0, on: true, duration: 180 };
    dialogue.session.request(now, SWITCH_FLOODLIGHT, value, done);
  });
  dialogue.pass(499);
  assert.equal(asked.outcome, undefined);
  dialogue.pass(1);
  assert.deepEqual(asked.outcome, { type: "done", value: {} });
});

test("BaichuanSession.request() keeps few requests under way, some waiting, and no more", () => {
  const dialogue = Dialogue.loggedIn();
  const { camera } = dialogue;
  camera.scripts.set(READ_BATTERY.id, () => {});
  const asked = Array.from({ length: MAX_OUTSTANDING + MAX_WAITING }, () => askBattery(dialogue));
  assert.equal(camera.asked(READ_BATTERY).length, MAX_OUTSTANDING);
  assert.equal(resultOf(askBattery(dialogue)), "busy");
  camera.answer(READ_BATTERY, BATTERY);
  for (const request of camera.asked(READ_BATTERY)) {
    camera.reply(request, 200, READ_BATTERY.reply.write(BATTERY));
  }
  dialogue.settle();
  assert.ok(asked.every((one) => resultOf(one) === "done"));
  const numbers = camera.asked(READ_BATTERY).map(({ header }) => header.num);
  assert.equal(new Set(numbers).size, MAX_OUTSTANDING + MAX_WAITING);
  assert.ok(!numbers.includes(0), "0 is the camera's own");
});

test("BaichuanSession fails what is not settled when it ends, once", () => {
  const dialogue = Dialogue.loggedIn();
  dialogue.camera.scripts.set(READ_BATTERY.id, () => {});
  const asked = Array.from({ length: MAX_OUTSTANDING + 1 }, () => askBattery(dialogue));
  const { session } = dialogue;
  const more = [
    dialogue.ask<unknown>((now, done) => session.snapshot(now, "main", done)),
    dialogue.ask<unknown>((now, done) => session.startPreview(now, "main", done)),
    dialogue.ask<unknown>((now, done) => {
      session.movePtz(now, { direction: "left", duration: 100 }, done);
    }),
    dialogue.ask<unknown>((now, done) => session.openTalk(now, done)),
  ];
  session.receiveEnd(dialogue.now);
  dialogue.settle();
  for (const one of [...asked, ...more]) assert.equal(resultOf(one), "closed");
  assert.equal(dialogue.event("closed")?.reason, "peer");
  assert.equal(resultOf(askBattery(dialogue)), "closed");
});

test("BaichuanSession.close() logs out where the cipher hides the password, else just ends", () => {
  for (const mode of ["none", "bc", "aes", "fullAes"] as const) {
    const dialogue = Dialogue.loggedIn({ mode });
    const { camera, session } = dialogue;
    camera.answer(LOGOUT, {});
    session.close(dialogue.now);
    dialogue.settle();
    assert.equal(dialogue.event("closed")?.reason, "local", mode);
    const logouts = camera.asked(LOGOUT).map((one) => LOGOUT.request.read(one));
    const isHidden = mode === "aes" || mode === "fullAes";
    assert.deepEqual(
      logouts,
      isHidden ? [{ userName: "admin", password: "s3cret&<", version: 1 }] : [],
    );
  }
});

test("BaichuanSession.close() stops everything, and is over soon without any answer", () => {
  const dialogue = Dialogue.loggedIn();
  const { camera, session } = dialogue;
  const asked = Array.from({ length: MAX_OUTSTANDING - 2 }, () => askBattery(dialogue));
  dialogue.ask((now, done) => session.startPreview(now, "main", done));
  dialogue.ask((now, done) => session.movePtz(now, { direction: "up", duration: 100 }, done));
  asked.push(askBattery(dialogue));
  dialogue.ask((now, done) => session.startPreview(now, "sub", done));
  const from = camera.requests.length;
  session.close(dialogue.now);
  session.close(dialogue.now);
  dialogue.settle();
  const said = () => camera.requests.slice(from).map(({ header }) => header.id);
  assert.deepEqual(said(), [STOP_PREVIEW.id, CONTROL_PTZ.id], "what waited was never begun");
  assert.equal(resultOf(asked.at(-1) ?? {}), "closed");
  dialogue.pass(STOPS_TIMEOUT);
  assert.deepEqual(said(), [STOP_PREVIEW.id, CONTROL_PTZ.id, LOGOUT.id]);
  dialogue.pass(LEAVE_TIMEOUT - STOPS_TIMEOUT);
  assert.equal(dialogue.event("closed")?.reason, "local");
  for (const one of asked) assert.equal(resultOf(one), "closed");
});

test("BaichuanSession ends as closed by us, even where the camera leaves first", () => {
  const dialogue = Dialogue.loggedIn();
  dialogue.session.close(dialogue.now);
  dialogue.session.receiveEnd(dialogue.now);
  dialogue.settle();
  assert.equal(dialogue.event("closed")?.reason, "local");
});

test("BaichuanSession lets a camera refuse what others are glad to tell", () => {
  const dialogue = Dialogue.loggedIn();
  dialogue.camera.answer(READ_SUPPORT, { code: 500 });
  const asked = dialogue.ask((now, done) => {
    dialogue.session.request(now, READ_SUPPORT, {}, done);
  });
  assert.equal(resultOf(asked), "refused");
  assert.equal(dialogue.event("closed"), undefined);
});
