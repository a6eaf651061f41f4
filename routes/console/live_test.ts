import assert from "node:assert/strict";
import { test } from "node:test";
import { type ApiWorld, apiWorld, problemOf } from "../../tests/support/api_world.ts";
import { idleStatus } from "../../tests/support/fake_hub.ts";
import { samplesIn } from "../../tests/support/mp4_boxes.ts";
import type { OpenResult } from "../../lib/hub/hub.ts";
import type { Source, SourceReader } from "../../lib/media/source.ts";
import type { AccessUnit, PackedTrack } from "../../lib/media/track.ts";
import { loadClip } from "../../lib/sim/clip/clip.ts";
import { ClipSource } from "../../lib/sim/clip/clip_source.ts";
import { concatBytes } from "../../lib/bytes/bytes.ts";
import { MAX_WAITING_BYTES, PATIENCE, PICTURE_WITHIN } from "./live_stream.ts";

const CLIP = loadClip();

interface LiveWorld extends ApiWorld {
  readonly source: ClipSource;
  /** What the hub was asked for. */
  readonly asked: { readonly path: string; readonly by: string; readonly who?: string }[];
}

/** The API with a hub that has the clip, or answers with this. */
function liveWorld(answer?: OpenResult, limits = {}): LiveWorld {
  const world = apiWorld({ limits });
  const source = new ClipSource(world.clock, CLIP);
  const asked: { path: string; by: string; who?: string }[] = [];
  world.hub.onOpen = (path, { cause }) => {
    asked.push({ path, ...cause });
    return Promise.resolve(answer ?? { type: "source", source });
  };
  return { ...world, source, asked };
}

const LIVE = "/api/v1/cameras/front/live.mp4";
const STILL = "/api/v1/cameras/front/keyframe.mp4";

/** What has come by now, as far as the client takes it. */
async function take(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array> {
  const { value } = await reader.read();
  return value ?? new Uint8Array(0);
}

function readerOf(response: Response): ReadableStreamDefaultReader<Uint8Array> {
  assert.ok(response.body !== null);
  return response.body.getReader();
}

test("GET …/live.mp4 begins with a key frame and names its codecs", async () => {
  const { request, asked, clock, source } = liveWorld();
  const response = await request(LIVE);
  assert.equal(response.status, 200);
  const type = 'video/mp4; codecs="avc1.64001e, mp4a.40.2"';
  assert.equal(response.headers.get("Content-Type"), type);
  assert.equal(response.headers.get("X-Left-Out"), null);
  assert.deepEqual(asked, [{ path: "/front", by: "viewer", who: "127.0.0.1" }]);
  const reader = readerOf(response);
  const beginning = await take(reader);
  const [first] = samplesIn(beginning);
  assert.deepEqual([first?.decodeAt, first?.isSync], [0, true]);
  clock.pass(1_000);
  const second = samplesIn(await take(reader)).filter(({ track }) => track === 1);
  assert.equal(second.length, 25);
  await reader.cancel();
  assert.equal(source.readers, 0);
});

test("GET …/live.mp4 asks for the stream that is wanted, and peeks where that is wanted", async () => {
  const { request, asked } = liveWorld();
  for (const query of ["?stream=sub", "?peek=true", "?stream=ch2/sub&peek=true", "?sound=false"]) {
    const response = await request(LIVE + query);
    assert.equal(response.status, 200);
    await response.body?.cancel();
  }
  const paths = asked.map(({ path }) => path);
  assert.deepEqual(paths, ["/front/sub", "/front?peek", "/front/ch2/sub?peek", "/front"]);
  for (const query of ["?stream=../x", "?stream=a/b/c", "?peek=1", "?what=x"]) {
    assert.equal((await request(LIVE + query)).status, 400, query);
  }
});

test("GET …/live.mp4 leaves sound out where that is wanted", async () => {
  const response = await liveWorld().request(`${LIVE}?sound=false`);
  assert.equal(response.headers.get("Content-Type"), 'video/mp4; codecs="avc1.64001e"');
  await response.body?.cancel();
});

test("HEAD …/live.mp4 does not reach a camera", async () => {
  const { request, asked } = liveWorld();
  const response = await request(LIVE, { method: "HEAD" });
  assert.deepEqual([response.status, response.headers.get("Content-Type")], [200, "video/mp4"]);
  assert.deepEqual(asked, []);
});

test("GET …/live.mp4 says why there is none", async () => {
  const error = {
    reason: "unreachable",
    stage: "locate",
    detail: "x",
    advice: "y",
    at: 0,
  } as const;
  const answers: readonly [OpenResult, number, string][] = [
    [{ type: "unknown" }, 404, "unknown-camera"],
    [{ type: "failed", error }, 504, "camera-offline"],
    [{ type: "budget", retryAfter: 5_000, detail: "spent", advice: "" }, 429, "wake-budget"],
    [{ type: "refused", why: "manual", detail: "x", advice: "" }, 409, "refused"],
    [{ type: "refused", why: "nothing", detail: "x", advice: "" }, 404, "no-picture"],
  ];
  for (const [answer, status, kind] of answers) {
    for (const path of [LIVE, STILL]) {
      const response = await liveWorld(answer).request(path);
      assert.equal(response.status, status);
      assert.equal((await problemOf(response)).type, `urn:sightline:problem:${kind}`);
    }
  }
});

const JPEG: PackedTrack = {
  id: 0,
  kind: "video",
  codec: "packed",
  encoding: "JPEG",
  clockRate: 90_000,
  channels: 1,
  fmtp: undefined,
};

test("GET …/live.mp4 and keyframe.mp4 name the codec that no browser can play", async () => {
  const source: Source = { tracks: [JPEG], read: () => () => {} };
  for (const path of [LIVE, STILL]) {
    const response = await liveWorld({ type: "source", source }).request(path);
    assert.equal(response.status, 404);
    assert.match((await problemOf(response)).detail, /the stream is JPEG/);
  }
});

/** A source that gives what a test tells it. */
class ToldSource implements Source {
  readonly tracks = CLIP.tracks.filter(({ kind }) => kind === "video");
  reader: SourceReader | undefined;

  read(reader: SourceReader): () => void {
    this.reader = reader;
    return () => this.reader = undefined;
  }

  give(...units: readonly AccessUnit[]): void {
    for (const unit of units) this.reader?.onUnit(unit);
  }
}

const PICTURES = CLIP.units.map(({ unit }) => unit).filter(({ trackId }) => trackId === 0);

/** An answer that is on its way, and the source it waits for. */
function told() {
  const source = new ToldSource();
  const world = liveWorld({ type: "source", source });
  return { ...world, source, response: world.request(LIVE) };
}

/** Lets everything go on that waits for nothing but a promise. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
}

test("GET …/live.mp4 waits for a key frame, and not for ever", async () => {
  const { source, response, clock } = told();
  await settle();
  source.give(...PICTURES.slice(1, 10));
  clock.pass(PICTURE_WITHIN);
  const { status } = await response;
  assert.equal(status, 504);
  assert.equal((await problemOf(await response)).stage, "starting");
  assert.equal(source.reader, undefined);
});

test("GET …/live.mp4 ends with its source, and when it becomes something else", async () => {
  for (
    const end of [
      (source: ToldSource) => source.reader?.onEnd("peer"),
      (source: ToldSource) => source.give(withOtherSets()),
    ]
  ) {
    const { source, response } = told();
    await settle();
    source.give(...PICTURES.slice(0, 5));
    const reader = readerOf(await response);
    assert.ok((await take(reader)).byteLength > 0);
    end(source);
    assert.equal((await reader.read()).done, true);
    assert.equal(source.reader, undefined);
  }
});

/** A key frame with another picture parameter set than the clip has. */
function withOtherSets(): AccessUnit {
  const [keyframe] = PICTURES;
  assert.ok(keyframe !== undefined);
  const parts = keyframe.parts.map((part) =>
    ((part[0] ?? 0) & 0x1f) === 8 ? concatBytes([part, Uint8Array.of(0x80)]) : part
  );
  return { ...keyframe, timestamp: 90_000, parts };
}

test("a client of live.mp4 that is too slow loses whole pictures up to the next key frame", async () => {
  const { source, response } = told();
  await settle();
  source.give(...PICTURES.slice(0, 1));
  const reader = readerOf(await response);
  const heavy = (unit: AccessUnit, timestamp: number): AccessUnit => ({
    ...unit,
    timestamp,
    parts: [...unit.parts, new Uint8Array(MAX_WAITING_BYTES / 8).fill(0x06)],
  });
  const [keyframe, picture] = PICTURES;
  assert.ok(keyframe !== undefined && picture !== undefined);
  for (let i = 1; i < 20; i++) source.give(heavy(picture, 3_600 * i));
  const first = samplesIn(await take(reader));
  assert.ok(first.length > 5 && first.length < 10, `${first.length}`);
  source.give(heavy(picture, 3_600 * 20), { ...keyframe, timestamp: 3_600 * 25 });
  const [next, ...more] = samplesIn(await take(reader));
  assert.deepEqual([next?.isSync, more.length], [true, 0]);
  const last = first.at(-1);
  assert.equal(next?.decodeAt, (last?.decodeAt ?? 0) + (last?.duration ?? 0), "without a hole");
  assert.equal((next?.decodeAt ?? 0) + (next?.offset ?? 0), 3_600 * 25, "and on time");
  await reader.cancel();
});

test("a client of live.mp4 that takes nothing any more is let go", async () => {
  const { source, response, clock } = told();
  await settle();
  source.give(...PICTURES.slice(0, 1));
  await response;
  clock.pass(PATIENCE);
  assert.equal(source.reader, undefined);
});

test("a client of live.mp4 that goes away while it waits is let go", async () => {
  const gone = new AbortController();
  const source = new ToldSource();
  const world = liveWorld({ type: "source", source });
  const response = world.request(LIVE, { signal: gone.signal });
  await settle();
  assert.ok(source.reader !== undefined);
  gone.abort();
  await response.catch(() => {});
  assert.equal(source.reader, undefined);
});

test("live.mp4 limits its viewers, and has none once the app is closed", async () => {
  const world = liveWorld(undefined, { liveStreams: 2 });
  const open = [await world.request(LIVE), await world.request(LIVE)];
  const full = await world.request(LIVE);
  assert.equal(full.status, 429);
  assert.equal(full.headers.get("Retry-After"), "30");
  await open[0]?.body?.cancel();
  const again = await world.request(LIVE);
  assert.equal(again.status, 200);
  world.app.close();
  assert.equal(world.source.readers, 0);
  await Promise.all([open[1]?.arrayBuffer(), again.arrayBuffer()]);
});

test("GET …/keyframe.mp4 gives one picture and its age, and never reaches the camera", async () => {
  const world = liveWorld();
  const stream = { path: "/front", state: "open", viewers: 0, tracks: ["H264"] } as const;
  const status = idleStatus("front", { streams: [{ ...stream, keyframeAge: 1_234 }] });
  world.hub.cameras.set("front", status);
  const response = await world.request(STILL);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Content-Type"), 'video/mp4; codecs="avc1.64001e"');
  assert.equal(response.headers.get("X-Snapshot-Age"), "1.234");
  const samples = samplesIn(new Uint8Array(await response.arrayBuffer()));
  assert.deepEqual(samples.map(({ isSync }) => isSync), [true]);
  assert.equal(world.source.readers, 0);
  await world.request(`${STILL}?stream=sub`);
  assert.deepEqual(world.asked.map(({ path }) => path), ["/front?peek", "/front/sub?peek"]);
});
