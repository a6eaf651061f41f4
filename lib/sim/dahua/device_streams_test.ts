import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeConnectBody } from "../../dahua/ptcp/connect_body.ts";
import { encodeSegment, SegmentFlag } from "../../dahua/ptcp/segment.ts";
import { Rng } from "../rng.ts";
import { NO_DEVICE_FAULTS } from "./device_faults.ts";
import { DeviceStreams, MAX_SESSIONS } from "./device_streams.ts";

const CONNECT = encodeSegment({
  seq: 0,
  ack: 0,
  flags: SegmentFlag.control,
  window: 65535,
  tsval: 60_000,
  tsecr: 0,
  body: encodeConnectBody(0),
});

function client(index: number) {
  return { address: "127.0.0.1", port: 5000 + index };
}

test("DeviceStreams.handleDatagram() refuses a session more than it can have", () => {
  const streams = new DeviceStreams({
    entropy: new Rng(1).entropy,
    signs: [],
    ptcp: {},
    faults: NO_DEVICE_FAULTS,
    send: () => {},
  });
  for (let i = 0; i < MAX_SESSIONS; i++) {
    assert.equal(streams.handleDatagram(0, client(i), "direct", CONNECT), true);
  }
  assert.equal(streams.handleDatagram(0, client(MAX_SESSIONS), "direct", CONNECT), false);
  assert.equal(streams.handleDatagram(0, client(0), "direct", CONNECT), true);
});

test("DeviceStreams answers commands for a connection that is gone with nothing", () => {
  const streams = new DeviceStreams({
    entropy: new Rng(1).entropy,
    signs: [],
    ptcp: {},
    faults: NO_DEVICE_FAULTS,
    send: () => {},
  });
  streams.accept(0, 7);
  streams.write(0, 7, Uint8Array.of(1));
  streams.close(0, 7);
  assert.equal(streams.read(0, 7), undefined);
  assert.equal(streams.space(7), 0);
});
