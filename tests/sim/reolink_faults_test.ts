import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBcUdp } from "../../lib/reolink/bcudp/datagram.ts";
import { SNAPSHOT } from "../../lib/reolink/baichuan/commands/snapshot.ts";
import { BC_MAGIC_DEVICE } from "../../lib/reolink/baichuan/header.ts";
import { BcMediaReader } from "../../lib/reolink/bcmedia/reader.ts";
import { framesOf, watch } from "../support/reolink_media.ts";
import { ReolinkWorld } from "../support/reolink_world.ts";

function closed(world: ReolinkWorld): string | undefined {
  const event = world.cameraEvents.find(({ type }) => type === "sessionClosed");
  return event?.type === "sessionClosed" ? event.detail : undefined;
}

function bcUdp(
  ids: { readonly did: number },
  packetId: number | undefined,
  bitmap: number,
): Uint8Array {
  return encodeBcUdp({
    type: "ack",
    connectionId: ids.did,
    packetId,
    latency: 0,
    bitmap: new Uint8Array(bitmap),
  });
}

for (
  const [conn, loss] of [["local", 0.01], ["map", 0.05], ["relay", 0.1], ["relay", 0.3]] as const
) {
  const title =
    `a client gets a whole stream by ${conn} through ${100 * loss} % of loss each way, ` +
    "duplicates and disorder";
  test(title, () => {
    const link = { loss, duplicate: loss, reorder: loss, delay: "30ms" };
    const world = new ReolinkWorld({ camera: { link }, seed: 7, settling: 30_000 });
    const { client } = world.connect(conn);
    assert.equal(client.login(), 200);
    watch(client);
    world.world.runFor(10_000);
    const pictures = framesOf(client.media(500)).filter((frame) => frame.type === "video");
    assert.ok(pictures.length > 25 * (loss < 0.3 ? 8 : 2), `${pictures.length} pictures`);
    const times = pictures.map(({ microseconds }) => microseconds);
    const steps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    // Where even a good sender gets through too little, pictures are left out.
    if (loss < 0.3) assert.deepEqual([...new Set(steps)], [40_000]);
  });
}

test("a camera bears an acknowledgement of 204 packets, and leaves at one of 205", () => {
  const world = new ReolinkWorld();
  const session = world.connect("local");
  session.client.login();
  world.exchangeBytes(session.peer, bcUdp(session, 0, 204));
  assert.equal(world.camera.sessions, 1);
  world.exchangeBytes(session.peer, bcUdp(session, 0, 205));
  assert.equal(world.camera.sessions, 0);
  assert.match(closed(world) ?? "", /bitmap of 205/);
  assert.equal(world.probe.heardOf("D2C_DISC").length, 1);
});

test("a camera leaves a client that acknowledges nothing for 5 s", () => {
  const world = new ReolinkWorld({ camera: { faults: { ackLoss: 1 } } });
  const { client } = world.connect("local");
  assert.equal(client.login(), 200, "it is told");
  const start = world.now;
  world.world.runUntil(() => world.camera.sessions === 0, 20_000);
  assert.ok(world.now - start >= 4_900 && world.now - start < 6_000, `${world.now - start}`);
  assert.match(closed(world) ?? "", /acknowledge/);
});

test("a camera leaves a client whose first packet never comes", () => {
  const world = new ReolinkWorld();
  world.connect("local");
  world.world.runFor(9_500);
  assert.equal(world.camera.sessions, 1);
  world.world.runFor(1_000);
  assert.match(closed(world) ?? "", /first packet/);
});

test("half of all acknowledgements may be lost", () => {
  const world = new ReolinkWorld({ camera: { faults: { ackLoss: 0.5 } } });
  const { client } = world.connect("local");
  client.login();
  watch(client);
  world.world.runFor(30_000);
  assert.equal(world.camera.sessions, 1);
  assert.ok(framesOf(client.media(500)).length > 25 * 29);
});

test("a camera ends sessions when the scenario says so, a little later at random", () => {
  const faults = { disconnectAfter: "5s", disconnectJitter: "2s" };
  const lengths = [1, 2, 3, 4].map((seed) => {
    const world = new ReolinkWorld({ seed, camera: { faults } });
    world.connect("local").client.login();
    const start = world.now;
    world.world.runUntil(() => world.probe.heardOf("D2C_DISC").length > 0, 10_000);
    assert.match(closed(world) ?? "", /the camera ended/);
    return world.now - start;
  });
  for (const length of lengths) assert.ok(length > 4_000 && length <= 7_000, `${length}`);
  assert.ok(new Set(lengths).size > 1);
});

test("a camera goes dark for good without a word", () => {
  const world = new ReolinkWorld({ camera: { faults: { vanishAfter: "5s" } } });
  const { client } = world.connect("local");
  client.login();
  world.world.runFor(6_000);
  const delivered = client.received.length;
  world.world.runFor(60_000);
  assert.equal(client.received.length, delivered);
  assert.deepEqual(world.probe.heardOf("D2C_DISC"), []);
  assert.equal(world.connectTcp(), undefined);
});

test("a battery camera falls asleep in the middle of a stream", () => {
  const camera = { power: "battery", battery: { wakeTime: "1s" }, faults: { dropOffAfter: "5s" } };
  const world = new ReolinkWorld({ camera });
  const { client } = world.connect("local");
  client.login();
  watch(client);
  world.world.runFor(6_000);
  assert.equal(world.camera.power.state, "asleep");
  assert.equal(world.camera.state.counters.previews, 0);
  assert.equal(world.connect("local").client.login(), 200, "and can be woken again");
});

test("a camera goes on from another port of its own", () => {
  for (const nat of ["none", "full-cone"]) {
    const world = new ReolinkWorld({ camera: { nat, faults: { movePortAfter: "5s" } } });
    const { client, peer } = world.connect("map");
    client.login();
    watch(client);
    world.world.runFor(20_000);
    assert.ok(framesOf(client.media(500)).length > 25 * 19, nat);
    const beats = world.probe.heard.filter(({ message }) => message.type === "D2C_HB");
    assert.notEqual(beats.at(-1)?.from.port, peer.port);
  }
});

test("a camera repeats its confirmation long after data has begun to flow", () => {
  const world = new ReolinkWorld({ camera: { faults: { lateConfirmations: 3 } } });
  const session = world.connect("local");
  session.client.login();
  const before = world.probe.heardOf("D2C_CFM").length;
  world.world.runFor(10_000);
  assert.equal(world.probe.heardOf("D2C_CFM").length - before, 3);
});

test("a camera knocks in the middle of a session, and leaves unless it is answered", () => {
  for (const isAnswered of [true, false]) {
    const world = new ReolinkWorld({ camera: { faults: { lateKnockAfter: "3s" } } });
    const introduction = world.introduce();
    const { client, cid, did, peer } = world.connect("local", introduction);
    client.login();
    const before = world.probe.heard.length;
    world.world.runFor(3_000);
    const knock = world.probe.heard.slice(before).find(({ message }) => message.type === "D2C_T");
    assert.ok(knock !== undefined);
    const { sid } = introduction;
    const answer = { type: "C2D_A", sid, conn: "local", cid, did, mtu: 1350 } as const;
    if (isAnswered) {
      const heard = world.exchange(peer, answer, 100, knock.tid);
      assert.ok(heard.some(({ message }) => message.type === "D2C_CFM"));
    }
    world.world.runFor(8_000);
    assert.equal(world.camera.sessions, isAnswered ? 1 : 0);
  }
});

test("a silent camera answers the register and no client", () => {
  const world = new ReolinkWorld({ camera: { faults: { silent: true } } });
  assert.throws(() => world.connect("local"), /D2C_CFM must come/);
  assert.equal(world.connectTcp(), undefined);
  assert.equal(world.camera.power.state, "awake");
});

test("a camera refuses the first logins, right or wrong, with the code of the scenario", () => {
  const faults = { refuseLogins: 2, refuseLoginWith: 406 };
  const world = new ReolinkWorld({ camera: { faults } });
  const codes = [0, 1, 2].map(() => world.connectTcp()?.login());
  assert.deepEqual(codes, [406, 406, 200]);
  const { logins, wrongLogins, refusedLogins } = world.camera.state.counters;
  assert.deepEqual([logins, wrongLogins, refusedLogins], [1, 0, 2]);
});

test("a camera is not ready for as long as the scenario says", () => {
  const camera = {
    power: "battery",
    battery: { wakeTime: 0, sleepAfter: "1m" },
    quirks: { notReadyFor: "20s" },
  };
  const world = new ReolinkWorld({ camera });
  const { client } = world.connect("local");
  client.login();
  assert.equal(client.askRaw(253).header.code, 400);
  world.world.runFor(20_000);
  assert.equal(client.askRaw(253).header.code, 200);
});

test("frames have additional headers and padding as the scenario says", () => {
  for (const [keyExtra, interExtra] of [[0, 0], [8, 8], [16, 16]]) {
    const quirks = { keyExtra, interExtra, padding: 0xa5 };
    const world = new ReolinkWorld({ camera: { quirks } });
    const client = world.logIn();
    watch(client);
    world.world.runFor(2_000);
    for (const frame of framesOf(client.media(500))) {
      if (frame.type !== "video") continue;
      assert.equal(frame.extra.byteLength, frame.keyframe ? keyExtra : interExtra);
    }
  }
});

test("a camera's media clock wraps when it has been up for long enough", () => {
  const world = new ReolinkWorld({ camera: { quirks: { uptime: "4290s" } } });
  const client = world.logIn();
  watch(client);
  world.world.runFor(10_000);
  const pictures = framesOf(client.media(500)).filter((frame) => frame.type === "video");
  const words = pictures.map((
    { microseconds, microsecondsHigh },
  ) => [microsecondsHigh, microseconds]);
  const at = words.findIndex(([high]) => high === 1);
  assert.ok(at > 0);
  const [before, after] = [words[at - 1]?.[1] ?? 0, words[at]?.[1] ?? 0];
  assert.equal(after + 2 ** 32 - before, 40_000);
});

test("one frame of a stream has a broken magic, and the reader gets over it", () => {
  const world = new ReolinkWorld({ camera: { faults: { corruptMediaAfter: "2s" } } });
  const client = world.logIn();
  watch(client);
  world.world.runFor(6_000);
  const reader = new BcMediaReader();
  let gaps = 0;
  for (const { payload } of client.media(500)) {
    if (payload.type === "binary") reader.push(payload.bytes);
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      if (next.type === "gap") gaps += 1;
    }
  }
  assert.equal(gaps, 1);
});

test("a stream slows down to its key frames", () => {
  const world = new ReolinkWorld({ camera: { audio: "none", faults: { slowAfter: "2s" } } });
  const client = world.logIn();
  watch(client);
  world.world.runFor(12_000);
  const pictures = framesOf(client.media(500)).filter((frame) => frame.type === "video");
  assert.equal(pictures.length, 51 + 10);
});

test("a picture comes under the magic of recorders, or not at all", () => {
  const snap = { channel: 0, stream: "main" } as const;
  const recorder = new ReolinkWorld({ camera: { quirks: { snapshot: "recorder" } } }).logIn();
  recorder.ask(SNAPSHOT, snap);
  recorder.runFor(1_000);
  assert.equal(recorder.received.at(-1)?.header.magic, BC_MAGIC_DEVICE);
  const none = new ReolinkWorld({ camera: { quirks: { snapshot: "none" } } }).logIn();
  assert.equal(none.ask(SNAPSHOT, snap).header.code, 400);
});

test("messages are cut at every byte, and put together again", () => {
  for (const maxPiece of [1, 7, 100]) {
    const world = new ReolinkWorld({ camera: { quirks: { maxPiece } } });
    const { client } = world.connect("local");
    assert.equal(client.login(), 200);
    assert.equal(client.askRaw(80).header.code, 200);
    assert.equal(client.codec.counters.badMessages, 0);
  }
});

test("the same seed makes the same run", () => {
  const run = (seed: number) => {
    const world = new ReolinkWorld({
      seed,
      camera: { power: "battery", link: { loss: 0.1, delay: "20ms", jitter: "20ms" } },
    });
    const { client } = world.connect("relay");
    client.login();
    watch(client);
    world.world.runFor(5_000);
    return client.received.map(({ at, header }) => `${at} ${header.id}`).join();
  };
  assert.equal(run(3), run(3));
  assert.notEqual(run(3), run(4));
});
