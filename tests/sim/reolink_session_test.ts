import assert from "node:assert/strict";
import { test } from "node:test";
import type { Duration } from "../../lib/machine.ts";
import type { Command } from "../../lib/reolink/baichuan/command.ts";
import { READ_ABILITY } from "../../lib/reolink/baichuan/commands/ability.ts";
import { READ_BATTERY } from "../../lib/reolink/baichuan/commands/battery.ts";
import { SWITCH_FLOODLIGHT } from "../../lib/reolink/baichuan/commands/floodlight.ts";
import { READ_LED } from "../../lib/reolink/baichuan/commands/led_read.ts";
import { READ_PIR } from "../../lib/reolink/baichuan/commands/pir_read.ts";
import { READ_PTZ_PRESETS } from "../../lib/reolink/baichuan/commands/ptz_presets.ts";
import { READ_STREAM_LIST } from "../../lib/reolink/baichuan/commands/stream_list.ts";
import { READ_SUPPORT } from "../../lib/reolink/baichuan/commands/support.ts";
import { READ_TIME } from "../../lib/reolink/baichuan/commands/time_read.ts";
import { READ_UID } from "../../lib/reolink/baichuan/commands/uid.ts";
import { READ_VERSION } from "../../lib/reolink/baichuan/commands/version.ts";
import { READ_WIFI_SIGNAL } from "../../lib/reolink/baichuan/commands/wifi_signal.ts";
import { READ_ZOOM_FOCUS } from "../../lib/reolink/baichuan/commands/zoom_focus_read.ts";
import type { Done, Outcome } from "../../lib/reolink/baichuan/outcome.ts";
import { BaichuanSession } from "../../lib/reolink/baichuan/session.ts";
import type { BaichuanEvent } from "../../lib/reolink/baichuan/session_events.ts";
import type { BcMediaFrame } from "../../lib/reolink/bcmedia/frame.ts";
import { type BcMediaGap, BcMediaReader } from "../../lib/reolink/bcmedia/reader.ts";
import { BcServer } from "../../lib/sim/reolink/bc_server.ts";
import { ENCRYPTIONS } from "../../lib/sim/reolink/camera_settings.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { PASSWORD, ReolinkWorld } from "../support/reolink_world.ts";

/** Our session and the simulated camera's, with nothing but time between them. */
class Visit {
  readonly world: ReolinkWorld;
  readonly server: BcServer;
  readonly session: BaichuanSession;
  readonly events: BaichuanEvent[] = [];
  /** What came of each stream, gaps included. */
  readonly frames: Record<"main" | "sub", (BcMediaFrame | BcMediaGap)[]> = { main: [], sub: [] };
  readonly #readers = { main: new BcMediaReader(), sub: new BcMediaReader() };
  now: number;

  constructor(camera: Record<string, unknown> = {}, password = PASSWORD) {
    this.world = new ReolinkWorld({ camera });
    this.now = this.world.now;
    this.server = new BcServer(this.now, {
      camera: this.world.camera.state,
      carrier: "udp",
      entropy: new Rng(1).entropy,
      onEvent: () => {},
    });
    const account = { user: "admin", password: { reveal: () => password } };
    this.session = new BaichuanSession(this.now, { account });
  }

  pass(duration: Duration): void {
    const end = this.now + duration;
    this.#settle();
    for (;;) {
      const instants = [this.session.pollTimeout(), this.server.pollTimeout()];
      const at = Math.min(...instants.map((one) => one ?? Infinity));
      if (at > end) break;
      this.now = Math.max(this.now, at);
      this.session.handleTimeout(this.now);
      this.server.handleTimeout(this.now);
      this.#settle();
    }
    this.now = end;
  }

  ask<T>(run: (done: Done<T>) => void, wait: Duration = 1_000): Outcome<T> {
    let result: Outcome<T> | undefined;
    run((outcome) => result = outcome);
    this.pass(wait);
    assert.ok(result !== undefined);
    return result;
  }

  #settle(): void {
    for (let moved = true; moved;) {
      const request = this.session.pollWrite();
      if (request !== undefined) this.server.handleBytes(this.now, request);
      const answer = this.server.pollBytes();
      if (answer !== undefined) this.session.receive(this.now, answer);
      const event = this.session.pollEvent();
      if (event !== undefined) this.#take(event);
      moved = [request, answer, event].some((one) => one !== undefined);
    }
  }

  #take(event: BaichuanEvent): void {
    this.events.push(event);
    if (event.type !== "media" || event.stream === "extern") return;
    const reader = this.#readers[event.stream];
    reader.push(event.bytes);
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      this.frames[event.stream].push(frame);
    }
  }
}

for (const encryption of ENCRYPTIONS) {
  test(`a session with cipher ${encryption} has two streams at once, whole, and stops them`, () => {
    const visit = new Visit({ encryption });
    const { session, server } = visit;
    visit.pass(100);
    assert.equal(visit.events[0]?.type, "loggedIn");
    for (const kind of ["main", "sub"] as const) {
      assert.equal(
        visit.ask((done) => session.startPreview(visit.now, kind, done), 0).type,
        "done",
      );
    }
    visit.pass(5_000);
    for (const kind of ["main", "sub"] as const) {
      const types = visit.frames[kind].map(({ type }) => type);
      assert.ok(!types.includes("gap"));
      assert.equal(types[0], "info");
      assert.ok(types.filter((type) => type === "video").length > 30, `${kind}: ${types.length}`);
    }
    assert.equal(server.previews, 2);
    session.close(visit.now);
    visit.pass(1_000);
    assert.equal(server.previews, 0);
    const end = visit.events.at(-1);
    assert.ok(end?.type === "closed" && end.reason === "local");
    const { badMessages, opaquePayloads, strayMessages, badPushes } = session.counters;
    assert.deepEqual([badMessages, opaquePayloads, strayMessages, badPushes], [0, 0, 0, 0]);
  });
}

test("a session is answered whatever it asks, and takes a picture", () => {
  const visit = new Visit({ power: "battery" });
  const { session } = visit;
  visit.pass(5_000);
  function get<Request, Reply>(command: Command<Request, Reply>, value: Request): Reply {
    const outcome = visit.ask<Reply>((done) => session.request(visit.now, command, value, done), 0);
    assert.ok(outcome.type === "done", `${command.name}: ${JSON.stringify(outcome)}`);
    return outcome.value;
  }
  const channel = { channel: 0 };
  assert.ok(get(READ_ABILITY, { userName: "admin", categories: "system" }).abilities.length > 0);
  assert.ok(get(READ_SUPPORT, {}).items.length > 0);
  assert.ok(get(READ_STREAM_LIST, {}).length > 0);
  assert.ok(get(READ_BATTERY, channel).percent > 0);
  assert.ok(get(READ_TIME, {}).year >= 2025);
  assert.ok(get(READ_WIFI_SIGNAL, {}).signal < 0);
  assert.equal(get(READ_PIR, channel).settings?.enabled, true);
  get(READ_VERSION, {});
  get(READ_UID, {});
  get(READ_LED, channel);
  get(READ_PTZ_PRESETS, channel);
  get(READ_ZOOM_FOCUS, channel);
  get(SWITCH_FLOODLIGHT, { ...channel, on: true, duration: 180 });
  const picture = visit.ask<Uint8Array>((done) => session.snapshot(visit.now, "main", done));
  assert.ok(picture.type === "done" && picture.value[0] === 0xff);
  const watched = visit.ask((done) => session.watchEvents(visit.now, done));
  assert.equal(watched.type, "done");
  const told = new Set(visit.events.map(({ type }) => type));
  for (const type of ["battery", "floodlight", "sightings", "push"] as const) {
    assert.ok(told.has(type), type);
  }
});

test("a session stays for hours, asked now and then whether it is there", () => {
  const visit = new Visit();
  visit.pass(2 * 3_600_000);
  assert.equal(visit.server.end, undefined);
  assert.ok(visit.session.counters.keepAlives > 700);
  assert.equal(visit.session.counters.missedPings, 0);
});

test("a session with a wrong password tries it once", () => {
  const visit = new Visit({}, "wrong");
  visit.pass(60_000);
  const [end] = visit.events;
  assert.ok(end?.type === "closed" && end.reason === "auth");
  assert.equal(visit.world.camera.state.counters.wrongLogins, 1);
});
