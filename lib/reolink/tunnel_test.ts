import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { LAN_CAMERA, LanWorld } from "../../tests/support/lan_camera.ts";
import { patternAt, patternHash } from "../../tests/support/pattern.ts";
import { fromHex } from "../bytes/bytes.ts";

const FAR = { link: { delay: 10, loss: 0.02 }, seed: 3 };

test("ReolinkTunnel opens to a camera on the LAN, and says so in order", () => {
  const world = new LanWorld({ link: { delay: 5 } }).open();
  const told = world.events.flatMap((event) => {
    if (event.type === "state") return [event.state];
    return event.type === "stage" ? [`${event.stage} ${event.status}`] : [event.type];
  });
  assert.deepEqual(told, ["locating", "discover started", "discover answered", "open", "open"]);
  assert.deepEqual(world.find("open"), { type: "open", way: "lan", peer: LAN_CAMERA });
  assert.deepEqual(world.tunnel.peer, LAN_CAMERA);
});

test("ReolinkTunnel carries bytes both ways over a bad network", () => {
  const world = new LanWorld(FAR).open();
  const total = 300_000;
  const hash = createHash("sha256");
  let sent = 0;
  let received = 0;
  world.onBytes = (bytes) => {
    hash.update(bytes);
    received += bytes.byteLength;
  };
  while (received < total) {
    world.command((tunnel, now) => {
      const length = Math.min(tunnel.space(), total - sent, 20_000);
      if (length > 0) tunnel.write(now, patternAt(sent, length));
      sent += length;
    });
    world.world.runFor(20);
    assert.ok(world.world.now < 60_000);
  }
  assert.equal(hash.digest("hex"), patternHash(total));
  const { stats } = world.tunnel;
  assert.equal(stats?.bytesSent, total);
  assert.equal(stats?.bytesReceived, total);
});

test("ReolinkTunnel holds a writer back, and tells it when it may go on", () => {
  const world = new LanWorld({ ...FAR, tunnel: { connection: { sendBuffer: 20_000 } } });
  assert.equal(world.tunnel.space(), 0, "there is nothing to write to yet");
  world.command((tunnel, now) => tunnel.write(now, new Uint8Array(10)));
  world.open();
  world.command((tunnel, now) => tunnel.write(now, new Uint8Array(200_000)));
  assert.equal(world.tunnel.space(), 0);
  world.world.runUntil(() => world.find("writable") !== undefined, 5_000);
  assert.ok(world.tunnel.space() > 0);
});

test("ReolinkTunnel keeps what has arrived for a reader that comes late", () => {
  const world = new LanWorld({ link: { delay: 5 } }).open();
  world.command((tunnel, now) => tunnel.write(now, Uint8Array.of(1, 2, 3)));
  world.world.runFor(100);
  world.stage((camera) => camera.disconnect());
  world.world.runFor(100);
  assert.equal(world.tunnel.state, "closed");
  assert.deepEqual(world.tunnel.read(), Uint8Array.of(1, 2, 3));
});

test("ReolinkTunnel.close() lets what was written arrive, then says goodbye", () => {
  const world = new LanWorld({ link: { delay: 30, loss: 0.05 }, seed: 5 }).open();
  let arrived = 0;
  world.camera.onBytes = (_now, bytes) => arrived += bytes.byteLength;
  const began = world.world.now;
  world.command((tunnel, now) => {
    tunnel.write(now, new Uint8Array(30_000));
    tunnel.close(now);
  });
  assert.equal(world.tunnel.isOpen, false);
  world.world.runUntil(() => world.tunnel.state === "closed", 2_000);
  assert.equal(arrived, 30_000);
  assert.ok(world.world.now - began < 1_300, `${world.world.now - began} ms`);
  world.world.runFor(100);
  assert.ok(world.camera.heard.some(({ type }) => type === "C2D_DISC"));
  assert.deepEqual(world.find("closed"), {
    type: "closed",
    reason: "local",
    stage: "open",
    detail: "closed",
    advice: "",
  });
});

test("ReolinkTunnel.close() waits a second for what does not arrive", () => {
  const world = new LanWorld({ link: { delay: 5 } }).open();
  world.stage((camera) => camera.isDead = true);
  const began = world.world.now;
  world.command((tunnel, now) => {
    tunnel.write(now, new Uint8Array(10));
    tunnel.close(now);
    tunnel.close(now);
  });
  world.world.runUntil(() => world.tunnel.state === "closed", 2_000);
  assert.ok(Math.abs(world.world.now - began - 1_200) < 50, `${world.world.now - began} ms`);
});

test("ReolinkTunnel.close() before it is open needs no time at all", () => {
  const world = new LanWorld({ link: { delay: 500 } });
  world.command((tunnel, now) => tunnel.close(now));
  assert.deepEqual(world.find("closed")?.reason, "local");
  assert.equal(world.tunnel.pollTimeout(), undefined);
});

test("ReolinkTunnel ends when the camera takes its leave", () => {
  const world = new LanWorld({ link: { delay: 5 } }).open();
  world.stage((camera) => camera.disconnect());
  world.world.runFor(100);
  const closed = world.find("closed");
  assert.equal(closed?.reason, "peer");
  assert.equal(closed?.stage, "open");
  assert.equal(world.events.at(-1), closed);
});

test("ReolinkTunnel ends when the camera falls silent for 10 s, and takes its leave all the same", () => {
  const world = new LanWorld({ link: { delay: 5 } }).open();
  world.stage((camera) => camera.isDead = true);
  const began = world.world.now;
  world.world.runUntil(() => world.tunnel.state === "closed", 20_000);
  assert.ok(Math.abs(world.world.now - began - 10_200) < 100, `${world.world.now - began} ms`);
  const closed = world.find("closed");
  assert.equal(closed?.reason, "timeout");
  assert.equal(closed?.detail, "the camera fell silent");
  assert.notEqual(closed?.advice, "");
});

test("ReolinkTunnel takes heartbeats for a sign of life", () => {
  const world = new LanWorld({ link: { delay: 5 } }).open();
  // Its stream says nothing any more.
  world.stage((camera) => camera.connection?.close());
  for (let i = 0; i < 6; i++) {
    world.world.runFor(5_000);
    world.stage((camera) => camera.beat());
  }
  assert.equal(world.tunnel.isOpen, true);
});

test("ReolinkTunnel follows a camera to another port, with its heartbeats too", () => {
  const world = new LanWorld({ link: { delay: 5 } }).open();
  world.stage((camera) => camera.hasMoved = true);
  world.world.runFor(500);
  assert.deepEqual(world.tunnel.peer, { ...LAN_CAMERA, port: LAN_CAMERA.port + 1 });
  const to = new Set<number>();
  const handle = world.camera.handleDatagram.bind(world.camera);
  world.camera.handleDatagram = (now, via, from, bytes) => {
    to.add(world.camera.sockets.get(via)?.port ?? 0);
    handle(now, via, from, bytes);
  };
  world.world.runFor(2_000);
  assert.deepEqual([...to], [LAN_CAMERA.port + 1]);
});

test("ReolinkTunnel counts what is nothing of its own, and stays open", () => {
  const world = new LanWorld({ link: { delay: 5 } });
  const data = fromHex("10cf872a 31000000 00000000 00000000 01000000 2a");
  const inject = (via: string, bytes: Uint8Array) => {
    world.command((tunnel, now) => tunnel.handleDatagram(now, via, LAN_CAMERA, bytes));
  };
  inject("lan", data);
  world.open();
  inject("cloud", data);
  inject("lan", data);
  inject("lan", new Uint8Array(0));
  inject("lan", fromHex("31cf872a 00000000"));
  inject("lan", fromHex("3acf872a 00000000"));
  const { garbage, stray, undecodable } = world.tunnel.counters;
  assert.deepEqual({ garbage, stray, undecodable }, { garbage: 2, stray: 2, undecodable: 1 });
  assert.equal(world.tunnel.stats?.bad, 1);
  assert.equal(world.tunnel.isOpen, true);
});

test("ReolinkTunnel says where it gave up when nobody answers", () => {
  const world = new LanWorld({
    tunnel: { lanTargets: [{ address: "192.168.1.255", port: 2015 }] },
  });
  world.world.runUntil(() => world.tunnel.state === "closed", 40_000);
  const closed = world.find("closed");
  assert.equal(closed?.stage, "discover");
  assert.notEqual(closed?.advice, "");
  assert.equal(world.find("open"), undefined);
});
