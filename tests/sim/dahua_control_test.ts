import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret } from "../../lib/config/secret.ts";
import type { ControlOrder } from "../../lib/config/control_order.ts";
import { DahuaControl } from "../../lib/hub/dahua/control.ts";
import { dahuaSnapshot } from "../../lib/hub/dahua/snapshot.ts";
import { LinkError } from "../../lib/hub/link/link_error.ts";
import type { ByteStream } from "../../lib/io/types.ts";
import type { Duration } from "../../lib/machine.ts";
import { DahuaWeb, type DahuaWebOptions } from "../../lib/sim/dahua/web.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { memoryStreams } from "../support/memory_stream.ts";
import { settled, VirtualClock } from "../support/virtual_clock.ts";

const PASSWORD = "s3cret of the gate";

const LEFT = { type: "ptz", direction: "left", speed: 32, for: 2_000 } as const;

const { signal } = new AbortController();

/** A device's web server in memory, and what has it obey. */
function setUp(changes: Partial<DahuaWebOptions> & { readonly given?: string } = {}) {
  const { given = PASSWORD, ...options } = changes;
  const clock = new VirtualClock();
  const { entropy } = new Rng(7);
  const web = new DahuaWeb({
    ...{ serial: "4K0123PAZ00001", user: "admin", password: PASSWORD, ptz: true, entropy },
    wallClock: () => Date.UTC(2026, 0, 1, 12),
    ...options,
  });
  const streams: ByteStream[] = [];
  const world = {
    clock,
    web,
    streams,
    /** What is behind the next connections. */
    serve: (stream: ByteStream): Promise<void> => web.serve(stream),
    async pass(duration: Duration) {
      for (let left = duration; left > 0; left -= 100) {
        await settled();
        clock.pass(Math.min(100, left));
      }
      await settled();
    },
  };
  const credentials = { user: "admin", password: new Secret(given) };
  const openStream = (): Promise<ByteStream> => {
    const [own, other] = memoryStreams();
    streams.push(own);
    void world.serve(other);
    return Promise.resolve(own);
  };
  const control = new DahuaControl({ openStream, channel: 1, credentials, clock, entropy });
  const failure = async (promise: Promise<unknown>): Promise<LinkError> => {
    const error = await promise.then(() => assert.fail("it went well"), (error: unknown) => error);
    assert.ok(error instanceof LinkError, String(error));
    assert.doesNotMatch(JSON.stringify(error.end), /s3cret/);
    return error;
  };
  return Object.assign(world, { control, credentials, entropy, openStream, failure });
}

test("a Dahua device says what it can be told", async () => {
  const { control } = setUp();
  assert.deepEqual(await control.readControls(signal), [
    {
      type: "ptz",
      directions: [
        ...["left", "right", "up", "down", "left-up", "left-down", "right-up", "right-down"],
        ...["in", "out"],
      ],
    },
    { type: "preset", presets: [{ id: 1, name: "Gate" }, { id: 2, name: "Yard" }] },
    { type: "reboot" },
  ]);
  const fixed = setUp({ ptz: false });
  assert.deepEqual(await fixed.control.readControls(signal), [{ type: "reboot" }]);
});

test("a Dahua device moves as long as it was told to, and is stopped", async () => {
  const { control, web, pass } = setUp();
  const moved = control.give(LEFT, signal);
  await pass(1_900);
  assert.equal(web.moving, "Left");
  await pass(200);
  assert.equal(await moved, true);
  assert.equal(web.moving, undefined);
  assert.deepEqual(web.orders, ["start Left 0 4 0", "stop Left 0 4 0"]);
});

const MOVES: readonly (readonly [Partial<typeof LEFT> | Record<string, unknown>, string])[] = [
  [{ direction: "right-up", speed: 64 }, "start RightUp 8 8 0"],
  [{ direction: "down", speed: 1 }, "start Down 0 1 0"],
  [{ direction: "in", speed: 33 }, "start ZoomTele 0 5 0"],
];

for (const [change, expected] of MOVES) {
  test(`a Dahua device is told ${expected} for ${JSON.stringify(change)}`, async () => {
    const { control, web, pass } = setUp();
    const moved = control.give({ ...LEFT, ...change } as ControlOrder, signal);
    await pass(2_100);
    await moved;
    assert.equal(web.orders[0], expected);
    assert.equal(web.moving, undefined);
  });
}

test("a Dahua device goes to a preset, restarts, and takes no order of another kind", async () => {
  const { control, web } = setUp();
  assert.equal(await control.give({ type: "preset", id: 2 }, signal), true);
  assert.equal(await control.give({ type: "reboot" }, signal), true);
  assert.deepEqual([web.preset, web.reboots], [2, 1]);
  for (const type of ["siren", "led", "pir"] as const) {
    assert.equal(await control.give({ type, on: true }, signal), false);
  }
  assert.equal(web.refused, 0);
});

test("a Dahua device is stopped at once when whoever had it moved goes away", async () => {
  const { control, web, pass } = setUp();
  const asker = new AbortController();
  const moved = control.give({ ...LEFT, for: 10_000 }, asker.signal);
  await pass(500);
  assert.equal(web.moving, "Left");
  asker.abort();
  await pass(100);
  await moved;
  assert.equal(web.moving, undefined);
});

test("a Dahua device moves for the one who came last, and before that it is stopped", async () => {
  const { control, web, pass } = setUp();
  const moves = (["left", "right", "up"] as const).map((direction) => {
    return control.give({ ...LEFT, direction, for: 5_000 }, signal);
  });
  await pass(500);
  assert.equal(web.moving, "Up");
  await pass(5_000);
  await Promise.all(moves);
  assert.equal(web.moving, undefined);
  let isMoving = false;
  for (const order of web.orders) {
    assert.ok(!isMoving || order.startsWith("stop"), web.orders.join());
    isMoving = order.startsWith("start");
  }
});

test("a Dahua device whose control is closed is stopped first, and moves no more", async () => {
  const { control, web, pass, failure } = setUp();
  const moved = control.give({ ...LEFT, for: 10_000 }, signal);
  await pass(500);
  await control.close();
  await moved;
  assert.equal(web.moving, undefined);
  assert.equal((await failure(control.give(LEFT, signal))).end.reason, "local");
  assert.equal(web.orders.length, 2);
});

test("a Dahua device is stopped over another connection where the one kept for it is gone", async () => {
  const { control, web, pass, streams } = setUp();
  const moved = control.give(LEFT, signal);
  await pass(500);
  for (const stream of streams) stream.abort();
  await pass(2_000);
  assert.equal(await moved, true);
  assert.equal(web.moving, undefined);
});

test("a stop is tried a few times, and then it is said that the device may still move", async () => {
  const world = setUp();
  const moved = world.control.give(LEFT, signal);
  await world.pass(500);
  // It says nothing any more.
  for (const stream of world.streams) stream.abort();
  world.serve = () => Promise.resolve();
  const failed = world.failure(moved);
  await world.pass(2_000);
  let isClosed = false;
  void world.control.close().then(() => isClosed = true);
  await world.pass(4_900);
  assert.equal(isClosed, false);
  await world.pass(200);
  assert.equal(isClosed, true, "closing waits no longer");
  await world.pass(12_000);
  assert.match((await failed).end.advice, /may still be moving/);
  assert.ok(world.streams.length <= 9, String(world.streams.length));
  assert.equal(world.clock.timers, 0);
});

test("a device that may have begun to move is stopped although it did not say so", async () => {
  const world = setUp();
  let requests = 0;
  world.serve = async (stream) => {
    requests += 1;
    // The way for the stop is opened first.
    if (requests !== 2) return await world.web.serve(stream);
    await stream.read();
    stream.abort();
  };
  const moved = world.failure(world.control.give(LEFT, signal));
  await world.pass(3_000);
  await moved;
  assert.deepEqual(world.web.orders, ["stop Left 0 4 0"]);
});

test("a Dahua device's refusal is told as it is, and not stopped for", async () => {
  const { control, web, failure } = setUp({ ptz: false });
  for (const order of [LEFT, { type: "preset", id: 1 }] as const) {
    const { end } = await failure(control.give(order, signal));
    assert.equal(end.detail, "the device refuses the order with 400");
    assert.match(end.advice, /no such control, or not for this account/);
  }
  assert.deepEqual(web.orders, []);
});

test("a wrong password is tried once for an order, a movement too, and stays secret", async () => {
  for (const order of [LEFT, { type: "reboot" }] as const) {
    const { control, web, failure } = setUp({ given: "wrong s3cret" });
    const { end } = await failure(control.give(order, signal));
    assert.equal(end.reason, "auth");
    assert.equal(web.refused, 1);
    assert.deepEqual(web.orders, []);
  }
  const { control, web, failure } = setUp({ given: "wrong s3cret" });
  assert.equal((await failure(control.readControls(signal))).end.reason, "auth");
  assert.equal(web.refused, 1);
});

const HOSTILE: readonly (readonly [string, string])[] = [
  ["no HTTP", "SSH-2.0-x\r\n\r\n"],
  ["an answer without an end", `HTTP/1.1 200 OK\r\n\r\n${"caps.Pan=true\r\n".repeat(10_000)}`],
  ["a head without an end", `HTTP/1.1 200 OK\r\n${"X: y\r\n".repeat(10_000)}`],
  ["nothing but an end", ""],
];

for (const [what, text] of HOSTILE) {
  test(`a device that answers with ${what} is given up, whatever it was asked`, async () => {
    const world = setUp();
    world.serve = async (stream) => {
      await stream.read();
      await stream.write(new TextEncoder().encode(text)).catch(() => {});
      await stream.end();
    };
    assert.equal((await world.failure(world.control.readControls(signal))).end.reason, "peer");
    const failed = world.failure(world.control.give({ type: "reboot" }, signal));
    assert.equal((await failed).end.stage, "control");
  });
}

test("of what a hostile device says that it can be told, little is kept", async () => {
  const world = setUp();
  const lines = Array.from({ length: 900 }, (_, i) => {
    return `presets[${i}].Index=${i}\r\npresets[${i}].Name=\u001b[2J${"x".repeat(20)}`;
  });
  const body = ["caps.Pan=true", "caps.Tile=maybe", "presets[x].Index=1", ...lines].join("\r\n");
  world.serve = async (stream) => {
    const read = () => stream.read().catch(() => undefined);
    for (let bytes = await read(); bytes !== undefined; bytes = await read()) {
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;
      await stream.write(new TextEncoder().encode(head + body));
    }
  };
  const controls = await world.control.readControls(signal);
  const preset = controls.find(({ type }) => type === "preset");
  assert.ok(preset?.type === "preset" && preset.presets.length === 64);
  assert.equal(preset.presets[0]?.name, `[2J${"x".repeat(20)}`);
  const ptz = controls.find(({ type }) => type === "ptz");
  assert.deepEqual(ptz?.type === "ptz" && ptz.directions, ["left", "right"]);
});

test("an order ends with whoever gave it, also before there is a connection", async () => {
  const world = setUp();
  const never = new DahuaControl({
    ...{ channel: 1, credentials: world.credentials, clock: world.clock, entropy: world.entropy },
    openStream: () => new Promise(() => {}),
  });
  const asker = new AbortController();
  const failed = world.failure(never.give(LEFT, asker.signal));
  asker.abort();
  assert.equal((await failed).end.reason, "timeout");
});

test("a simulated Dahua device gives pictures to its account", async () => {
  const { openStream, credentials, entropy } = setUp();
  const stream = await openStream();
  const picture = await dahuaSnapshot({ stream, channel: 1, credentials, entropy, signal });
  assert.ok(picture.length > 1_000);
});

test("a simulated Dahua device's web server survives what is no HTTP", async () => {
  const rng = new Rng(3);
  for (
    const head of [
      "",
      "GET / HTTP/1.1\r\n\r\n",
      "POST /x HTTP/1.1\r\n\r\n",
      "GET //[ HTTP/1.0\r\n\r\n",
    ]
  ) {
    const { openStream, web } = setUp();
    const stream = await openStream();
    await stream.write(new TextEncoder().encode(head));
    await stream.write(rng.entropy(20_000)).catch(() => {});
    await settled();
    stream.abort();
    await settled();
    assert.deepEqual(web.orders, []);
  }
});
