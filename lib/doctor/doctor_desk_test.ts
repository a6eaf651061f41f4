import assert from "node:assert/strict";
import { test } from "node:test";
import { settled, VirtualClock } from "../../tests/support/virtual_clock.ts";
import { parseCameraAddress } from "../config/camera_address.ts";
import type { World } from "../io/types.ts";
import { DoctorDesk, type DoctorLine, MAX_EXAMINATIONS } from "./doctor_desk.ts";

/** A world in which no name is ever resolved: examinations last until they are called off. */
function slowWorld(): World {
  const never = (_: unknown, signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Error("called off")));
    });
  const refuse = () => Promise.reject(new Error("Cannot do that"));
  return {
    clock: new VirtualClock(),
    entropy: (length) => new Uint8Array(length),
    openUdp: refuse,
    dialTcp: refuse,
    listenTcp: refuse,
    resolve: never,
    resolveAll: never,
    localAddresses: () => [],
    broadcastAddresses: () => [],
  };
}

const request = (text: string) => {
  return { address: parseCameraAddress(text), mayWake: false, clouds: [] };
};

test("DoctorDesk examines a camera once at a time, whoever names it how", async () => {
  const desk = new DoctorDesk(slowWorld());
  const leaving = new AbortController();
  const lines: DoctorLine[] = [];
  const first = desk.begin(
    request("dahua://4K0123PAZ00001"),
    (line) => lines.push(line),
    leaving.signal,
  );
  assert.ok(first instanceof Promise);
  const again = request("dahua://admin:pw@4K0123PAZ00001?way=relay");
  assert.equal(desk.begin(again, () => {}, leaving.signal), "busy");
  leaving.abort();
  await first;
  assert.equal(desk.size, 0);
  assert.deepEqual(lines, [], "what was called off has no verdict");
});

test("DoctorDesk examines so many cameras at once, and ends all when it closes", async () => {
  const desk = new DoctorDesk(slowWorld());
  const { signal } = new AbortController();
  const begin = (i: number) => desk.begin(request(`dahua://4K0123PAZ0000${i}`), () => {}, signal);
  const begun = Array.from({ length: MAX_EXAMINATIONS }, (_, i) => begin(i));
  assert.equal(begin(9), "full");
  await settled();
  assert.equal(desk.size, MAX_EXAMINATIONS);
  desk.close();
  await Promise.all(begun.filter((one) => one instanceof Promise));
  assert.equal(desk.size, 0);
});

test("DoctorDesk tells the steps, then the verdict", async () => {
  const world = slowWorld();
  const desk = new DoctorDesk({
    ...world,
    resolveAll: () => Promise.reject(new Error('Cannot resolve "www.easy4ipcloud.com"')),
  });
  const lines: DoctorLine[] = [];
  const { signal } = new AbortController();
  await desk.begin(request("dahua://4K0123PAZ00001"), (line) => lines.push(line), signal);
  assert.deepEqual(lines.map(({ event }) => event), ["step", "verdict"]);
  const [name, verdict] = lines;
  assert.ok(name?.event === "step" && name.step === "name" && name.outcome === "failed");
  assert.ok(verdict?.event === "verdict" && verdict.type === "unresolved");
});

test("DoctorDesk asks whether it may wake a camera right before it does, and tells when that is over", async () => {
  const desk = new DoctorDesk(slowWorld());
  const leaving = new AbortController();
  const told: string[] = [];
  const spent = { type: "budget", retryAfter: 5, detail: "d", advice: "a" } as const;
  const asking = {
    ...request("dahua://4K0123PAZ00001"),
    admit: () => {
      told.push("asked");
      return () => void told.push("over");
    },
  };
  const begun = desk.begin(asking, () => {}, leaving.signal);
  assert.equal(desk.begin(asking, () => {}, leaving.signal), "busy");
  assert.deepEqual(told, ["asked"], "who is sent away anyway costs no wake");
  leaving.abort();
  await begun;
  assert.deepEqual(told, ["asked", "over"]);
  const refused = desk.begin({ ...asking, admit: () => spent }, () => {}, leaving.signal);
  assert.equal(refused, spent);
  assert.equal(desk.size, 0);
});
