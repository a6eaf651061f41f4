import assert from "node:assert/strict";
import { test } from "node:test";
import { xmlElement } from "../../xml/xml.ts";
import { NO_PAYLOAD, xmlPayload } from "./codec.ts";
import { ALARM_EVENTS } from "./commands/alarm_events.ts";
import { BATTERY_LIST } from "./commands/battery.ts";
import { CHANNEL_LIST } from "./commands/channel_list.ts";
import { FLOODLIGHT_STATUS_LIST } from "./commands/floodlight_status.ts";
import { KEEP_ALIVE_ID } from "./commands/keep_alive.ts";
import { PING } from "./commands/ping.ts";
import { TALK_DATA } from "./commands/talk_data.ts";
import { WATCH_EVENTS } from "./commands/watch_events.ts";
import { MAX_RETRIES } from "./exchange.ts";
import { EAGER_RENEWAL, RENEWAL } from "./event_watch.ts";
import { BcClass } from "./header.ts";
import { MAX_MISSED_PINGS, PING_INTERVAL } from "./heartbeat.ts";
import { Dialogue, pushHeader, resultOf } from "./scripted_camera.ts";
import { MAX_WAITING_ANSWERS } from "./session.ts";

const BATTERY = { channel: 0, percent: 87 };

test("BaichuanSession tells what a camera says unasked", () => {
  const dialogue = Dialogue.loggedIn();
  const { camera } = dialogue;
  camera.push(BATTERY_LIST, [BATTERY]);
  camera.push(FLOODLIGHT_STATUS_LIST, []);
  camera.push(CHANNEL_LIST, [{ channel: 0, loginState: "standby" }]);
  camera.push(ALARM_EVENTS, [{ channel: 0, status: "MD", aiType: "people&vehicle" }]);
  camera.push(ALARM_EVENTS, []);
  for (const id of [78, 255]) {
    camera.send({ header: pushHeader(id), payload: xmlPayload(xmlElement("Whatever")) });
  }
  dialogue.settle();
  assert.deepEqual(dialogue.events.slice(1), [
    { type: "battery", batteries: [BATTERY] },
    { type: "floodlight", lights: [] },
    { type: "channels", channels: [{ channel: 0, loginState: "standby" }] },
    {
      type: "sightings",
      sightings: [{ channel: 0, motion: true, visitor: false, kinds: ["people", "vehicle"] }],
    },
    { type: "sightings", sightings: [] },
    { type: "push", id: 78 },
    { type: "push", id: 255 },
  ]);
});

test("BaichuanSession counts what nobody asked for, and what cannot be read", () => {
  const dialogue = Dialogue.loggedIn();
  const { camera, session } = dialogue;
  camera.send({ header: pushHeader(4_711), payload: NO_PAYLOAD });
  camera.send({ header: pushHeader(3), payload: { type: "binary", bytes: new Uint8Array(8) } });
  camera.send({
    header: pushHeader(252),
    payload: xmlPayload(xmlElement("BatteryList"), {
      ...xmlElement("x"),
    }),
  });
  camera.send({ header: pushHeader(291), payload: NO_PAYLOAD });
  dialogue.settle();
  assert.equal(session.counters.strayMessages, 2);
  assert.equal(session.counters.badPushes, 1);
});

test("BaichuanSession answers at once when asked whether it is there", () => {
  const dialogue = Dialogue.loggedIn();
  const { camera, session } = dialogue;
  const header = { id: KEEP_ALIVE_ID, channel: 7, stream: 5, num: 0x1234, code: 0 };
  camera.send({ header: { ...header, messageClass: BcClass.reply }, payload: NO_PAYLOAD });
  dialogue.settle();
  const { magic: _, ...answer } = { ...camera.requests.at(-1)?.header };
  assert.deepEqual(answer, { ...header, code: 200, messageClass: BcClass.modern });
  assert.equal(session.counters.keepAlives, 1);
});

test("BaichuanSession limits how many answers wait", () => {
  const dialogue = Dialogue.loggedIn();
  const header = { id: KEEP_ALIVE_ID, channel: 0, stream: 0, num: 0, code: 0 };
  const question = dialogue.camera.codec.encode({
    header: { ...header, messageClass: BcClass.reply },
    payload: NO_PAYLOAD,
  });
  for (let i = 0; i < 2 * MAX_WAITING_ANSWERS; i++) {
    dialogue.session.receive(dialogue.now, question.slice());
  }
  let answers = 0;
  while (dialogue.session.pollWrite() !== undefined) answers++;
  assert.equal(answers, MAX_WAITING_ANSWERS);
});

test("BaichuanSession pings every five seconds, and tells how long the answer takes", () => {
  const dialogue = Dialogue.loggedIn();
  const { camera, session } = dialogue;
  dialogue.pass(10 * PING_INTERVAL);
  assert.equal(camera.asked(PING).length, 10);
  assert.equal(session.roundTrip, 0);
  camera.scripts.set(PING.id, () => {});
  dialogue.pass(PING_INTERVAL);
  dialogue.pass(70);
  const ping = camera.asked(PING).at(-1);
  assert.ok(ping !== undefined);
  camera.reply(ping, 200, PING.reply.write({ type: "LAN" }));
  dialogue.settle();
  assert.equal(session.roundTrip, 70);
});

test("BaichuanSession ends where pings are not answered again and again", () => {
  const dialogue = Dialogue.loggedIn();
  dialogue.camera.scripts.set(PING.id, () => {});
  dialogue.pass((MAX_MISSED_PINGS + 1) * PING_INTERVAL - 1);
  assert.equal(dialogue.event("closed"), undefined);
  dialogue.pass(1);
  const end = dialogue.event("closed");
  assert.deepEqual([end?.reason, end?.stage], ["timeout", "session"]);
  assert.equal(dialogue.session.counters.missedPings, MAX_MISSED_PINGS);
});

test("BaichuanSession takes anything from the camera for a sign of life", () => {
  const dialogue = Dialogue.loggedIn();
  const { camera, session } = dialogue;
  camera.scripts.set(PING.id, () => {});
  for (let i = 0; i < 20; i++) {
    dialogue.pass(PING_INTERVAL);
    camera.push(BATTERY_LIST, []);
    dialogue.settle();
  }
  assert.equal(dialogue.event("closed"), undefined);
  // A camera that knows no pings says so each time.
  for (const code of [400, 500]) {
    camera.answer(PING, { code });
    dialogue.pass(100 * PING_INTERVAL);
    assert.equal(dialogue.event("closed"), undefined);
  }
  assert.equal(session.counters.missedPings, 0);
  camera.scripts.set(PING.id, (ping) => {
    camera.reply(ping, 200, { payload: xmlPayload(xmlElement("Other")) });
  });
  dialogue.pass(100 * PING_INTERVAL);
  assert.equal(dialogue.event("closed"), undefined);
});

test("BaichuanSession.watchEvents() asks again until the first event, then seldom", () => {
  const dialogue = Dialogue.loggedIn();
  const { camera, session } = dialogue;
  camera.answer(WATCH_EVENTS, {});
  const asked = dialogue.ask((now, done) => session.watchEvents(now, done));
  assert.equal(resultOf(asked), "done");
  dialogue.pass(2 * EAGER_RENEWAL);
  assert.equal(camera.asked(WATCH_EVENTS).length, 3);
  camera.push(ALARM_EVENTS, []);
  dialogue.pass(RENEWAL - 1);
  assert.equal(camera.asked(WATCH_EVENTS).length, 3);
  dialogue.pass(1);
  assert.equal(camera.asked(WATCH_EVENTS).length, 4);
});

test("BaichuanSession.watchEvents() fails with cameras that see nothing, and asks no more", () => {
  const dialogue = Dialogue.loggedIn();
  dialogue.camera.answer(WATCH_EVENTS, { code: 400 });
  const asked = dialogue.ask((now, done) => dialogue.session.watchEvents(now, done));
  dialogue.pass(20_000);
  assert.equal(resultOf(asked), "refused");
  dialogue.pass(10 * RENEWAL);
  assert.equal(dialogue.camera.asked(WATCH_EVENTS).length, 1 + MAX_RETRIES);
});

test("BaichuanSession does not mind answers to talk", () => {
  const dialogue = Dialogue.loggedIn();
  dialogue.camera.send({
    header: { ...pushHeader(TALK_DATA.id), num: 77 },
    payload: NO_PAYLOAD,
  });
  dialogue.settle();
  assert.equal(dialogue.session.counters.strayMessages, 0);
});
