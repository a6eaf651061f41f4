import assert from "node:assert/strict";
import { test } from "node:test";
import { type ApiWorld, apiWorld, problemOf } from "../tests/support/api_world.ts";
import { settled } from "../tests/support/virtual_clock.ts";
import { HEARTBEAT, PATIENCE } from "./event_streams.ts";

const EVENTS = "/api/v1/events";

/** A client that reads when told to. */
function reader(response: Response) {
  assert.equal(response.status, 200);
  assert.ok(response.body);
  const chunks = response.body.getReader();
  const decoder = new TextDecoder();
  return {
    async next(): Promise<string | undefined> {
      const { value } = await chunks.read();
      return value === undefined ? undefined : decoder.decode(value);
    },
    cancel: () => chunks.cancel(),
  };
}

async function follow(world: ApiWorld, path = EVENTS, init: RequestInit = {}) {
  const client = reader(await world.request(path, init));
  assert.equal(await client.next(), "retry: 2000\n\n");
  return client;
}

function move(world: ApiWorld, camera: string): void {
  world.hub.events.add({ type: "camera", camera, change: "changed" });
}

/** Event streams open, as the metrics have it. */
async function open(world: ApiWorld): Promise<string | undefined> {
  const text = await (await world.request("/metrics")).text();
  return /^sightline_event_streams (\d+)$/m.exec(text)?.[1];
}

test("GET /api/v1/events tells what happens from now on, as it happens", async () => {
  const world = apiWorld();
  move(world, "before");
  const response = await world.request(EVENTS);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const client = reader(response);
  assert.equal(await client.next(), "retry: 2000\n\n");
  const waiting = client.next();
  world.hub.events.add({
    type: "state",
    camera: "front",
    state: "open",
    previous: "starting",
    way: "direct",
    stage: undefined,
    error: undefined,
    retryAt: undefined,
    detail: undefined,
  });
  const { lastId } = world.hub.events;
  const data = {
    type: "state",
    camera: "front",
    state: "open",
    previous: "starting",
    way: "direct",
    id: lastId,
    at: "2023-11-14T22:13:25.000Z",
  };
  assert.equal(await waiting, `id: ${lastId}\nevent: state\ndata: ${JSON.stringify(data)}\n\n`);
  await client.cancel();
});

test("GET /api/v1/events goes on after Last-Event-ID, or after since", async () => {
  const world = apiWorld();
  for (const camera of ["a", "b", "c"]) move(world, camera);
  const second = world.hub.events.lastId - 1;
  const resumed = await follow(world, EVENTS, { headers: { "Last-Event-ID": String(second) } });
  assert.match(await resumed.next() ?? "", /^id: \d+\nevent: camera\ndata: .*"camera":"c".*\n\n$/);
  const since = await follow(world, `${EVENTS}?since=${second}`);
  assert.match(await since.next() ?? "", /"camera":"c"/);
});

test("GET /api/v1/events says when events are missing", async () => {
  const world = apiWorld();
  for (let i = 0; i < 2_100; i++) move(world, `c${i}`);
  const client = await follow(world, EVENTS, { headers: { "Last-Event-ID": "1" } });
  const first = await client.next() ?? "";
  assert.match(
    first,
    /^event: missed\ndata: \{"type":"missed"\}\n\nid: \d+\nevent: camera\ndata: .*"c100"/,
  );
});

test("GET /api/v1/events says so, too, when the numbers are of a daemon with another clock", async () => {
  const world = apiWorld();
  const client = await follow(world, EVENTS, { headers: { "Last-Event-ID": "9000000000000000" } });
  assert.equal(await client.next(), 'event: missed\ndata: {"type":"missed"}\n\n');
  const waiting = client.next();
  move(world, "front");
  assert.match(await waiting ?? "", /^id: \d+\nevent: camera/);
});

test("GET /api/v1/events?follow=false ends with what has happened", async () => {
  const world = apiWorld();
  for (let i = 0; i < 200; i++) move(world, `c${i}`);
  const text = await (await world.request(`${EVENTS}?since=0&follow=false`)).text();
  assert.equal(text.match(/^event: camera$/gm)?.length, 200);
  assert.equal(await open(world), "0");
});

test("an event stream has a heartbeat while nothing happens", async () => {
  const world = apiWorld();
  const client = await follow(world);
  const waiting = client.next();
  world.clock.pass(HEARTBEAT);
  assert.equal(await waiting, ": still here\n\n");
  await client.cancel();
});

test("an event stream ends when its client cancels, aborts, or takes nothing any more", async () => {
  const world = apiWorld();
  const cancelled = await follow(world);
  const leaving = new AbortController();
  const aborted = await follow(world, EVENTS, { signal: leaving.signal });
  const unread = await world.request(EVENTS);
  assert.equal(await open(world), "3");
  await cancelled.cancel();
  assert.equal(await open(world), "2");
  leaving.abort();
  assert.equal(await aborted.next(), undefined);
  assert.equal(await open(world), "1");
  world.clock.pass(PATIENCE);
  assert.equal(await open(world), "0");
  assert.equal(world.clock.timers, 0);
  await unread.body?.cancel();
});

test("an event stream keeps nothing for a client that does not read, and tells it what it missed", async () => {
  const world = apiWorld();
  const slow = await follow(world);
  for (let i = 0; i < 5_000; i++) move(world, `c${i}`);
  await settled();
  assert.match(await slow.next() ?? "", /^event: missed\n/);
  let last = "";
  while (!last.includes('"c4999"')) last = await slow.next() ?? "ended";
  await slow.cancel();
});

test("a client that reads on is not let go however long it takes", async () => {
  const world = apiWorld();
  const client = await follow(world);
  for (let i = 0; i < 10; i++) {
    const waiting = client.next();
    await settled();
    world.clock.pass(HEARTBEAT);
    await waiting;
  }
  assert.equal(await open(world), "1");
  await client.cancel();
});

test("event streams have a limit", async () => {
  const world = apiWorld({ limits: { eventStreams: 2 } });
  const clients = [await follow(world), await follow(world)];
  const refused = await world.request(EVENTS);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("retry-after"), "30");
  assert.match((await problemOf(refused)).detail, /Too many clients/);
  await clients[0]?.cancel();
  await follow(world);
});

test("HEAD of the events opens no stream", async () => {
  const world = apiWorld();
  const response = await world.request(EVENTS, { method: "HEAD" });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.equal(await open(world), "0");
});

test("event streams end with the API", async () => {
  const world = apiWorld();
  const client = await follow(world);
  const waiting = client.next();
  world.app.close();
  assert.equal(await waiting, undefined);
  assert.equal(world.clock.timers, 0);
});

test("GET /api/v1/events refuses numbers that are none", async () => {
  const { request } = apiWorld();
  for (const id of ["x", "-1", "1.5", "99999999999999999999"]) {
    assert.equal((await request(EVENTS, { headers: { "Last-Event-ID": id } })).status, 400, id);
    assert.equal((await request(`${EVENTS}?since=${id}`)).status, 400, id);
  }
});
