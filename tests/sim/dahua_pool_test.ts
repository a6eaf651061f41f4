/** A camera kept reachable: the pool, its tunnels and their loop, whole, in virtual time. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { MachineStream } from "../../lib/io/machine_stream.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { patternAt } from "../support/pattern.ts";
import { PoolWorld } from "../support/pool_world.ts";

/** A viewer of a stream: compares what comes with the pattern, and notes when. */
class Watcher {
  received = 0;
  lastArrival = 0;
  longestGap = 0;
  over = false;

  constructor(world: PoolWorld, stream: MachineStream) {
    this.lastArrival = world.now;
    void this.#watch(world, stream).catch(() => {}).finally(() => this.over = true);
  }

  async #watch(world: PoolWorld, stream: MachineStream): Promise<void> {
    for (let bytes = await stream.read(); bytes; bytes = await stream.read()) {
      assert.deepEqual(bytes, patternAt(this.received, bytes.byteLength));
      this.received += bytes.byteLength;
      this.longestGap = Math.max(this.longestGap, world.now - this.lastArrival);
      this.lastArrival = world.now;
    }
  }
}

/** A pool that is open, a watched stream of it, and a camera that sends 100 kB/s. */
async function watched(options: ConstructorParameters<typeof PoolWorld>[0] = {}) {
  const world = new PoolWorld({ link: { delay: 20 }, ...options });
  await world.result(world.pool.start(), 30_000);
  return { world, watcher: await watch(world) };
}

async function watch(world: PoolWorld): Promise<Watcher> {
  const { connections } = world.service;
  const stream = await world.result(world.pool.openStream(554), 20_000);
  assert.ok(await world.until(() => world.service.connections > connections, 5_000));
  return new Watcher(world, stream);
}

async function film(world: PoolWorld, seconds: number): Promise<void> {
  for (let i = 0; i < 25 * seconds; i++) {
    world.service.produce(4_000);
    await world.pass(40);
  }
}

/** When each of these events came. */
function times(world: PoolWorld, type: "open" | "lost" | "idle"): number[] {
  return world.events.filter((event) => event.type === type).map(({ at }) => at);
}

for (const way of ["direct", "relay"]) {
  test(`a path cut for 5 s is bridged, way ${way}`, async () => {
    for (const loss of [0, 0.01]) {
      const { world, watcher } = await watched({
        way,
        link: { delay: 20, loss },
        camera: { nat: "full-cone" },
      });
      await film(world, 3);
      world.setUp(false);
      await film(world, 5);
      world.setUp(true);
      await film(world, 10);
      await world.pass(5_000);
      assert.equal(watcher.received, 18 * 100_000, "every byte of it");
      assert.equal(watcher.over, false);
      assert.deepEqual(times(world, "lost"), []);
      console.log(`way ${way}, loss ${loss}: nothing came for ${watcher.longestGap.toFixed(0)} ms`);
      assert.ok(watcher.longestGap < 8_000, `stood still for ${watcher.longestGap} ms`);
    }
  });

  test(`a path cut for 60 s is found again by itself, way ${way}`, async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const { world, watcher } = await watched({ seed, way, camera: { nat: "full-cone" } });
      await film(world, 2);
      const cutAt = world.now;
      world.setUp(false);
      await film(world, 60);
      const [lostAt = Infinity] = times(world, "lost");
      assert.ok(lostAt - cutAt < 15_000, `noticed after ${lostAt - cutAt} ms`);
      assert.ok(watcher.over, "the viewer is told");
      const backAt = world.now;
      world.setUp(true);
      const again = await watch(world);
      await film(world, 5);
      assert.ok(again.received > 100_000);
      const took = (times(world, "open").at(-1) ?? Infinity) - backAt;
      console.log(`way ${way}, seed ${seed}: back ${took.toFixed(0)} ms after the path`);
      assert.ok(took < 17_000, `took ${took} ms`);
      await world.result(world.pool.close(), 5_000);
    }
  });
}

test("a camera that was away for a day is back within a minute of its return", async () => {
  const { world } = await watched();
  world.setUp(false);
  await world.pass(24 * 3_600_000);
  world.setUp(true);
  const before = times(world, "open").length;
  assert.ok(await world.until(() => times(world, "open").length > before, 62_000));
  await world.result(world.pool.close(), 5_000);
});

test("sessions nobody uses are let go after five minutes, and their agents given back", async () => {
  for (const way of ["direct", "relay"]) {
    const world = new PoolWorld({ way, link: { delay: 20 }, camera: { nat: "full-cone" } });
    await world.result(world.pool.start(), 10_000);
    const streams: MachineStream[] = [];
    for (let i = 0; i < 6; i++) streams.push(await world.result(world.pool.openStream(80), 20_000));
    assert.equal(times(world, "open").length, 2, "four go on one");
    await world.pass(600_000);
    assert.deepEqual(times(world, "idle"), [], "all are in use");
    for (const stream of streams) stream.abort();
    assert.ok(await world.until(() => times(world, "idle").length > 0, 302_000));
    await world.pass(2_000);
    assert.deepEqual([world.cloud.agentsHeld, world.host.openSockets], [0, 0]);
    await world.result(world.pool.openStream(80), 20_000);
    await world.result(world.pool.close(), 5_000);
  }
});

test("a camera never has more connections than agreed, not even while one is being ended", async () => {
  for (const pastRealmLimit of ["refuse", "ignore", "stall"]) {
    const world = new PoolWorld({
      link: { delay: 30 },
      camera: { faults: { realmLimit: 1, pastRealmLimit } },
      limits: { streamsPerLink: 1, links: 1 },
    });
    await world.result(world.pool.start(), 10_000);
    const first = await world.result(world.pool.openStream(80), 20_000);
    await world.pass(1_000);
    void first.write(new Uint8Array(60_000));
    await world.pass(0);
    first.abort();
    const second = await world.result(world.pool.openStream(80), 20_000);
    await second.write(Uint8Array.of(7));
    assert.deepEqual(await world.result(second.read(), 10_000), Uint8Array.of(7));
    await world.result(world.pool.close(), 5_000);
  }
});

test("attempts one after the other are not answered later and later", async () => {
  const world = new PoolWorld({
    way: "relay",
    link: { delay: 20 },
    servers: { relay: { delayPerHeld: "5s" } },
  });
  await world.result(world.pool.start(), 2_000);
  for (let round = 0; round < 10; round++) {
    const opens = times(world, "open").length;
    world.pool.renew();
    assert.ok(
      await world.until(() => times(world, "open").length > opens, 2_000 + 5_000),
      `round ${round}`,
    );
    await world.pass(3_000);
  }
  await world.result(world.pool.close(), 5_000);
  assert.equal(world.cloud.agentsHeld, 0);
});

test("a change of this computer's address replaces the tunnel within seconds", async () => {
  const { world } = await watched();
  world.host.addresses = ["127.9.0.9"];
  assert.ok(await world.until(() => times(world, "open").length === 2, 7_000));
  assert.deepEqual(times(world, "lost"), []);
  await world.result(world.pool.close(), 5_000);
});

test("whoever asks for a stream gets an answer in time, whatever the path does", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const rng = new Rng(seed);
    const { world } = await watched({ seed, link: { delay: 30, loss: 0.02 } });
    const waiting: Promise<unknown>[] = [];
    for (let step = 0; step < 40; step++) {
      world.setUp(rng.unit() < 0.6);
      waiting.push(world.pool.openStream(554).then((stream) => stream.abort(), () => {}));
      await world.pass(rng.unit() * 10_000);
    }
    await world.result(Promise.all(waiting), 18_500);
    await world.result(world.pool.close(), 5_000);
    await world.pass(10_000);
    assert.deepEqual([world.host.timers, world.host.openSockets], [0, 0], `seed ${seed}`);
  }
});
