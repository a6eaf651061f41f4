import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeMessage, type Message } from "../../dahua/ptcp/message.ts";
import { encodeSegment } from "../../dahua/ptcp/segment.ts";
import { Rng } from "../rng.ts";
import { HeartbeatLoss, isHeartbeat } from "./heartbeat_loss.ts";

function datagram(...messages: readonly Message[]): Uint8Array {
  const body = Uint8Array.from(messages.flatMap((message) => [...encodeMessage(message)]));
  return encodeSegment({ seq: 1, ack: 2, flags: 0, window: 3, tsval: 4, tsecr: 5, body });
}

const HEARTBEAT = datagram({ type: "heartbeat" });

test("isHeartbeat() knows a lone heartbeat from everything else", () => {
  assert.equal(isHeartbeat(HEARTBEAT), true);
  assert.equal(isHeartbeat(datagram({ type: "heartbeat" }, { type: "heartbeat" })), false);
  assert.equal(isHeartbeat(datagram({ type: "requestSign" })), false);
  assert.equal(isHeartbeat(datagram()), false);
  assert.equal(isHeartbeat(HEARTBEAT.map((byte) => byte ^ 0xff)), false);
});

test("HeartbeatLoss takes its share of heartbeats and nothing else", () => {
  for (const [share, least, most] of [[0, 0, 0], [0.25, 200, 300], [1, 1000, 1000]] as const) {
    const loss = new HeartbeatLoss(share, new Rng(1).entropy);
    let taken = 0;
    for (let i = 0; i < 1000; i++) taken += loss.takes(HEARTBEAT) ? 1 : 0;
    assert.ok(taken >= least && taken <= most, `${taken} of 1000 at ${share}`);
    assert.equal(loss.takes(datagram({ type: "confirm" })), false);
  }
});
