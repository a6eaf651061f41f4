import assert from "node:assert/strict";
import { test } from "node:test";
import { settled, VirtualClock } from "../../../tests/support/virtual_clock.ts";
import type { CloseReason } from "../../machine.ts";
import type { Camera } from "../camera.ts";
import { LinkError } from "../link/link_error.ts";
import { Snapshots } from "./snapshots.ts";

const { signal } = new AbortController();

function lab(take: (count: number, signal: AbortSignal) => Promise<Uint8Array>) {
  const clock = new VirtualClock();
  const snapshots = new Snapshots(clock);
  let asked = 0;
  const camera = { snapshot: (signal: AbortSignal) => take(++asked, signal) } as Camera;
  return { clock, snapshots, camera, asked: () => asked };
}

function failing(reason: CloseReason) {
  return lab(() => Promise.reject(new LinkError({ reason, stage: "a", detail: "no", advice: "" })));
}

test("Snapshots asks once for all who ask at a time, and not again within a second", async () => {
  const { clock, snapshots, camera, asked } = lab((count) => Promise.resolve(Uint8Array.of(count)));
  const takes = [1, 2, 3].map(() => snapshots.take(camera, signal));
  for (const result of await Promise.all(takes)) {
    assert.ok(result.type === "picture");
    assert.equal(result.bytes[0], 1);
  }
  clock.pass(999);
  const old = await snapshots.take(camera, signal);
  assert.equal(old.type === "picture" && old.age, 999);
  clock.pass(1);
  await snapshots.take(camera, signal);
  assert.equal(asked(), 2);
});

test("Snapshots does not ask again soon where it failed, and seldom where a password was refused", async () => {
  for (const [reason, holds] of [["peer", 10_000], ["auth", 600_000]] as const) {
    const { clock, snapshots, camera, asked } = failing(reason);
    for (let passed = 0; passed < holds; passed += 1_000) {
      const result = await snapshots.take(camera, signal);
      assert.ok(result.type === "failed" && result.error.reason === reason);
      clock.pass(1_000);
    }
    assert.equal(asked(), 1);
    await snapshots.take(camera, signal);
    assert.equal(asked(), 2);
  }
});

test("Snapshots calls off what takes too long, and leaves those alone who went away before", async () => {
  const { clock, snapshots, camera } = lab((_count, signal) =>
    new Promise((_resolve, reject) => {
      const end = { reason: "timeout", stage: "a", detail: "late", advice: "" } as const;
      signal.addEventListener("abort", () => reject(new LinkError(end)));
    })
  );
  const impatient = new AbortController();
  const left = snapshots.take(camera, impatient.signal);
  const stays = snapshots.take(camera, signal);
  impatient.abort();
  assert.equal((await left).type, "none");
  clock.pass(10_000);
  await settled();
  assert.equal((await stays).type, "failed");
  assert.equal(clock.timers, 0);
});

test("Snapshots.forget() gives out no picture of the camera before, not even a late one", async () => {
  const late = Promise.withResolvers<Uint8Array>();
  const { snapshots, camera } = lab(() => late.promise);
  const before = snapshots.take(camera, signal);
  snapshots.forget();
  late.resolve(Uint8Array.of(1));
  await before;
  assert.equal((await snapshots.take(undefined, signal)).type, "none");
});
