import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../../lib/bytes/bytes.ts";
import { isH265Keyframe } from "../../lib/media/h265.ts";
import { splitAdts } from "../../lib/media/adts.ts";
import { splitAnnexB } from "../../lib/media/annex_b.ts";
import { isH264Keyframe } from "../../lib/media/h264.ts";
import { STOP_PREVIEW } from "../../lib/reolink/baichuan/commands/preview_stop.ts";
import { SNAPSHOT } from "../../lib/reolink/baichuan/commands/snapshot.ts";
import { ReolinkWorld } from "../support/reolink_world.ts";
import { EPOCH } from "../support/virtual_topologies.ts";
import { framesOf, watch } from "../support/reolink_media.ts";

test("a stream begins with its info and a key frame, and goes on in real time by its own clock", () => {
  for (const [main, isKeyframe] of [["h264", isH264Keyframe], ["h265", isH265Keyframe]] as const) {
    const world = new ReolinkWorld({ camera: { streams: { main }, quirks: { uptime: "1h" } } });
    const client = world.logIn();
    world.world.runFor(12_345);
    const start = world.now;
    watch(client);
    world.world.runFor(10_000);
    const messages = client.media(500);
    const [info, ...frames] = framesOf(messages);
    assert.ok(info?.type === "info");
    assert.deepEqual([info.width, info.height, info.fps], [640, 360, 25]);
    const pictures = frames.filter((frame) => frame.type === "video");
    assert.equal(pictures.length, 251);
    const [first] = pictures;
    assert.ok(first?.keyframe && isKeyframe(splitAnnexB(first.payload)));
    assert.equal(first.codec, main === "h264" ? "H264" : "H265");
    for (
      const [i, { keyframe, microseconds, microsecondsHigh, extra, payload }] of pictures.entries()
    ) {
      assert.equal(keyframe, i % 25 === 0);
      assert.deepEqual([...payload.subarray(0, 4)], [0, 0, 0, 1]);
      const uptime = microsecondsHigh * 2 ** 32 + microseconds;
      assert.equal(uptime, 1_000 * (3_600_000 + start + 40 * i));
      assert.equal(extra.byteLength, keyframe ? 8 : 0);
      if (!keyframe) continue;
      const posix = new DataView(extra.buffer, extra.byteOffset).getUint32(0, true);
      assert.equal(posix, Math.floor((EPOCH + start + 40 * i) / 1_000));
    }
    const sound = frames.filter((frame) => frame.type === "aac").map(({ payload }) => payload);
    const seconds = splitAdts(concatBytes(sound)).length * 1_024 / 16_000;
    assert.ok(Math.abs(seconds - 10) < 0.2, `${seconds} s of sound`);
    const late = messages.slice(1).map(({ at }) => at - start);
    assert.ok(late.every((at, i) => i === 0 || at >= (late[i - 1] ?? 0)));
    assert.ok(late.at(-1) === 10_000);
  }
});

test("a stream has the sound the scenario says: ADPCM, none, or some that comes late", () => {
  const kinds = (camera: Record<string, unknown>) => {
    const world = new ReolinkWorld({ camera });
    const client = world.logIn();
    watch(client);
    world.world.runFor(5_000);
    return framesOf(client.media(500)).map(({ type }) => type);
  };
  const blocks = kinds({ audio: "adpcm" }).filter((type) => type === "adpcm").length;
  assert.ok(Math.abs(blocks * 0.06 - 5) < 0.1, `${blocks} blocks`);
  assert.deepEqual([...new Set(kinds({ audio: "none" }))], ["info", "video"]);
  const late = kinds({ quirks: { audioAfter: "3s" } });
  assert.ok(late.indexOf("aac") >= 75, `${late.indexOf("aac")}`);
});

test("several streams run on one connection, each under its own number, until they are stopped", () => {
  const world = new ReolinkWorld({ camera: { streams: { main: "h265", sub: "h264" } } });
  const client = world.logIn();
  assert.equal(watch(client, "extern", 499).header.code, 400, "it has none");
  watch(client, "main", 500);
  watch(client, "sub", 501);
  const { counters } = world.camera.state;
  assert.equal(counters.previews, 2);
  world.world.runFor(2_000);
  const codecs = [500, 501].map((num) => {
    const frames = framesOf(client.media(num));
    return new Set(frames.flatMap((frame) => frame.type === "video" ? [frame.codec] : []));
  });
  assert.deepEqual(codecs, [new Set(["H265"]), new Set(["H264"])]);
  for (const { header } of client.media(501)) assert.equal(header.stream, 1);
  client.ask(STOP_PREVIEW, { channel: 0, handle: 0 }, { num: 500 });
  const before = [500, 501].map((num) => client.media(num).length);
  world.world.runFor(2_000);
  assert.equal(client.media(500).length, before[0]);
  assert.ok(client.media(501).length > (before[1] ?? 0));
  assert.deepEqual([counters.previews, counters.mostPreviews], [1, 2]);
});

test("a stream ends with the connection that asked for it", () => {
  const world = new ReolinkWorld();
  const { client, peer, cid, did } = world.connect("local");
  client.login();
  watch(client);
  world.world.runFor(1_000);
  world.exchange(peer, { type: "C2D_DISC", cid, did });
  assert.equal(world.camera.state.counters.previews, 0);
});

test("a camera takes one picture a second, and sends it in pieces under a number of its own", () => {
  const world = new ReolinkWorld();
  const client = world.logIn();
  const take = () => {
    const before = client.received.length;
    const asked = world.now;
    const snap = { channel: 0, logicChannel: 0, time: 0, fullFrame: 0, stream: "main" } as const;
    const reply = client.ask(SNAPSHOT, snap);
    world.world.runFor(1_000);
    const pieces = client.received.slice(before).filter((one) => one !== reply);
    const { size, fileName } = SNAPSHOT.reply.read(reply);
    assert.match(fileName ?? "", /^01_20250212\d{6}\.jpg$/);
    assert.ok(pieces.length > 1);
    const codes = pieces.map(({ header }) => header.code);
    assert.deepEqual(codes, [...codes.slice(1).fill(200), 201]);
    const [{ header, at } = reply] = pieces;
    assert.ok(header.num !== reply.header.num && at - asked >= 100);
    for (const piece of pieces) {
      assert.deepEqual([piece.header.num, piece.extension], [header.num, { binary: true }]);
    }
    const jpeg = concatBytes(pieces.map(({ payload }) => {
      return payload.type === "binary" ? payload.bytes : new Uint8Array(0);
    }));
    assert.equal(jpeg.byteLength, size);
    assert.deepEqual([...jpeg.subarray(0, 2), ...jpeg.subarray(-2)], [0xff, 0xd8, 0xff, 0xd9]);
    return jpeg;
  };
  assert.notDeepEqual(take(), take());
});

test("a client that reads too slowly misses pictures up to a key frame, and nothing else", () => {
  const world = new ReolinkWorld({ camera: { link: { rate: 20_000, delay: "20ms" } } });
  const { client } = world.connect("local");
  client.login();
  watch(client);
  world.world.runFor(120_000);
  const pictures = framesOf(client.media(500)).filter((frame) => frame.type === "video");
  const times = pictures.map(({ microseconds }) => microseconds);
  const gaps = times.flatMap((time, i) => i > 0 && time - (times[i - 1] ?? 0) > 40_000 ? [i] : []);
  assert.ok(gaps.length > 0, "the link is too slow for all of them");
  for (const i of gaps) assert.ok(pictures[i]?.keyframe);
  assert.equal(world.camera.sessions, 1);
});
