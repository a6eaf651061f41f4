import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStreams } from "../../../tests/support/memory_stream.ts";
import { settled, VirtualClock } from "../../../tests/support/virtual_clock.ts";
import type { ByteStream, World } from "../../io/types.ts";
import { LinkError } from "../link/link_error.ts";
import type { ReolinkLinkEvent } from "./link.ts";
import { dialReolinkTcp } from "./tcp_link.ts";

const PEER = { address: "192.168.1.110", port: 9000 };
const { signal } = new AbortController();

/** A world that has nothing but a clock and this way to dial. */
function worldWith(clock: VirtualClock, dialTcp: World["dialTcp"]): World {
  return { clock, dialTcp } as unknown as World;
}

async function connected() {
  const clock = new VirtualClock();
  const [ours, theirs] = memoryStreams();
  const events: ReolinkLinkEvent[] = [];
  const world = worldWith(clock, () => Promise.resolve(ours));
  const link = await dialReolinkTcp(
    PEER,
    { world, onEvent: (event) => events.push(event) },
    signal,
  );
  return { clock, link, theirs, events };
}

test("dialReolinkTcp() is open as soon as it is there, and carries bytes", async () => {
  const { clock, link, theirs, events } = await connected();
  assert.deepEqual(await link.opened, { way: "tcp", peer: PEER });
  assert.equal(link.isOpen, true);
  await link.stream.write(Uint8Array.of(1, 2));
  assert.deepEqual(await theirs.read(), Uint8Array.of(1, 2));
  await theirs.write(Uint8Array.of(3));
  assert.deepEqual(await link.stream.read(), Uint8Array.of(3));
  assert.deepEqual(link.figures.received, { tcp: 1 });
  link.close();
  link.close();
  assert.equal((await link.ended).reason, "local");
  assert.equal(await theirs.read(), undefined);
  clock.pass(1_000);
  assert.equal(clock.timers, 0);
  const told = events.map((event) => event.type === "state" ? event.state : event.type);
  assert.deepEqual(told, ["locating", "open", "open", "closed", "closed"]);
});

test("dialReolinkTcp() tells the end of a camera that closes, and of one that breaks off", async () => {
  const closing = await connected();
  await closing.theirs.end();
  assert.equal(await closing.link.stream.read(), undefined);
  assert.equal((await closing.link.ended).reason, "peer");
  assert.equal(closing.theirs.isOver, true, "nothing is left of it");

  const breaking = await connected();
  breaking.theirs.abort();
  await assert.rejects(breaking.link.stream.read());
  assert.equal((await breaking.link.ended).reason, "peer");
  assert.equal(breaking.link.isOpen, false);
});

test("dialReolinkTcp() ends with its stream", async () => {
  const { link, theirs } = await connected();
  link.stream.abort();
  assert.equal((await link.ended).reason, "local");
  assert.equal(theirs.isOver, true);
});

test("dialReolinkTcp() rejects with LinkError when nobody answers, refuses or wants it any more", async () => {
  const never: World["dialTcp"] = (_to, wanted) => {
    return new Promise<ByteStream>((_resolve, reject) => {
      wanted.addEventListener("abort", () => reject(new Error("called off")));
    });
  };
  const clock = new VirtualClock();
  const dial = (dialTcp: World["dialTcp"], wanted = signal) =>
    dialReolinkTcp(PEER, { world: worldWith(clock, dialTcp), onEvent: () => {} }, wanted).then(
      () => "connected",
      (error) => error instanceof LinkError ? error.end.reason : "not a LinkError",
    );
  const late = dial(never);
  await settled();
  clock.pass(4_000);
  assert.equal(await late, "timeout");
  assert.equal(await dial(() => Promise.reject(new Error("refused"))), "unreachable");
  const stop = new AbortController();
  const calledOff = dial(never, stop.signal);
  stop.abort();
  assert.equal(await calledOff, "local");
  assert.equal(clock.timers, 0);
});
