import assert from "node:assert/strict";
import { test } from "node:test";
import type { Flight, FlightLine } from "./flight_recorder.ts";
import { ReplayWorld } from "./replay_world.ts";

const ANY = { address: "0.0.0.0", port: 0 };
const PEER = { address: "192.0.2.1", port: 9_000 };
const { signal } = new AbortController();

function flight(...lines: readonly FlightLine[]): Flight {
  return {
    subject: { vendor: "dahua", address: "dahua://S", hasAccount: false, userLength: 0 },
    ...{ now: 100, wallClock: 1_000, began: 0, isWhole: true },
    ...{ hosts: {}, unresolved: { "a.example": "no such name" } },
    ...{ localAddresses: [], broadcastAddresses: [], lines },
  };
}

const never = () => false;

test("ReplayWorld gives randomness out by length, and never the same where it has none", () => {
  const { world } = new ReplayWorld(flight(
    { type: "entropy", at: 1, hex: "0102" },
    { type: "entropy", at: 2, hex: "0a" },
    { type: "entropy", at: 3, hex: "0304" },
  ));
  assert.deepEqual([...world.entropy(1), ...world.entropy(2), ...world.entropy(2)], [
    10,
    1,
    2,
    3,
    4,
  ]);
  assert.notDeepEqual(world.entropy(4), world.entropy(4));
});

test("ReplayWorld lets time pass however finely a timer is set", async () => {
  const again = new ReplayWorld(flight({ type: "event", at: 50, event: {} }));
  const { clock } = again.world;
  let fired = 0;
  const set = () =>
    void clock.setTimer(0, () => {
      fired += 1;
      if (clock.now() < 20) set();
    });
  set();
  await again.run(0, never);
  assert.ok(fired > 10 && clock.now() === 50);
});

test("ReplayWorld has nothing sooner than it was had, and hears what was heard", async () => {
  const again = new ReplayWorld(flight(
    { type: "socket", at: 10, socket: 1, port: 4_000 },
    { type: "in", at: 20, socket: 1, remote: "192.0.2.1:8800", length: 4, head: "AQI=" },
    { type: "dial", at: 30, stream: 1, remote: "192.0.2.1:9000" },
    { type: "dialed", at: 40, stream: 1, port: 5_000 },
    { type: "read", at: 50, stream: 1, length: 2, head: "AwQ=" },
    { type: "ended", at: 60, stream: 1, detail: "" },
    { type: "dial", at: 70, stream: 2, remote: "192.0.2.1:9000" },
    { type: "undialed", at: 80, stream: 2, detail: "nobody there" },
  ));
  const { clock, openUdp, dialTcp, resolve } = again.world;
  const told: string[] = [];
  const tell = (what: string) => told.push(`${clock.now()} ${what}`);
  const work = async () => {
    const socket = await openUdp(ANY);
    tell(`socket ${socket.local.port}`);
    socket.receive((from, bytes) => tell(`${from.port} ${bytes.join()}`));
    const stream = await dialTcp(PEER, signal);
    tell(`stream ${stream.local.port}`);
    await stream.write(new Uint8Array(1));
    tell(`${await stream.read()} ${await stream.read()}`);
    await dialTcp(PEER, signal).catch((error: Error) => tell(error.message));
    await resolve("a.example", signal).catch((error: Error) => tell(error.message));
  };
  const done = work();
  await again.run(0, never);
  await done;
  assert.deepEqual(told, [
    ...["10 socket 4000", "20 8800 1,2,0,0", "40 stream 5000", "60 3,4 undefined"],
    ...["80 nobody there", "80 no such name"],
  ]);
  assert.deepEqual(again.sent.map(({ at, to }) => `${at} ${to}`), ["40 192.0.2.1:9000"]);
});
