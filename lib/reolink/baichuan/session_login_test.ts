import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../../bytes/bytes.ts";
import type { CipherMode } from "./cipher.ts";
import { NO_PAYLOAD, xmlPayload } from "./codec.ts";
import { READ_BATTERY } from "./commands/battery.ts";
import { LOGIN } from "./commands/login.ts";
import { LOGIN_TIMEOUT } from "./handshake.ts";
import { BcClass } from "./header.ts";
import { xmlElement } from "../../xml/xml.ts";
import { CAMERA_ACCOUNT, Dialogue, FIRST_REQUEST } from "./scripted_camera.ts";
import { BaichuanSession } from "./session.ts";

const MODES: readonly { mode: CipherMode; code?: number; agreed?: CipherMode }[] = [
  { mode: "none" },
  { mode: "bc" },
  { mode: "aes" },
  { mode: "aes", code: 0xdd03 },
  { mode: "fullAes" },
  // A camera that names no mode uses AES.
  { mode: "aes", code: 200 },
];

const BATTERY = { channel: 0, percent: 87 };

for (const { mode, code } of MODES) {
  const name = code === undefined ? mode : `${mode} called 0x${code.toString(16)}`;
  for (const pieces of [Infinity, 1, 7]) {
    test(`BaichuanSession logs in with cipher ${name}, in pieces of ${pieces}`, () => {
      const login = { device: { type: "ipc", channels: 1 }, streams: [] };
      const dialogue = Dialogue.loggedIn({
        mode,
        login,
        pieces,
        ...(code === undefined ? {} : { nonceCode: code }),
      });
      assert.deepEqual(dialogue.events, [{ type: "loggedIn", mode, ...login }]);
      dialogue.camera.answer(READ_BATTERY, BATTERY);
      const asked = dialogue.ask((now, done) => {
        dialogue.session.request(now, READ_BATTERY, { channel: 0 }, done);
      });
      assert.deepEqual(asked.outcome, { type: "done", value: BATTERY });
      assert.equal(dialogue.session.counters.badMessages, 0);
      assert.equal(dialogue.camera.codec.counters.badMessages, 0);
      assert.equal(dialogue.camera.codec.counters.opaquePayloads, 0);
    });
  }
}

test("BaichuanSession begins with a header only, addressed to the device", () => {
  const session = new BaichuanSession(0, { account: CAMERA_ACCOUNT });
  const first = session.pollWrite() ?? new Uint8Array(0);
  assert.equal(toHex(first), "f0debc0a0100000000000000fa00010012dc1465");
  const plain = new BaichuanSession(0, {
    account: CAMERA_ACCOUNT,
    ceiling: "bc",
    addressing: "channel",
  });
  assert.equal(
    toHex(plain.pollWrite() ?? new Uint8Array(0)),
    "f0debc0a01000000000000000000010001dc1465",
  );
});

test("BaichuanSession tries a wrong password once, and says so", () => {
  const wrong = { user: "admin", password: { reveal: () => "wrong" } };
  const dialogue = new Dialogue({ session: { account: wrong } });
  dialogue.pass(600_000);
  assert.equal(dialogue.camera.logins, 1);
  const [end, ...more] = dialogue.events;
  assert.ok(end?.type === "closed" && more.length === 0);
  assert.deepEqual([end.reason, end.stage], ["auth", "login"]);
  assert.match(end.detail, /refuses user name or password \(status 400\)/);
  assert.match(end.advice, /Check user name and password/);
  assert.equal(dialogue.session.pollTimeout(), undefined);
});

test("BaichuanSession asks for the nonce again where a camera just woken puts it off", () => {
  const dialogue = new Dialogue();
  const { camera } = dialogue;
  let refusals = 5;
  camera.scripts.set(FIRST_REQUEST, (request) => {
    if (refusals-- > 0) camera.reply(request, 400);
    else camera.sendNonce(request);
  });
  dialogue.pass(4_999);
  assert.equal(camera.logins, 0);
  dialogue.pass(1);
  assert.equal(camera.logins, 1);
  assert.ok(dialogue.event("loggedIn"));
});

test("BaichuanSession does not ask for the nonce for ever", () => {
  const dialogue = new Dialogue();
  const { camera } = dialogue;
  camera.scripts.set(FIRST_REQUEST, (request) => camera.reply(request, 400));
  dialogue.pass(600_000);
  assert.equal(camera.requests.length, 6);
  assert.equal(dialogue.event("closed")?.reason, "peer");
});

const REFUSALS = [
  { code: 400, reason: "auth", detail: /user name or password/ },
  { code: 401, reason: "auth", detail: /user name or password/ },
  { code: 406, reason: "auth", detail: /camera requires account login \(status 406\)/ },
  { code: 417, reason: "auth", detail: /camera requires account login/ },
  { code: 421, reason: "auth", detail: /camera requires account login/ },
  { code: 500, reason: "peer", detail: /status 500/ },
  { code: 777, reason: "peer", detail: /status 777/ },
] as const;

for (const { code, reason, detail } of REFUSALS) {
  test(`BaichuanSession ends with ${reason} where the login is refused with ${code}`, () => {
    const dialogue = new Dialogue();
    dialogue.camera.answer(LOGIN, { code });
    dialogue.pass(600_000);
    const end = dialogue.event("closed");
    assert.equal(end?.reason, reason);
    assert.match(end.detail, detail);
    assert.equal(dialogue.camera.asked(LOGIN).length, 2, "a nonce and a login");
  });
}

test("BaichuanSession takes account login for what it is at the first step too", () => {
  const dialogue = new Dialogue();
  const { camera } = dialogue;
  camera.scripts.set(FIRST_REQUEST, (request) => camera.reply(request, 406));
  dialogue.settle();
  assert.match(dialogue.event("closed")?.detail ?? "", /camera requires account login/);
});

test("BaichuanSession takes a yes with nothing in it for a no", () => {
  const dialogue = new Dialogue();
  const { camera } = dialogue;
  camera.scripts.set(LOGIN.id, (request) => camera.reply(request, 200));
  dialogue.settle();
  assert.equal(dialogue.event("closed")?.reason, "auth");
});

test("BaichuanSession is in even where it cannot read what the camera says of itself", () => {
  const dialogue = new Dialogue();
  const { camera } = dialogue;
  const payload = xmlPayload(
    xmlElement("DeviceInfo", [xmlElement("channelNum", "many")]),
  );
  camera.scripts.set(LOGIN.id, (request) => camera.reply(request, 200, { payload }));
  dialogue.settle();
  assert.deepEqual(dialogue.event("loggedIn")?.device, {});
});

test("BaichuanSession ends with protocol where there is no nonce", () => {
  for (const payload of [NO_PAYLOAD, xmlPayload(xmlElement("Encryption", []))]) {
    const dialogue = new Dialogue();
    const { camera } = dialogue;
    camera.scripts.set(FIRST_REQUEST, ({ header }) => {
      camera.send({ header: { ...header, code: 0xdd01, messageClass: BcClass.nonce }, payload });
    });
    dialogue.settle();
    assert.equal(dialogue.event("closed")?.reason, "protocol");
  }
});

test("BaichuanSession ends with timeout where either step is not answered", () => {
  for (const id of [FIRST_REQUEST, LOGIN.id]) {
    const dialogue = new Dialogue();
    dialogue.camera.scripts.set(id, () => {});
    dialogue.pass(LOGIN_TIMEOUT - 1);
    assert.equal(dialogue.event("closed"), undefined);
    dialogue.pass(1);
    assert.equal(dialogue.event("closed")?.reason, "timeout");
  }
});

test("BaichuanSession sends no hash where there is no password", () => {
  const dialogue = new Dialogue({ session: { account: { user: "admin" } } });
  dialogue.settle();
  const [, login] = dialogue.camera.asked(LOGIN);
  assert.ok(login !== undefined);
  assert.equal(LOGIN.request.read(login).password, "");
});

test("BaichuanSession ends with protocol on bytes that are no Baichuan, and stays ended", () => {
  const dialogue = new Dialogue();
  dialogue.camera.sendBytes(fromHex("48545450 2f312e31 20323030 204f4b0d 0a0d0a00"));
  dialogue.settle();
  assert.equal(dialogue.event("closed")?.reason, "protocol");
  dialogue.session.receive(0, fromHex("00"));
  dialogue.session.receiveEnd(0);
  dialogue.session.close(0);
  assert.equal(dialogue.session.pollEvent(), undefined);
});

test("BaichuanSession does nothing before it is logged in, and can be closed", () => {
  const dialogue = new Dialogue();
  const asked = dialogue.ask((now, done) => {
    dialogue.session.request(now, READ_BATTERY, { channel: 0 }, done);
    dialogue.session.close(now);
  });
  assert.equal(asked.outcome?.type === "failed" && asked.outcome.reason, "closed");
  assert.equal(dialogue.event("closed")?.reason, "local");
});
