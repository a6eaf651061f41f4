import assert from "node:assert/strict";
import { test } from "node:test";
import { acks, camera, client, ids } from "../../../tests/support/bcudp_hand.ts";
import { BcUdpPair, CAMERA, CID } from "../../../tests/support/bcudp_pair.ts";
import { type BcUdpDatagram, encodeBcUdp } from "./datagram.ts";

const FULL = 1330;

test("BcUdpConnection acknowledges every 10 ms, and every 100 ms once no data has come for 2 s", () => {
  const hand = client();
  assert.equal(acks(hand.wait(2_000)).length, 200);
  assert.equal(acks(hand.wait(1_000)).length, 10);
  hand.data(0);
  assert.equal(acks(hand.wait(1_000)).length, 100);
});

test("BcUdpConnection acknowledges data after a silence within 10 ms", () => {
  const hand = client();
  hand.wait(2_501);
  hand.data(0);
  assert.deepEqual(acks(hand.wait(10)), ["0:"]);
});

test("BcUdpConnection acknowledges nothing at all until packet 0 is there", () => {
  const hand = client();
  assert.deepEqual(acks(hand.wait(10)), ["-:"]);
  hand.data(1);
  hand.data(2);
  assert.deepEqual(acks(hand.wait(10)), ["-:"]);
  hand.data(0);
  assert.deepEqual(acks(hand.wait(10)), ["2:"]);
  assert.deepEqual(hand.read(), [0, 1, 2]);
});

test("BcUdpConnection tells at once of a hole, and once more when it is filled", () => {
  const hand = client();
  hand.data(0);
  hand.wait(15);
  assert.deepEqual(acks(hand.data(2)), ["0:01"]);
  assert.deepEqual(acks(hand.data(3)), [], "2 ms have to pass");
  assert.deepEqual(acks(hand.wait(2)), ["0:011"]);
  hand.now += 3;
  assert.deepEqual(acks(hand.data(5)), ["0:01101"]);
  hand.now += 3;
  assert.deepEqual(acks(hand.data(1)), ["3:01"]);
  assert.deepEqual(hand.read(), [0, 1, 2, 3]);
  assert.equal(hand.connection.stats.outOfOrder, 3);
});

test("BcUdpConnection acknowledges a burst before its clock does", () => {
  const hand = client();
  const sent = Array.from({ length: 70 }, (_, id) => hand.data(id)).flat();
  assert.deepEqual(acks(sent), ["31:", "63:"]);
});

test("BcUdpConnection drops what it has already, whether read or not", () => {
  const hand = client();
  for (const id of [0, 1, 3, 0, 1, 3]) hand.data(id);
  assert.deepEqual(hand.read(), [0, 1]);
  for (const id of [0, 2, 3]) hand.data(id);
  assert.deepEqual(hand.read(), [2, 3]);
  assert.equal(hand.connection.stats.duplicates, 5);
  assert.equal(hand.connection.stats.bytesReceived, 4);
});

test("BcUdpConnection takes packets without data in their order", () => {
  const hand = client();
  hand.data(0, new Uint8Array(0));
  hand.data(1);
  assert.deepEqual(hand.read(), [1]);
  assert.deepEqual(acks(hand.wait(10)), ["1:"]);
});

test("BcUdpConnection goes from packet 4294967295 to packet 0, with a hole right there", () => {
  const hand = client({ firstPacketId: 0xfffffffe });
  hand.data(0xfffffffe);
  hand.wait(15);
  assert.deepEqual(acks(hand.data(0)), ["4294967294:01"]);
  hand.now += 5;
  assert.deepEqual(acks(hand.data(0xffffffff)), ["0:"]);
  assert.equal(hand.read().length, 3);
});

test("BcUdpConnection cuts the stream into slices of 1330 bytes, whatever was written", () => {
  const hand = client();
  hand.connection.write(0, new Uint8Array(1_000));
  hand.connection.write(0, new Uint8Array(1_000));
  const slices = hand.drain();
  assert.deepEqual(ids(slices), [0, 1]);
  const lengths = slices.map((slice) => slice.type === "data" && slice.payload.byteLength);
  assert.deepEqual(lengths, [1_330, 670]);
});

test("BcUdpConnection sends again after 500 ms without an acknowledgement, as camera after 1 s", () => {
  for (const [hand, limit] of [[client(), 500], [camera(), 1_000]] as const) {
    assert.deepEqual(ids(hand.write(1)), [0]);
    assert.deepEqual(ids(hand.wait(limit - 1)), []);
    assert.deepEqual(ids(hand.wait(1)), [0]);
    assert.deepEqual(ids(hand.wait(limit)), [0]);
    hand.ack(0);
    assert.deepEqual(ids(hand.wait(3 * limit)), []);
    assert.equal(hand.connection.drained, true);
    assert.equal(hand.connection.stats.resent, 2);
  }
});

test("BcUdpConnection sends a packet again that is missing before others, and only that", () => {
  const hand = client();
  hand.write(4 * FULL);
  hand.now = 50;
  assert.deepEqual(ids(hand.ack(0, [0, 1, 0])), [], "it may be a little late");
  hand.now = 70;
  assert.deepEqual(ids(hand.ack(0, [0, 1, 0])), [1]);
  hand.now = 80;
  assert.deepEqual(ids(hand.ack(0, [0, 1, 0])), [], "not again before it can have arrived");
  hand.now = 140;
  assert.deepEqual(ids(hand.ack(0, [0, 1, 1])), [], "3 was sent before 1 was sent again");
  assert.deepEqual(ids(hand.write(1)), [4]);
  hand.now = 200;
  assert.deepEqual(ids(hand.ack(0, [0, 1, 1, 1])), [1], "4 was sent after it");
});

test("BcUdpConnection sends the last packet again when acknowledgements keep leaving it out", () => {
  const hand = camera();
  hand.write(2 * FULL);
  hand.now = 50;
  hand.ack(0);
  const again: number[] = [];
  while (again.length === 0) {
    hand.now += 10;
    again.push(...ids(hand.ack(0)));
  }
  assert.deepEqual(again, [1]);
  assert.equal(hand.now, 200, "two round trips and 100 ms");
});

test("BcUdpConnection counts acknowledgements of what was never sent, and goes on", () => {
  const hand = client();
  hand.write(3 * FULL);
  hand.ack(3);
  hand.ack(0, [0, 0, 1]);
  hand.ack(0x7fffffff);
  assert.equal(hand.connection.stats.bad, 3);
  hand.ack(2);
  assert.equal(hand.connection.drained, true);
});

test("BcUdpConnection is not confused by acknowledgements that were overtaken", () => {
  const hand = client();
  hand.write(5 * FULL);
  hand.now = 20;
  hand.ack(3);
  hand.ack(undefined);
  hand.ack(0, [0, 1, 1]);
  assert.deepEqual(ids(hand.ack(1)), []);
  assert.equal(hand.connection.stats.bad, 0);
  hand.ack(4);
  assert.equal(hand.connection.drained, true);
});

test("BcUdpConnection counts datagrams of others and of another connection", () => {
  const hand = client();
  const stranger = { address: "203.0.113.1", port: CAMERA.port };
  hand.data(0, Uint8Array.of(7), stranger);
  const other = { type: "data", connectionId: CID + 1, packetId: 0, payload: new Uint8Array(1) };
  hand.connection.handleDatagram(0, CAMERA, encodeBcUdp(other as BcUdpDatagram));
  hand.connection.handleDatagram(0, CAMERA, new Uint8Array(5));
  assert.equal(hand.connection.stats.bad, 3);
  assert.deepEqual(hand.read(), []);
});

test("BcUdpConnection follows the other side to another port, for good reason only", () => {
  const hand = client();
  const moved = { ...CAMERA, port: 40_001 };
  hand.ack(5, [], moved);
  hand.data(9_999, Uint8Array.of(1), moved);
  assert.deepEqual(hand.connection.peer, CAMERA, "bad datagrams move nothing");
  hand.data(0, Uint8Array.of(1), { ...moved, address: "203.0.113.1" });
  assert.deepEqual(hand.connection.peer, CAMERA, "another host moves nothing");
  hand.data(0, Uint8Array.of(1), moved);
  assert.deepEqual(hand.connection.peer, moved);
  hand.ack(undefined);
  assert.deepEqual(hand.connection.peer, CAMERA);
});

test("BcUdpConnection sends the mean gap of a second's acknowledgements as latency", () => {
  const hand = client();
  const sent: number[] = [];
  for (let i = 0; i <= 250; i++) {
    hand.ack(undefined);
    for (const datagram of hand.wait(20)) if (datagram.type === "ack") sent.push(datagram.latency);
  }
  assert.deepEqual([...new Set(sent)], [0, 20_000]);
  assert.ok(sent.indexOf(20_000) >= 99, "nothing is known in the first second");
});

test("BcUdpConnection.close() is the end at once, and can be said twice", () => {
  const hand = client();
  hand.data(0);
  hand.connection.close();
  hand.connection.close("peer", "again");
  assert.deepEqual(hand.write(1), []);
  assert.deepEqual(hand.events, [
    { type: "readable" },
    { type: "closed", reason: "local", detail: "closed" },
  ]);
  assert.deepEqual(hand.read(), [0]);
});

test("BcUdpConnection says readable when there is something where there was nothing", () => {
  const hand = client();
  hand.data(0);
  hand.data(1);
  assert.equal(hand.events.length, 1);
  hand.read();
  hand.data(3);
  assert.equal(hand.events.length, 1);
  hand.data(2);
  assert.equal(hand.events.length, 2);
});

test("BcUdpConnection measures round trip and loss in both directions", () => {
  const pair = new BcUdpPair({ link: { delay: 25, loss: 0.05 }, seed: 4 });
  pair.serve = () => {
    while (pair.client.read() !== undefined);
    while (pair.camera.read() !== undefined);
  };
  for (let i = 0; i < 1_000; i++) {
    pair.camera.write(pair.now, new Uint8Array(2_000));
    pair.client.write(pair.now, new Uint8Array(200));
    pair.network.pass(10);
  }
  for (const { srtt, lossSent, lossReceived } of [pair.client.stats, pair.camera.stats]) {
    assert.ok(srtt !== undefined && srtt > 50 && srtt < 65, `${srtt}`);
    assert.ok(Math.abs(lossSent - 0.05) < 0.02, `${lossSent}`);
    assert.ok(Math.abs(lossReceived - 0.05) < 0.03, `${lossReceived}`);
  }
});
