import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_PAYLOAD } from "../../lib/reolink/baichuan/codec.ts";
import { PING } from "../../lib/reolink/baichuan/commands/ping.ts";
import { READ_VERSION } from "../../lib/reolink/baichuan/commands/version.ts";
import { BcClass } from "../../lib/reolink/baichuan/header.ts";
import { PASSWORD, ReolinkWorld } from "../support/reolink_world.ts";
import { framesOf, watch } from "../support/reolink_media.ts";

for (
  const [encryption, offer, code] of [
    ["none", 0xdc12, 0xdd00],
    ["bc", 0xdc12, 0xdd01],
    ["aes", 0xdc12, 0xdd02],
    ["aes3", 0xdc12, 0xdd03],
    ["full", 0xdc12, 0xdd12],
    ["full", 0xdc00, 0xdd00],
    ["full", 0xdc01, 0xdd01],
    ["full", 0xdc03, 0xdd02],
    ["bc", 0xdc03, 0xdd01],
  ] as const
) {
  const title = `a camera with "${encryption}" that is offered ${offer.toString(16)} chooses ` +
    `${code.toString(16)}, logs in and streams`;
  test(title, () => {
    const world = new ReolinkWorld({ camera: { encryption } });
    const client = world.logIn({ offer });
    const [nonce, login] = client.received;
    assert.deepEqual([nonce?.header.code, nonce?.header.messageClass], [code, BcClass.nonce]);
    assert.deepEqual([login?.header.messageClass, login?.extension], [BcClass.reply, undefined]);
    const info = client.get(READ_VERSION, {});
    assert.equal(info.name, "Simulated");
    const started = watch(client);
    world.world.runFor(2_000);
    assert.equal(started.extension?.binary, true);
    const frames = framesOf(client.media(500));
    assert.deepEqual(frames.slice(0, 2).map(({ type }) => type), ["info", "video"]);
    assert.ok(frames.length > 80, `${frames.length}`);
    for (const { extension, payload } of client.media(500).slice(1)) {
      assert.ok(payload.type === "binary");
      if (code !== 0xdd12) assert.equal(extension, undefined);
      else if (extension?.encryptLength !== undefined) {
        assert.equal(extension.encryptLength, payload.bytes.byteLength);
      } else assert.equal(extension?.binary, undefined);
    }
  });
}

test("a nonce is as long as the scenario says", () => {
  for (const [nonceLength, looks] of [[16, /^[0-9A-F]{16}$/], [22, /^[\w-]{22}$/]] as const) {
    const world = new ReolinkWorld({ camera: { quirks: { nonceLength } } });
    const [nonce] = world.logIn().received;
    assert.ok(nonce?.payload.type === "xml");
    const text = nonce.payload.elements[0]?.children.find(({ name }) => name === "nonce")?.text;
    assert.match(text ?? "", looks);
  }
});

test("a camera takes the older first request with a body, and a probe in the clear", () => {
  const world = new ReolinkWorld();
  for (const [code, chosen] of [[0xdc12, 0xdd12], [0, 0xdd00]]) {
    const client = world.connectTcp();
    assert.ok(client !== undefined);
    const payload = { type: "binary", bytes: new Uint8Array(1_836) } as const;
    client.send({ id: 1, code: code ?? 0, messageClass: BcClass.legacy }, { payload });
    world.world.runFor(10);
    assert.equal(client.received[0]?.header.code, chosen);
  }
});

test("a camera refuses a wrong user or password with a header of 400, and takes the right one", () => {
  const world = new ReolinkWorld({ camera: { user: "owner", password: "s3cret" } });
  const wrong = [{ user: "admin", password: "s3cret" }, { user: "owner", password: "sightline" }];
  for (const credentials of wrong) {
    const client = world.connectTcp();
    assert.equal(client?.login(credentials), 400);
    assert.deepEqual(client.received.at(-1)?.payload, NO_PAYLOAD);
    assert.equal(client.askRaw(93).header.code, 400);
  }
  assert.equal(world.camera.state.counters.wrongLogins, 2);
  assert.equal(world.connectTcp()?.login({ user: "owner", password: "s3cret" }), 200);
  const logins = world.cameraEvents.flatMap((event) => event.type === "login" ? [event] : []);
  assert.deepEqual(logins.map(({ accepted }) => accepted), [false, false, true]);
});

test("a camera without a password takes a login without one", () => {
  const world = new ReolinkWorld({ camera: { password: "" } });
  assert.equal(world.connectTcp()?.login({ password: "" }), 200);
});

test("a camera refuses everything before the login, and what it does not know after it", () => {
  const world = new ReolinkWorld();
  const client = world.connectTcp();
  assert.ok(client !== undefined);
  for (const id of [3, 80, 93, 104, 109, 151, 199, 253]) {
    assert.equal(client.askRaw(id).header.code, 400, `${id}`);
  }
  const known = world.logIn();
  for (const id of [5, 67, 268, 806, 807, 4_000_000_000]) {
    assert.equal(known.askRaw(id).header.code, 400, `${id}`);
  }
});

test("a camera repeats bytes 12 to 15 of every request", () => {
  const client = new ReolinkWorld().logIn({ channel: 250 });
  for (
    const header of [{ channel: 250, stream: 2, num: 0xfffe }, { channel: 1, stream: 1, num: 7 }]
  ) {
    const { channel, stream, num, messageClass } = client.ask(PING, {}, header).header;
    assert.deepEqual({ channel, stream, num }, header);
    assert.equal(messageClass, BcClass.reply);
  }
});

test("a camera ends a connection that does not log in, and one that sends what is no message", () => {
  const world = new ReolinkWorld();
  world.connectTcp();
  world.world.runFor(29_000);
  assert.equal(world.camera.sessions, 1);
  world.world.runFor(1_000);
  assert.equal(world.camera.sessions, 0);
  const number = world.command((camera, now) => camera.openTcp(now, world.register));
  assert.ok(number !== undefined);
  world.command((camera, now) => camera.receiveTcp(now, number, new Uint8Array(40).fill(7)));
  const closed = world.cameraEvents.flatMap((one) => one.type === "sessionClosed" ? [one] : []);
  assert.deepEqual(closed.map(({ reason }) => reason), ["timeout", "protocol"]);
});

test("a camera pushes picture settings, battery and floodlight after a login, all under number 0", () => {
  const ids = (power: string) => {
    const world = new ReolinkWorld({ camera: { power } });
    if (power === "battery") {
      world.command((camera, now) => camera.move(now));
      world.world.runFor(4_000);
    }
    const client = world.logIn();
    world.world.runFor(100);
    return client.received.slice(2).map(({ header }) => [header.id, header.num, header.code]);
  };
  assert.deepEqual(ids("mains"), [[78, 0, 200], [291, 0, 200]]);
  assert.deepEqual(ids("battery"), [[78, 0, 200], [252, 0, 200], [291, 0, 200]]);
});

test("a camera asks over UDP every 10 s whether the client is there, and leaves the third time", () => {
  const world = new ReolinkWorld();
  const { client } = world.connect("local");
  client.login();
  world.world.runFor(60_000);
  assert.ok(client.received.filter(({ header }) => header.id === 234).length >= 5);
  client.answersKeepAlive = false;
  const start = world.now;
  const closed = () => world.cameraEvents.find(({ type }) => type === "sessionClosed");
  world.world.runUntil(() => closed() !== undefined, 60_000);
  const took = world.now - start;
  assert.ok(took > 25_000 && took <= 40_000, `${took} ms`);
  assert.equal(world.probe.heardOf("D2C_DISC").length, 1);
});

test("a camera lets no more clients in than its limit", () => {
  const world = new ReolinkWorld();
  for (let i = 0; i < 12; i++) world.logIn();
  assert.equal(world.connectTcp()?.login({ password: PASSWORD }), 400);
  while (world.connectTcp() !== undefined);
  assert.equal(world.camera.sessions, 16);
});
