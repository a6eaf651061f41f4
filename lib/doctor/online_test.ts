import assert from "node:assert/strict";
import { test } from "node:test";
import { settled, VirtualClock } from "../../tests/support/virtual_clock.ts";
import { parseCameraAddress } from "../config/camera_address.ts";
import { decodeRequest, encodeResponse } from "../dahua/signaling/message.ts";
import type { UdpSocket, World } from "../io/types.ts";
import { findOnline, MAX_AT_ONCE, type OnlineFinding, PACE } from "./online.ts";

const SERVER = { address: "10.0.0.1", port: 8800 };

/** A world with one server, which says of the serials with an even number that they are online. */
function cloud({ isSilent = false, latency = 10 } = {}) {
  const clock = new VirtualClock();
  const asked: { at: number; path: string }[] = [];
  let open = 0;
  let mostOpen = 0;
  const openUdp = (): Promise<UdpSocket> => {
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    let handle: Parameters<UdpSocket["receive"]>[0] = () => {};
    return Promise.resolve({
      local: { address: "0.0.0.0", port: 40_000 },
      dropped: 0,
      receive: (handler) => handle = handler,
      send(to, bytes) {
        assert.deepEqual(to, SERVER);
        const { path, cseq } = decodeRequest(bytes);
        asked.push({ at: clock.now(), path });
        if (isSilent) return;
        const isOnline = /[02468]$/.test(path);
        const body = isOnline ? "<body><US>10.0.0.2:8800</US></body>" : "";
        const code = isOnline ? 200 : 404;
        const answer = encodeResponse({ code, reason: "x", cseq, headers: new Map(), body });
        clock.setTimer(latency, () => handle(SERVER, answer));
      },
      close() {
        open -= 1;
      },
    });
  };
  const refuse = () => Promise.reject(new Error("Cannot do that"));
  const world: World = {
    clock,
    entropy: (length) => new Uint8Array(length).fill(3),
    openUdp,
    dialTcp: refuse,
    listenTcp: refuse,
    resolve: () => Promise.resolve(SERVER.address),
    resolveAll: (host) => host === "nowhere" ? refuse() : Promise.resolve([SERVER.address]),
    localAddresses: () => [],
    broadcastAddresses: () => [],
  };
  return { clock, world, asked, open: () => open, mostOpen: () => mostOpen };
}

const serial = (number: number) => `4K0123PAZ${String(number).padStart(5, "0")}`;

async function find(
  { world, clock }: ReturnType<typeof cloud>,
  cameras: readonly string[],
  signal = new AbortController().signal,
): Promise<Map<string, OnlineFinding>> {
  const found = new Map<string, OnlineFinding>();
  let isOver = false;
  const all = findOnline({
    world,
    cameras,
    addressOf: (one) => parseCameraAddress(one.includes(":") ? one : `dahua://${one}`),
    onFinding: (one, finding) => found.set(one, finding),
  }, signal).finally(() => isOver = true);
  for (let turn = 0; !isOver && turn < 10_000; turn++) {
    await settled();
    clock.pass(5);
  }
  await all;
  return found;
}

test("findOnline() tells those online from those that are not", async () => {
  const found = await find(cloud(), [serial(1), serial(2)]);
  assert.equal(found.get(serial(1))?.presence, "offline");
  assert.match(found.get(serial(1))?.detail ?? "", /does not know/);
  assert.deepEqual({ ...found.get(serial(2)), took: 0 }, {
    presence: "online",
    took: 0,
    detail: "",
  });
});

test("findOnline() asks once for each that was named, in order, and for nobody else", async () => {
  const world = cloud();
  const cameras = Array.from({ length: 9 }, (_, i) => serial(7 * i));
  await find(world, cameras);
  assert.deepEqual(
    world.asked.map(({ path }) => path),
    cameras.map((one) => `/online/p2psrv/${one}`),
  );
});

test("findOnline() keeps its pace, and asks for a few at once", async () => {
  const world = cloud({ latency: 1_500 });
  const found = await find(world, Array.from({ length: 12 }, (_, i) => serial(i)));
  assert.equal(found.size, 12);
  const first = new Map<string, number>();
  for (const { at, path } of world.asked) if (!first.has(path)) first.set(path, at);
  const times = [...first.values()];
  assert.ok(times.slice(1).every((at, i) => at - (times[i] ?? 0) >= PACE - 5), times.join());
  assert.ok(world.mostOpen() <= MAX_AT_ONCE);
  assert.equal(world.open(), 0);
});

test("findOnline() calls what is not answered, or cannot be asked, unanswered", async () => {
  const silent = await find(cloud({ isSilent: true }), [serial(1)]);
  assert.equal(silent.get(serial(1))?.presence, "unanswered");
  const address = `dahua://${serial(2)}?server=nowhere:1`;
  const lost = await find(cloud(), [address]);
  assert.equal(lost.get(address)?.presence, "unanswered");
  assert.match(lost.get(address)?.detail ?? "", /cannot resolve nowhere/);
});

test("findOnline() ends soon when it is called off", async () => {
  const world = cloud({ isSilent: true });
  const calling = new AbortController();
  world.clock.setTimer(600, () => calling.abort());
  const found = await find(world, Array.from({ length: 50 }, (_, i) => serial(i)), calling.signal);
  assert.equal(found.size, 0);
  assert.equal(world.open(), 0);
  assert.ok(world.clock.now() < 7_000);
});
