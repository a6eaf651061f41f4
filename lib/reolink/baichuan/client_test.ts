import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStreams } from "../../../tests/support/memory_stream.ts";
import { settled, VirtualClock } from "../../../tests/support/virtual_clock.ts";
import { parseXml, writeXml } from "../../xml/xml.ts";
import type { AdpcmFrame } from "../bcmedia/frame.ts";
import { changeLed, changePir, readPir, setClock } from "./actions.ts";
import { BaichuanError, BaichuanLoginError } from "./baichuan_error.ts";
import { type BaichuanClient, connectBaichuan } from "./client.ts";
import { READ_ABILITY } from "./commands/ability.ts";
import { BATTERY_LIST, READ_BATTERY } from "./commands/battery.ts";
import { READ_LED } from "./commands/led_read.ts";
import { WRITE_LED } from "./commands/led_write.ts";
import { LOGOUT } from "./commands/logout.ts";
import { READ_PIR } from "./commands/pir_read.ts";
import { WRITE_PIR } from "./commands/pir_write.ts";
import { START_PREVIEW } from "./commands/preview_start.ts";
import { STOP_PREVIEW } from "./commands/preview_stop.ts";
import { CONTROL_PTZ } from "./commands/ptz_control.ts";
import { SNAPSHOT } from "./commands/snapshot.ts";
import { READ_STREAM_LIST } from "./commands/stream_list.ts";
import { READ_SUPPORT } from "./commands/support.ts";
import { READ_TALK_ABILITY } from "./commands/talk_ability.ts";
import { START_TALK } from "./commands/talk_config.ts";
import { TALK_DATA } from "./commands/talk_data.ts";
import { STOP_TALK } from "./commands/talk_stop.ts";
import { READ_TIME } from "./commands/time_read.ts";
import { WRITE_TIME } from "./commands/time_write.ts";
import { READ_VERSION } from "./commands/version.ts";
import { WATCH_EVENTS } from "./commands/watch_events.ts";
import { CAMERA_ACCOUNT, ScriptedCamera, type ScriptedCameraOptions } from "./scripted_camera.ts";
import type { SessionOptions } from "./session.ts";
import type { PushEvent } from "./session_events.ts";

/** A camera at one end of a connection, and somebody about to log in at the other. */
class Bench {
  readonly clock = new VirtualClock();
  readonly camera: ScriptedCamera;
  readonly stop = new AbortController();
  readonly events: PushEvent[] = [];
  /** With room for a message or two. */
  readonly #streams = memoryStreams(300);
  /** Whether the camera reads no more. */
  isDeaf = false;

  constructor(options: ScriptedCameraOptions = {}) {
    this.camera = new ScriptedCamera(options);
  }

  /** The camera's end. */
  get far() {
    return this.#streams[1];
  }

  connect(options: Partial<SessionOptions> = {}): Promise<BaichuanClient> {
    return connectBaichuan(this.#streams[0], {
      account: CAMERA_ACCOUNT,
      clock: this.clock,
      onEvent: (event) => this.events.push(event),
      ...options,
    }, this.stop.signal);
  }

  /** The camera reads and answers until the connection is over. */
  async serve(): Promise<void> {
    try {
      for (let bytes = await this.far.read(); bytes; bytes = await this.far.read()) {
        this.camera.receive(bytes);
        await this.flush();
        if (this.isDeaf) return;
      }
      await this.far.end();
    } catch {
      // The client has broken the connection.
    }
  }

  /** Sends what the camera has to say. */
  async flush(): Promise<void> {
    for (let bytes = this.camera.poll(); bytes; bytes = this.camera.poll()) {
      await this.far.write(bytes);
    }
  }

  /** Lets time pass, and everything happen that comes of it. */
  async pass(duration: number, step = 100): Promise<void> {
    await settled();
    for (let passed = 0; passed < duration; passed += step) {
      this.clock.pass(Math.min(step, duration - passed));
      await settled();
    }
  }

  static async loggedIn(
    options: ScriptedCameraOptions = {},
  ): Promise<{ bench: Bench; camera: ScriptedCamera; client: BaichuanClient }> {
    const bench = new Bench(options);
    void bench.serve();
    return { bench, camera: bench.camera, client: await bench.connect() };
  }
}

async function failure(promise: Promise<unknown>): Promise<BaichuanError> {
  const error = await promise.then(() => undefined, (reason: unknown) => reason);
  assert.ok(error instanceof BaichuanError, String(error));
  return error;
}

async function loginFailure(promise: Promise<unknown>): Promise<BaichuanLoginError> {
  const error = await promise.then(() => undefined, (reason: unknown) => reason);
  assert.ok(error instanceof BaichuanLoginError, String(error));
  return error;
}

test("connectBaichuan() logs in, asks, and says goodbye within a second", async () => {
  const { bench, camera, client } = await Bench.loggedIn({ login: { device: { type: "ipc" } } });
  assert.deepEqual(client.login, { mode: "fullAes", device: { type: "ipc" } });
  camera.answer(READ_BATTERY, { channel: 0, percent: 42 });
  assert.equal((await client.battery()).percent, 42);
  camera.answer(LOGOUT, {});
  const closing = client.close();
  await bench.pass(1_000);
  assert.deepEqual(await closing, {
    reason: "local",
    stage: "session",
    detail: "closed",
    advice: "",
  });
  assert.equal(bench.clock.timers, 0);
  assert.ok(bench.far.isOver);
});

test("connectBaichuan() rejects with the reason, having tried the password once", async () => {
  const bench = new Bench();
  void bench.serve();
  const account = { user: "admin", password: { reveal: () => "wrong" } };
  const connecting = loginFailure(bench.connect({ account }));
  await bench.pass(60_000, 1_000);
  const { end, message } = await connecting;
  assert.equal(end.reason, "auth");
  assert.ok(!message.includes("wrong"));
  assert.equal(bench.camera.logins, 1);
  assert.equal(bench.clock.timers, 0);
});

test("connectBaichuan() rejects where the camera is not there any more, or never answers", async () => {
  const gone = new Bench();
  await gone.far.end();
  const connecting = loginFailure(gone.connect());
  await gone.pass(1_000);
  assert.equal((await connecting).end.reason, "peer");
  const broken = new Bench();
  broken.far.abort();
  assert.match((await loginFailure(broken.connect())).end.detail, /connection broke/);
  const silent = new Bench();
  const waiting = loginFailure(silent.connect());
  await silent.pass(11_000, 1_000);
  assert.equal((await waiting).end.reason, "timeout");
});

test("connectBaichuan() can be called off, before and after", async () => {
  const never = new Bench();
  never.stop.abort();
  const connecting = loginFailure(never.connect());
  await never.pass(1_000);
  assert.equal((await connecting).end.reason, "local");
  const { bench, client } = await Bench.loggedIn();
  bench.stop.abort();
  await bench.pass(2_000);
  assert.equal((await client.ended).reason, "local");
});

test("BaichuanClient.startPreview() passes bytes on until it is stopped, and again", async () => {
  const { bench, camera, client } = await Bench.loggedIn();
  camera.scripts.set(START_PREVIEW.id, (request) => camera.media(request, Uint8Array.of(1), true));
  const received: number[] = [];
  const preview = await client.startPreview("main", (bytes) => received.push(...bytes));
  const [request] = camera.asked(START_PREVIEW);
  assert.ok(request !== undefined);
  camera.media(request, Uint8Array.of(2, 3));
  await bench.flush();
  await settled();
  assert.deepEqual(received, [1, 2, 3]);
  assert.equal((await failure(client.startPreview("main", () => {}))).reason, "busy");

  const stopping = preview.stop();
  const again = client.startPreview("main", (bytes) => received.push(...bytes));
  camera.media(request, Uint8Array.of(4));
  await bench.flush();
  await settled();
  assert.equal(camera.asked(START_PREVIEW).length, 1, "not before the camera has stopped");
  const [stop] = camera.asked(STOP_PREVIEW);
  assert.ok(stop !== undefined);
  camera.reply(stop, 200);
  await bench.flush();
  await stopping;
  assert.equal(await preview.ended, "local");
  const second = await again;
  assert.deepEqual(received, [1, 2, 3, 1]);
  await preview.stop();
  camera.scripts.set(STOP_PREVIEW.id, () => {});
  const slow = second.stop();
  await bench.pass(2_000);
  await slow;
});

test("BaichuanClient.startPreview() tells when the camera or the connection ends it", async () => {
  const { bench, camera, client } = await Bench.loggedIn();
  camera.scripts.set(START_PREVIEW.id, (request) => camera.media(request, Uint8Array.of(1), true));
  const main = await client.startPreview("main", () => {});
  const sub = await client.startPreview("sub", () => {});
  const [request] = camera.asked(START_PREVIEW);
  assert.ok(request !== undefined);
  camera.reply(request, 500);
  await bench.flush();
  assert.equal(await main.ended, "peer");
  bench.far.abort();
  assert.equal(await sub.ended, "peer");
  await sub.stop();
  assert.equal((await failure(client.startPreview("main", () => {}))).reason, "closed");
});

test("BaichuanClient.snapshot() resolves with a JPEG", async () => {
  const { camera, client } = await Bench.loggedIn();
  const jpeg = Uint8Array.of(0xff, 0xd8, 7, 0xff, 0xd9);
  camera.scripts.set(SNAPSHOT.id, (request) => {
    camera.reply(request, 200, SNAPSHOT.reply.write({ size: jpeg.byteLength }));
    camera.reply({ ...request, header: { ...request.header, num: 4_000 } }, 201, {
      extension: { binary: true },
      payload: { type: "binary", bytes: jpeg },
    });
  });
  assert.deepEqual(await client.snapshot("sub"), jpeg);
});

test("BaichuanClient.info() tells all that can be had, and leaves out what is refused", async () => {
  const { camera, client } = await Bench.loggedIn();
  camera.answer(READ_VERSION, { model: "Argus", name: "Yard", firmware: "v3" });
  camera.answer(READ_ABILITY, { code: 500 });
  camera.answer(READ_SUPPORT, { items: [{ channel: 0, battery: 1 }] });
  camera.answer(READ_STREAM_LIST, []);
  const info = await client.info();
  assert.deepEqual(
    [info.model, info.name, info.firmware, info.channels, info.hasBattery, info.abilities],
    ["Argus", "Yard", "v3", 1, true, undefined],
  );
  assert.equal(client.info(), client.info());
  const [asked] = camera.asked(READ_ABILITY);
  assert.equal(asked?.extension?.userName, "admin");
});

test("BaichuanClient.info() knows of a battery from a camera that says nothing else", async () => {
  const { bench, camera, client } = await Bench.loggedIn({ login: { device: {}, streams: [] } });
  for (const command of [READ_VERSION, READ_ABILITY, READ_SUPPORT]) {
    camera.scripts.set(command.id, (request) => camera.reply(request, 500));
  }
  camera.push(BATTERY_LIST, [{ channel: 0, percent: 5 }]);
  await bench.flush();
  await settled();
  assert.equal((await client.info()).hasBattery, true);
  assert.deepEqual(bench.events.map(({ type }) => type), ["battery"]);
});

test("BaichuanClient moves the camera, watches, and rejects what is refused", async () => {
  const { bench, camera, client } = await Bench.loggedIn();
  camera.answer(CONTROL_PTZ, {});
  const moving = client.movePtz({ direction: "left", duration: 300 });
  await bench.pass(300);
  await moving;
  await client.stopPtz();
  assert.equal(camera.asked(CONTROL_PTZ).length, 3);
  camera.answer(WATCH_EVENTS, {});
  await client.watchEvents();
  camera.answer(READ_BATTERY, { code: 421 });
  const { reason, code, message } = await failure(client.battery());
  assert.deepEqual([reason, code], ["refused", 421]);
  assert.equal(
    message,
    "the camera refuses to tell the state of its battery with status 421: not for this account",
  );
});

test("BaichuanClient.talk() has a writer wait until there is room", async () => {
  const { bench, camera, client } = await Bench.loggedIn();
  const config = {
    audioType: "adpcm",
    sampleRate: 16_000,
    samplePrecision: 16,
    samplesPerBlock: 1_024,
    soundTrack: "mono",
  };
  camera.answer(READ_TALK_ABILITY, { duplexes: [], modes: [], configs: [config] });
  camera.answer(START_TALK, {});
  camera.answer(STOP_TALK, {});
  const talk = await client.talk();
  assert.deepEqual(talk.config, config);
  const nibbles = new Uint8Array(512);
  const block: AdpcmFrame = { type: "adpcm", unknown: 0, predictor: 0, stepIndex: 0, nibbles };
  let written = 0;
  const writing = (async () => {
    for (; written < 100; written++) await talk.write(block);
    await talk.end();
  })();
  await settled();
  assert.ok(written < 50);
  await bench.pass(100 * 64 + 200, 64);
  await writing;
  assert.equal(camera.asked(TALK_DATA).length, 100);
  assert.equal((await failure(talk.write(block))).reason, "closed");
});

test("BaichuanClient.close() ends even where the camera takes nothing in any more", async () => {
  const { bench, client } = await Bench.loggedIn();
  bench.isDeaf = true;
  const asked = Array.from({ length: 10 }, () => failure(client.battery()));
  await settled();
  assert.ok(bench.far.unread > 0);
  const closing = client.close();
  await bench.pass(1_000);
  assert.equal((await closing).reason, "local");
  for (const { reason } of await Promise.all(asked)) assert.equal(reason, "closed");
  assert.equal(bench.clock.timers, 0);
});

test("changePir() changes what it is told to, and keeps what it does not know", async () => {
  const { camera, client } = await Bench.loggedIn();
  const element = parseXml(
    "<rfAlarmCfg version='1.1'><rfID>0</rfID><enable>1</enable><sensiValue>7</sensiValue>" +
      "<timeBlockList><timeBlock><enable>1</enable></timeBlock></timeBlockList></rfAlarmCfg>",
  );
  camera.answer(READ_PIR, { element });
  camera.answer(WRITE_PIR, {});
  assert.deepEqual(await readPir(client), { enabled: true, sensitivityValue: 7 });
  await changePir(client, { enabled: false, sensitivity: 3 });
  const [request] = camera.asked(WRITE_PIR);
  assert.ok(request !== undefined);
  assert.equal(
    writeXml(WRITE_PIR.request.read(request).element),
    writeXml(element).replace("<enable>1", "<enable>0")
      .replace("</rfAlarmCfg>", "<sensitivity>3</sensitivity></rfAlarmCfg>"),
  );
});

test("changeLed() writes the other light back as it is, without the version", async () => {
  const { camera, client } = await Bench.loggedIn();
  camera.answer(READ_LED, { channel: 0, version: 2, infrared: "auto", status: "open" });
  camera.answer(WRITE_LED, {});
  await changeLed(client, { status: "close" });
  const [request] = camera.asked(WRITE_LED);
  assert.ok(request !== undefined);
  assert.deepEqual(WRITE_LED.request.read(request), {
    channel: 0,
    infrared: "auto",
    status: "close",
  });
});

test("setClock() sets the clock in the camera's own time zone", async () => {
  const { camera, client } = await Bench.loggedIn();
  const then = { utcOffset: 19_800, year: 2000, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
  camera.answer(READ_TIME, then);
  camera.answer(WRITE_TIME, {});
  await setClock(client, Date.UTC(2024, 1, 28, 23, 0, 7));
  const [request] = camera.asked(WRITE_TIME);
  assert.ok(request !== undefined);
  assert.deepEqual(WRITE_TIME.request.read(request), {
    utcOffset: 19_800,
    year: 2024,
    month: 2,
    day: 29,
    hour: 4,
    minute: 30,
    second: 7,
    timeFormat: 0,
  });
});
