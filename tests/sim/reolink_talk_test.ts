import assert from "node:assert/strict";
import { test } from "node:test";
import { findSource } from "../../lib/hub/find_source.ts";
import { silentLog } from "../../lib/log/log.ts";
import type { Duration } from "../../lib/machine.ts";
import { encodeALaw } from "../../lib/media/g711.ts";
import { encodeRtpPacket } from "../../lib/rtp/packet.ts";
import { encodeMessage, type RtspResponse } from "../../lib/rtsp/message.ts";
import { MessageReader } from "../../lib/rtsp/message_reader.ts";
import { serveRtsp } from "../../lib/rtsp/server/serve.ts";
import { parseSession } from "../../lib/sdp/parse_session.ts";
import { type MemoryStream, memoryStreams } from "../support/memory_stream.ts";
import { ReolinkHubWorld } from "../support/reolink_hub_world.ts";
import { pitchOf, strengthOf, tone } from "../support/tone.ts";

const URL = "rtsp://127.0.0.1:8554/yard";
const REQUIRE = "Require: www.onvif.org/ver20/backchannel";
const STOP_TALK = 11;

/** One who watches and talks, by what it writes and reads on a connection to the RTSP server. */
class Talking {
  readonly #world: ReolinkHubWorld;
  readonly #stream: MemoryStream;
  readonly #reader = new MessageReader();
  readonly #responses: RtspResponse[] = [];
  #session = "";
  #talkUrl = "";
  #said = 0;
  frames = 0;

  constructor(world: ReolinkHubWorld) {
    this.#world = world;
    const [server, client] = memoryStreams(1 << 20);
    this.#stream = client;
    void serveRtsp(server, {
      find: findSource(world.hub),
      clock: world.host.world.clock,
      entropy: world.host.world.entropy,
      signal: new AbortController().signal,
      log: silentLog,
    });
    void this.#readAll();
  }

  async ask(method: string, url = URL, ...fields: readonly string[]): Promise<RtspResponse> {
    const session = this.#session === "" ? [] : [`Session: ${this.#session}`];
    const lines = [`${method} ${url} RTSP/1.0`, "CSeq: 1", ...session, ...fields, "", ""];
    const before = this.#responses.length;
    await this.#stream.write(new TextEncoder().encode(lines.join("\r\n")));
    assert.ok(await this.#world.until(() => this.#responses.length > before, 30_000), method);
    const response = this.#responses.at(-1);
    assert.ok(response !== undefined);
    this.#session ||= response.headers.get("Session")?.split(";")[0] ?? "";
    return response;
  }

  /** Describes it all, and sets up the picture. */
  async watch(): Promise<void> {
    const described = await this.ask("DESCRIBE", URL, REQUIRE);
    assert.equal(described.status, 200);
    const { media } = parseSession(new TextDecoder().decode(described.body));
    const talk = media.find(({ direction }) => direction === "sendonly");
    assert.ok(talk?.control !== undefined, "there is a backchannel");
    this.#talkUrl = `${URL}/${talk.control}`;
    const transport = "Transport: RTP/AVP/TCP;interleaved=0-1";
    assert.equal((await this.ask("SETUP", `${URL}/trackID=0`, transport)).status, 200);
  }

  setUpTalk(): Promise<RtspResponse> {
    return this.ask("SETUP", this.#talkUrl, "Transport: RTP/AVP/TCP;interleaved=8-9", REQUIRE);
  }

  /** Says a tone in packets of 20 ms, at the pace of speech. */
  async speak(hertz: number, duration: Duration): Promise<void> {
    for (const end = this.#said + 8 * duration; this.#said < end; this.#said += 160) {
      const payload = encodeRtpPacket({
        marker: false,
        payloadType: 8,
        sequenceNumber: (this.#said / 160) & 0xffff,
        timestamp: this.#said,
        ssrc: 1,
        payload: encodeALaw(tone(hertz, 8_000, 160, this.#said)),
      });
      await this.#stream.write(encodeMessage({ type: "interleaved", channel: 8, payload }));
      await this.#world.pass(20);
    }
  }

  leave(): void {
    this.#stream.abort();
  }

  async #readAll(): Promise<void> {
    for (;;) {
      const bytes = await this.#stream.read().catch(() => undefined);
      if (bytes === undefined) return;
      this.#reader.push(bytes);
      for (let next = this.#reader.next(); next !== undefined; next = this.#reader.next()) {
        if (next.type === "response") this.#responses.push(next);
        else this.frames += 1;
      }
    }
  }
}

const stops = (world: ReolinkHubWorld) =>
  world.said("request").filter(({ id }) => id === STOP_TALK).length;

test("what a viewer says over the backchannel is heard from a Reolink camera, while it shows", async () => {
  const world = await ReolinkHubWorld.open();
  const { talk } = world.camera.state;
  const viewer = new Talking(world);
  await viewer.watch();
  assert.equal((await viewer.setUpTalk()).status, 200);
  assert.equal((await viewer.ask("PLAY")).status, 200);
  await world.pass(1_000);
  assert.ok(!talk.isTaken, "who says nothing leaves the loudspeaker to others");
  await viewer.speak(1_000, 2_000);
  assert.ok(talk.isTaken);
  const frames = viewer.frames;
  await viewer.speak(440, 1_000);
  assert.ok(viewer.frames > frames, "the picture goes on");
  assert.equal((await viewer.ask("TEARDOWN")).status, 200);
  await world.pass(2_000);
  assert.deepEqual([talk.isTaken, stops(world)], [false, 1]);
  const { heard } = talk;
  const block = 1_024;
  assert.ok(Math.abs(heard.length - 48_000) <= block, `${heard.length} samples of 48000`);
  const [high, low] = [heard.subarray(1_000, 31_000), heard.subarray(33_000, 47_000)];
  assert.deepEqual([pitchOf(high, 16_000), pitchOf(low, 16_000)], [1_000, 440]);
  assert.ok(strengthOf(1_000, high, 16_000) > 6_500, "as loud as it was said");
  viewer.leave();
  await world.pass(100);
  await world.result(world.hub.close(), 5_000);
  assert.equal(world.host.timers, 0);
});

test("a talk ends with two seconds of silence, and with the connection", async () => {
  const world = await ReolinkHubWorld.open({ link: { delay: 30 } });
  const { talk } = world.camera.state;
  const viewer = new Talking(world);
  await viewer.watch();
  await viewer.setUpTalk();
  await viewer.ask("PLAY");
  await viewer.speak(1_000, 500);
  assert.ok(talk.isTaken);
  await world.pass(3_000);
  assert.deepEqual([talk.isTaken, stops(world)], [false, 1]);
  await viewer.speak(1_000, 500);
  assert.ok(talk.isTaken);
  viewer.leave();
  await world.pass(1_500);
  assert.deepEqual([talk.isTaken, stops(world)], [false, 2]);
  assert.ok(Math.abs(talk.heard.length - 16_000) <= 2_048, `${talk.heard.length} of 16000`);
});

test("one viewer talks to a camera at a time; the second is told so, and may when it is silent", async () => {
  const world = await ReolinkHubWorld.open();
  const [first, second] = [new Talking(world), new Talking(world)];
  for (const viewer of [first, second]) await viewer.watch();
  await first.setUpTalk();
  await first.ask("PLAY");
  await first.speak(1_000, 500);
  assert.equal((await second.setUpTalk()).status, 453);
  await world.pass(3_000);
  assert.equal((await second.setUpTalk()).status, 200);
  await second.ask("PLAY");
  await second.speak(440, 1_000);
  second.leave();
  await world.pass(1_000);
  assert.equal(pitchOf(world.camera.state.talk.heard.subarray(-12_000, -2_000), 16_000), 440);
});

test("to ask for a backchannel wakes a camera as often as to watch it, and a peek has none", async () => {
  const camera = { power: "battery", battery: { wakeTime: "1s", sleepAfter: "10s" } };
  const world = await ReolinkHubWorld.open({ camera });
  const viewer = new Talking(world);
  await viewer.watch();
  assert.equal(world.camera.power.wakes, 1);
  viewer.leave();
  assert.ok(await world.until(() => world.camera.power.state === "asleep", 60_000));
  const peeking = new Talking(world);
  const described = await peeking.ask("DESCRIBE", `${URL}?peek`, REQUIRE);
  assert.equal(described.status, 200);
  assert.doesNotMatch(new TextDecoder().decode(described.body), /sendonly/);
  await world.pass(5_000);
  assert.equal(world.camera.power.wakes, 1);
  peeking.leave();
});
