import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeSegment } from "../dahua/ptcp/segment.ts";
import type { World } from "../io/types.ts";
import { FlightRecorder, MAX_BEGINNING_BYTES, MAX_FLIGHT_BYTES } from "./flight_recorder.ts";

const PEER = { address: "192.0.2.1", port: 8800 };
const SUBJECT = { vendor: "dahua", address: "dahua://S", hasAccount: false } as const;
const ANY = { address: "0.0.0.0", port: 0 };

/** A world of a recorder, whose sockets lead nowhere, at a time that is set by hand. */
function recording() {
  const time = { now: 1_000 };
  const none = () => Promise.reject(new Error("none"));
  const world: World = {
    clock: { now: () => time.now, wallClock: () => time.now, setTimer: () => () => {} },
    entropy: (length) => new Uint8Array(length).fill(7),
    dialTcp: none,
    listenTcp: none,
    openUdp: () =>
      Promise.resolve({
        local: { address: "0.0.0.0", port: 40_000 },
        dropped: 0,
        receive: () => {},
        send: () => {},
        close: () => {},
      }),
    resolve: () => Promise.resolve("192.0.2.9"),
    resolveAll: none,
    localAddresses: () => ["192.0.2.5"],
    broadcastAddresses: () => [],
  };
  return { time, recorder: new FlightRecorder(SUBJECT, world) };
}

function segment(seq: number, size: number): Uint8Array {
  const body = new Uint8Array(size).fill(0x55);
  body[0] = 0x10;
  return encodeSegment({ seq, ack: 0, flags: 0, window: 9, tsval: 0, tsecr: 0, body });
}

test("FlightRecorder keeps headers of what carries content, and no content", async () => {
  const { recorder } = recording();
  const socket = await recorder.world.openUdp(ANY);
  socket.send(PEER, segment(4, 1_280));
  const sent = recorder.take().lines.find(({ type }) => type === "out");
  assert.ok(sent?.type === "out");
  assert.equal(sent.length, 1_304);
  assert.equal(atob(sent.head).length, 36);
});

test("FlightRecorder stays within its memory and keeps the beginning of a connection", async () => {
  const { recorder, time } = recording();
  const socket = await recorder.world.openUdp(ANY);
  recorder.world.entropy(4);
  for (let i = 0; i < 200_000; i++) {
    time.now += 0.5;
    socket.send(PEER, segment(i, 1_280));
  }
  const { lines, began } = recorder.take();
  assert.ok(recorder.byteLength <= MAX_FLIGHT_BYTES + MAX_BEGINNING_BYTES);
  assert.equal(began, 1_000);
  assert.deepEqual(lines.slice(0, 2).map(({ type }) => type), ["socket", "entropy"]);
  assert.equal(lines.at(-1)?.at, time.now);
});

test("FlightRecorder puts what was before the latest connection before it", async () => {
  const { recorder, time } = recording();
  const first = await recorder.world.openUdp(ANY);
  time.now += 30_000;
  first.send(PEER, segment(4, 10));
  first.close();
  first.close();
  time.now += 10;
  await recorder.world.resolve("cloud.example", new AbortController().signal);
  const second = await recorder.world.openUdp(ANY);
  second.send(PEER, segment(4, 10));
  recorder.note({ type: "lost" });
  const { lines, began, hosts } = recorder.take();
  assert.deepEqual(lines.map(({ type, at }) => `${type} ${at - began}`), [
    ...["out -10", "socket 0", "out 0", "event 0"],
  ]);
  assert.deepEqual(hosts, { "cloud.example": ["192.0.2.9"] });
});
