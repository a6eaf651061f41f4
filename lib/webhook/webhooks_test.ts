import assert from "node:assert/strict";
import { test } from "node:test";
import { DOWN, FakeReceiver, OK } from "../../tests/support/fake_receiver.ts";
import { settled, VirtualClock } from "../../tests/support/virtual_clock.ts";
import type { WebhookConfig } from "../config/daemon_config.ts";
import { Secret } from "../config/secret.ts";
import { EventRing } from "../hub/event_log.ts";
import { silentLog } from "../log/log.ts";
import { Webhooks } from "./webhooks.ts";

const hook = (path: string, secret = "s"): WebhookConfig => ({
  url: new URL(`http://127.0.0.1/${path}`),
  secret: new Secret(secret),
  events: [],
});

test("Webhooks keeps what is queued for a receiver that stays, and lets the others go", async () => {
  const clock = new VirtualClock();
  const receiver = new FakeReceiver();
  const events = new EventRing(clock);
  const hooks = new Webhooks(events, {
    clock,
    entropy: (length) => new Uint8Array(length),
    post: receiver.post,
    log: silentLog,
    userAgent: "sightline/0.1.0",
    onBug: (error) => {
      throw error;
    },
  });
  const happen = () => events.add({ type: "camera", camera: "front", change: "added" });
  receiver.answer = () => DOWN;
  hooks.configure([hook("a"), hook("b"), hook("c")]);
  happen();
  await settled();
  assert.deepEqual(hooks.figures.map(({ queued }) => queued), [1, 1, 1]);
  hooks.configure([hook("c"), hook("a"), hook("b", "another")]);
  assert.deepEqual(hooks.figures.map(({ queued }) => queued), [1, 1, 0]);
  await settled();
  receiver.requests.length = 0;
  receiver.answer = () => OK;
  happen();
  clock.pass(10_000);
  await settled();
  const paths = receiver.requests.map(({ url }) => url.pathname).sort();
  assert.deepEqual(paths, ["/a", "/a", "/b", "/c", "/c"]);
  await hooks.close();
  happen();
  await settled();
  assert.equal(receiver.requests.length, 5);
  assert.equal(clock.timers, 0);
});
