import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { DOWN, FakeReceiver, OK, status } from "../../tests/support/fake_receiver.ts";
import { settled, VirtualClock } from "../../tests/support/virtual_clock.ts";
import type { WebhookConfig } from "../config/daemon_config.ts";
import { Secret } from "../config/secret.ts";
import { EventRing } from "../hub/event_log.ts";
import { Log, type LogFields } from "../log/log.ts";
import type { Duration } from "../machine.ts";
import { Rng } from "../sim/rng.ts";
import {
  ANSWER_TIMEOUT,
  CLOSE_GRACE,
  MAX_AGE,
  MAX_ATTEMPTS,
  MAX_QUEUED,
  WebhookSender,
} from "./webhook_sender.ts";

const SECRET = "hunter2-of-the-hook";

const CONFIG: WebhookConfig = {
  url: new URL("https://example.org/hooks/T0KEN?key=K3Y"),
  secret: new Secret(SECRET),
  events: [],
};

function setUp(config: Partial<WebhookConfig> = {}) {
  const clock = new VirtualClock();
  const receiver = new FakeReceiver();
  const logged: { readonly level: string; readonly text: string }[] = [];
  const log = new Log((level, message, fields: LogFields) => {
    logged.push({ level, text: `${message} ${JSON.stringify(fields)}` });
  });

  const sender = new WebhookSender({ ...CONFIG, ...config }, {
    clock,
    entropy: new Rng(7).entropy,
    post: receiver.post,
    log,
    userAgent: "sightline/0.1.0",
    onBug: (error) => {
      throw error;
    },
  });
  const events = new EventRing(clock);
  events.subscribe((event) => sender.offer(event));
  return {
    clock,
    receiver,
    logged,
    sender,
    events,
    /** Viewers come and go: `count` events. */
    happen(count = 1, from = 0) {
      for (let viewers = from; viewers < from + count; viewers++) {
        events.add({ type: "viewers", camera: "front", path: "/front", viewers });
      }
    },
    async pass(duration: Duration, step = 1_000) {
      await settled();
      for (let left = duration; left > 0; left -= step) {
        clock.pass(Math.min(step, left));
        await settled();
      }
    },
  };
}

test("WebhookSender sends an event as the API has it, signed over timestamp and body", async () => {
  const { receiver, events, sender } = setUp();
  const error = {
    reason: "timeout",
    stage: "punching",
    detail: "silence",
    advice: "Wait.",
  } as const;
  events.add({
    type: "state",
    camera: "front",
    state: "failed",
    previous: "punching",
    way: undefined,
    stage: "punching",
    error: { ...error, at: 1_700_000_000_000 },
    retryAt: 1_700_000_060_000,
    detail: undefined,
  });
  await settled();
  const [request] = receiver.requests;
  assert.ok(request !== undefined);
  assert.deepEqual(receiver.bodies[0], {
    type: "state",
    camera: "front",
    state: "failed",
    previous: "punching",
    stage: "punching",
    error: { ...error, at: "2023-11-14T22:13:20.000Z" },
    retryAt: "2023-11-14T22:14:20.000Z",
    id: events.lastId,
    at: "2023-11-14T22:13:25.000Z",
  });
  const { headers, body } = request;
  assert.equal(headers["Content-Type"], "application/json");
  assert.equal(headers["X-Sightline-Event"], "state");
  assert.equal(headers["X-Sightline-Timestamp"], "1700000005");
  assert.match(headers["X-Sightline-Delivery"] ?? "", /^[0-9a-f]{32}$/);
  const text = `1700000005.${new TextDecoder().decode(body)}`;
  const expected = createHmac("sha256", SECRET).update(text).digest("hex");
  assert.equal(headers["X-Sightline-Signature"], `sha256=${expected}`);
  assert.deepEqual(sender.figures, { delivered: 1, failed: 0, dropped: 0, queued: 0 });
});

test("WebhookSender without a secret signs nothing", async () => {
  const { receiver, happen } = setUp({ secret: undefined });
  happen();
  await settled();
  assert.equal("X-Sightline-Signature" in (receiver.requests[0]?.headers ?? {}), false);
});

test("WebhookSender sends the events that are asked for alone", async () => {
  const { receiver, happen, events } = setUp({ events: ["camera"] });
  happen(2);
  events.add({ type: "camera", camera: "front", change: "added" });
  await settled();
  assert.deepEqual(receiver.bodies.map(({ type }) => type), ["camera"]);
});

test("WebhookSender has one request at a time, in order, and repeats with the same id", async () => {
  const { receiver, happen, pass, logged } = setUp();
  receiver.answer = () => receiver.requests.length <= 3 ? DOWN : OK;
  happen(3);
  await pass(20_000);
  assert.deepEqual(receiver.bodies.map(({ viewers }) => viewers), [0, 0, 0, 0, 1, 2]);
  const ids = receiver.requests.map(({ headers }) => headers["X-Sightline-Delivery"]);
  assert.equal(new Set(ids).size, 3);
  assert.equal(new Set(ids.slice(0, 4)).size, 1);
  const times = receiver.requests.map(({ headers }) => headers["X-Sightline-Timestamp"]);
  assert.ok(new Set(times.slice(0, 4)).size > 1, "each attempt has its own time");
  assert.equal(receiver.most, 1);
  const loud = logged.filter(({ level }) => level !== "debug").map(({ text }) => text);
  assert.match(loud[0] ?? "", /webhook failed.*nothing listens there/);
  assert.match(loud[1] ?? "", /delivers again/);
  assert.equal(loud.length, 2);
});

test("WebhookSender waits twice as long after each failure, up to five minutes", async () => {
  const { receiver, happen, pass, clock } = setUp();
  const at: number[] = [];
  receiver.answer = () => {
    at.push(clock.now());
    return status(503);
  };
  happen();
  await pass(MAX_AGE);
  const waits = at.slice(1).map((now, i) => (now - (at[i] ?? 0)) / 1_000);
  waits.forEach((wait, i) => {
    const expected = Math.min(300, 2 ** i);
    assert.ok(wait >= expected * 0.75 - 1 && wait <= expected * 1.25 + 1, `${i}: ${wait}`);
  });
  assert.equal(at.length, MAX_ATTEMPTS);
});

test("WebhookSender gives up an event after its last attempt, and goes on with the next", async () => {
  const { receiver, happen, pass, sender } = setUp();
  receiver.answer = () => receiver.requests.length <= MAX_ATTEMPTS ? DOWN : OK;
  happen(2);
  await pass(MAX_AGE);
  assert.equal(receiver.requests.length, MAX_ATTEMPTS + 1);
  assert.deepEqual(sender.figures, { delivered: 1, failed: 1, dropped: 0, queued: 0 });
});

test("WebhookSender gives up events that are too old without another attempt", async () => {
  const { receiver, happen, pass, sender } = setUp();
  receiver.answer = () => DOWN;
  happen(50);
  await pass(MAX_AGE + 400_000, 10_000);
  assert.equal(sender.figures.failed, 50);
  assert.ok(receiver.requests.length < 25, String(receiver.requests.length));
});

for (const code of [301, 307, 400, 401, 404, 410]) {
  test(`WebhookSender takes HTTP ${code} for an answer`, async () => {
    const { receiver, happen, pass, sender } = setUp();
    receiver.answer = () => receiver.requests.length === 1 ? status(code) : OK;
    happen(2);
    await pass(1_000);
    assert.deepEqual(receiver.bodies.map(({ viewers }) => viewers), [0, 1]);
    assert.equal(sender.figures.failed, 1);
  });
}

test("WebhookSender waits as long as a receiver asks for, up to ten minutes", async () => {
  const { receiver, happen, pass } = setUp();
  receiver.answer = () => status(429, receiver.requests.length === 1 ? 60_000 : 86_400_000);
  happen();
  await pass(59_000);
  assert.equal(receiver.requests.length, 1);
  await pass(2_000);
  assert.equal(receiver.requests.length, 2);
  await pass(601_000, 10_000);
  assert.equal(receiver.requests.length, 3);
});

test("WebhookSender calls off a request that is not answered in time", async () => {
  const { receiver, happen, pass, logged } = setUp();
  receiver.answer = () => receiver.requests.length === 1 ? "hang" : OK;
  happen();
  await pass(ANSWER_TIMEOUT + 2_000);
  assert.equal(receiver.requests.length, 2);
  assert.match(logged[0]?.text ?? "", /did not answer in time/);
});

test("WebhookSender keeps a bounded queue, and drops the oldest but what is being sent", async () => {
  const { receiver, happen, pass, sender, logged } = setUp();
  receiver.answer = () => receiver.requests.length === 1 ? "hang" : OK;
  happen(MAX_QUEUED + 10);
  assert.deepEqual(sender.figures, { delivered: 0, failed: 0, dropped: 10, queued: MAX_QUEUED });
  await pass(ANSWER_TIMEOUT + 2_000);
  const seen = receiver.bodies.map(({ viewers }) => viewers);
  assert.deepEqual(seen.slice(0, 3), [0, 0, 11]);
  assert.equal(seen.at(-1), MAX_QUEUED + 9);
  const warnings = logged.filter(({ level }) => level === "warn");
  assert.equal(warnings.filter(({ text }) => /queue is full/.test(text)).length, 1);
  assert.match(logged.at(-1)?.text ?? "", /delivers again.*"dropped":10/);
});

test("WebhookSender sends again after it had nothing to send", async () => {
  const { receiver, happen } = setUp();
  for (let from = 0; from < 3; from++) {
    happen(1, from);
    await settled();
  }
  assert.equal(receiver.requests.length, 3);
});

test("close() tries what is queued once more, and no longer than a moment", async () => {
  const { receiver, happen, sender, clock } = setUp();
  receiver.answer = () => receiver.requests.length === 1 ? DOWN : OK;
  happen(2);
  await settled();
  await sender.close();
  assert.equal(sender.figures.delivered, 2);
  assert.equal(clock.timers, 0);

  const other = setUp();
  other.receiver.answer = () => "hang";
  other.happen(2);
  const closing = other.sender.close();
  await other.pass(CLOSE_GRACE);
  await closing;
  assert.deepEqual(other.sender.figures, { delivered: 0, failed: 2, dropped: 0, queued: 0 });
  assert.equal(other.clock.timers, 0);
  other.happen();
  await other.pass(1_000);
  assert.equal(other.receiver.requests.length, 1, "nothing is sent after the end");
});

test("WebhookSender tells the log nothing of URL and secret but the host", async () => {
  const { receiver, happen, pass, logged, sender } = setUp();
  receiver.answer = () => receiver.requests.length < 5 ? status(500) : status(404);
  happen(MAX_QUEUED * 2);
  await pass(60_000);
  await sender.close();
  const all = logged.map(({ text }) => text).join("\n");
  assert.match(all, /example\.org/);
  assert.doesNotMatch(all, /T0KEN|K3Y|hunter2/);
});
