import assert from "node:assert/strict";
import { test } from "node:test";
import { acks, camera, client, ids } from "../../../tests/support/bcudp_hand.ts";
import { BcUdpPair } from "../../../tests/support/bcudp_pair.ts";

const FULL = 1330;

test("BcUdpConnection never sends a bitmap of more than 200 packets", () => {
  const hand = client();
  hand.data(0);
  for (let id = 2; id < 500; id++) hand.data(id);
  for (const datagram of hand.wait(100)) {
    assert.ok(datagram.type === "ack" && datagram.bitmap.byteLength === 200);
  }
  hand.data(1);
  assert.deepEqual(acks(hand.wait(10)).at(-1), "499:");
});

test("BcUdpConnection gives up when 1024 packets wait for one that does not come", () => {
  const hand = client();
  hand.data(0);
  for (let id = 2; id < 1026; id++) hand.data(id);
  assert.equal(hand.end, undefined);
  hand.data(1026);
  assert.equal(hand.end, "timeout: the camera did not send a lost packet again");
  assert.deepEqual(hand.read(), [0], "what came before can be read");
});

test("BcUdpConnection does not keep what no sender can have sent", () => {
  const hand = client();
  hand.data(0);
  for (const id of [4_098, 0x7fffffff, 0xffffffff - 5_000]) hand.data(id);
  hand.data(1, new Uint8Array(2_049));
  assert.equal(hand.connection.stats.bad, 4);
  assert.deepEqual(acks(hand.wait(10)), ["0:"]);
});

test("BcUdpConnection stops acknowledging while nobody reads, and loses nothing", () => {
  const pair = new BcUdpPair({
    link: { delay: 10, loss: 0.01 },
    client: { receiveBuffer: 50_000 },
    // A reader that takes a break is not the network's fault.
    camera: { stallLimit: 60_000 },
  });
  const total = 500_000;
  let sent = 0;
  let read = 0;
  let reads = false;
  pair.serve = () => {
    while (sent < total && pair.camera.space() > 0) {
      const length = Math.min(5_000, total - sent);
      pair.camera.write(pair.now, Uint8Array.from({ length }, (_, i) => (sent + i) % 251));
      sent += length;
    }
    for (let bytes = reads ? pair.client.read() : undefined; bytes; bytes = pair.client.read()) {
      for (const byte of bytes) assert.equal(byte, read++ % 251);
    }
  };
  pair.client.write(pair.now, Uint8Array.of(0));
  pair.network.pass(30_000);
  assert.ok(pair.client.stats.bytesReceived < 50_000 + 200 * FULL);
  assert.ok(pair.client.stats.refused > 0);
  reads = true;
  pair.network.run(() => read === total, 30_000);
});

test("BcUdpConnection has no more than its window on the way, from the oldest packet on", () => {
  for (const [hand, window] of [[client(), 128], [camera(), 200]] as const) {
    let sent = ids(hand.write(400 * FULL)).length;
    // Everything but packet 0 arrives.
    for (let round = 0; round < 20; round++) {
      hand.now += 30;
      sent += ids(hand.ack(undefined)).filter((id) => id !== 0).length;
      const bitmap = Array.from({ length: sent }, (_, id) => id === 0 ? 0 : 1);
      const capped = bitmap.slice(0, 200);
      sent += ids(hand.ack(0xffffffff, capped)).filter((id) => id !== 0).length;
    }
    assert.equal(sent, window);
  }
});

test("BcUdpConnection keeps no more than 8192 packets for a reader, however small they are", () => {
  const hand = client();
  for (let id = 0; id < 9_000; id++) hand.data(id);
  assert.equal(hand.connection.stats.refused, 9_000 - 8_192);
  assert.deepEqual(acks(hand.wait(10)), ["8191:"]);
  assert.equal(hand.read().length, 8_192);
  hand.data(8_192);
  assert.deepEqual(acks(hand.wait(10)), ["8192:"]);
});

test("BcUdpConnection holds back a writer, and tells it when there is space again", () => {
  const hand = client({ sendBuffer: 50_000 });
  assert.equal(hand.connection.space(), 50_000);
  hand.write(50_000 + 32 * FULL);
  assert.equal(hand.connection.space(), 0);
  let acknowledged = 0;
  while (!hand.events.some(({ type }) => type === "writable")) {
    hand.now += 20;
    acknowledged += 8;
    hand.ack(acknowledged - 1);
  }
  assert.ok(hand.connection.space() >= 25_000);
});

test("BcUdpConnection ends when far more is written than the client takes", () => {
  const hand = camera({ sendBuffer: 10_000 });
  hand.write(300_000);
  assert.equal(hand.end, undefined);
  hand.write(300_000);
  assert.equal(hand.end, "timeout: the client does not take what is written");
  assert.equal(hand.connection.space(), 0);
});

test("BcUdpConnection ends when nothing has come for 10 s, as camera for 60 s", () => {
  const ends = [[client(), 10_000, "the camera"], [camera(), 60_000, "the client"]] as const;
  for (const [hand, limit, other] of ends) {
    hand.data(0);
    hand.wait(limit - 1);
    assert.equal(hand.end, undefined);
    hand.wait(1);
    assert.equal(hand.end, `timeout: ${other} fell silent`);
    assert.equal(hand.connection.pollTimeout(), undefined);
    assert.deepEqual(hand.data(1), []);
  }
});

test("BcUdpConnection.noteAlive() counts as a sign of life", () => {
  const hand = client();
  hand.wait(9_000);
  hand.connection.noteAlive(hand.now);
  hand.wait(9_999);
  assert.equal(hand.end, undefined);
  hand.wait(1);
  assert.equal(hand.end, "timeout: the camera fell silent");
});

test("BcUdpConnection ends when what it sends makes no progress for 20 s", () => {
  const hand = client();
  hand.write(1);
  for (let i = 0; i < 199; i++) {
    hand.wait(100);
    hand.ack(undefined);
  }
  assert.equal(hand.end, undefined);
  hand.wait(100);
  assert.equal(hand.end, "timeout: the camera stopped acknowledging");
});

test("BcUdpConnection starts to count progress when something is written", () => {
  const hand = client();
  for (let i = 0; i < 300; i++) {
    hand.wait(100);
    hand.ack(undefined);
  }
  hand.write(1);
  hand.wait(9_000);
  assert.equal(hand.end, undefined);
});

test("BcUdpConnection as camera hangs up on a client that does not acknowledge for 5 s", () => {
  const hand = camera();
  hand.data(0);
  hand.wait(8_000);
  hand.write(1);
  hand.wait(4_000);
  hand.ack(undefined);
  hand.wait(4_999);
  assert.equal(hand.end, undefined);
  hand.wait(1);
  assert.equal(hand.end, "timeout: the client never acknowledges");
});

test("BcUdpConnection as camera hangs up on a bitmap of more than 204 packets", () => {
  const hand = camera();
  hand.data(0);
  hand.ack(undefined, new Array(204).fill(0));
  assert.equal(hand.end, undefined);
  hand.ack(undefined, new Array(205).fill(0));
  assert.equal(hand.end, "protocol: the client sent a bitmap of 205 packets");
});

test("BcUdpConnection as camera hangs up when packet 0 does not come for 10 s", () => {
  const hand = camera();
  hand.data(1);
  hand.wait(9_999);
  assert.equal(hand.end, undefined);
  hand.wait(1);
  assert.equal(hand.end, "timeout: the client never sent its first packet");
  const good = camera();
  good.data(0);
  good.wait(20_000);
  assert.equal(good.end, undefined);
});
