import assert from "node:assert/strict";
import { test } from "node:test";
import { settled, VirtualClock } from "../../../tests/support/virtual_clock.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import { Rng } from "../../sim/rng.ts";
import type { Link, LinkFigures, OpenWay } from "./link.ts";
import { BudgetError, LinkError } from "./link_error.ts";
import {
  LinkPool,
  type LinkPoolEvent,
  type LinkPoolLimits,
  type LinkPoolOptions,
} from "./link_pool.ts";
import { MachineStream } from "../../io/machine_stream.ts";

const WAY: OpenWay = { way: "direct", peer: { address: "127.0.0.1", port: 1 } };
const GONE: TunnelEnd = { reason: "timeout", stage: "open", detail: "it is gone", advice: "" };
const OFFLINE: TunnelEnd = { reason: "unreachable", stage: "locate", detail: "off", advice: "" };
const FULL: TunnelEnd = { reason: "peer", stage: "relay-agent", detail: "full", advice: "" };
const REFUSED: TunnelEnd = { reason: "auth", stage: "channel", detail: "refused", advice: "" };
const CLOSED: TunnelEnd = { reason: "local", stage: "open", detail: "closed", advice: "" };

/** A tunnel whose fate the test decides. */
class FakeLink implements Link<number, MachineStream> {
  readonly #opened = Promise.withResolvers<OpenWay | undefined>();
  readonly #ended = Promise.withResolvers<TunnelEnd>();
  readonly #clock: VirtualClock;
  readonly #onStreams: (count: number) => void;
  figures: LinkFigures = { rtt: undefined, loss: undefined, retransmits: 0, received: {} };
  streams = 0;
  closing = false;
  isOpen = false;

  constructor(clock: VirtualClock, onStreams: (count: number) => void) {
    this.#clock = clock;
    this.#onStreams = onStreams;
  }

  get opened() {
    return this.#opened.promise;
  }

  get ended() {
    return this.#ended.promise;
  }

  open(): void {
    this.isOpen = true;
    this.#opened.resolve(WAY);
  }

  end(end: TunnelEnd): void {
    this.isOpen = false;
    this.#opened.resolve(undefined);
    this.#ended.resolve(end);
  }

  openStream(port: number): MachineStream {
    this.#onStreams(++this.streams);
    const calls = { space: () => 0, write() {}, read: () => undefined, close() {} };
    return new MachineStream(this.#clock, port, calls);
  }

  closeStream(): void {
    this.#onStreams(--this.streams);
  }

  close(): void {
    this.closing = true;
    this.end(CLOSED);
  }
}

interface Lab {
  readonly clock: VirtualClock;
  readonly pool: LinkPool<number, MachineStream>;
  readonly links: FakeLink[];
  readonly events: LinkPoolEvent[];
  /** Lets time pass, and everything that comes of it happen. */
  pass(duration: number): Promise<void>;
}

/** A pool whose tunnels open by themselves unless `script` says how the nth one fails. */
function lab(
  script: readonly (TunnelEnd | "open" | "wait")[] = [],
  limits: Partial<LinkPoolLimits> = {},
  options: Partial<LinkPoolOptions<number, MachineStream>> = {},
): Lab {
  const clock = new VirtualClock();
  const links: FakeLink[] = [];
  const events: LinkPoolEvent[] = [];
  const pool = new LinkPool({
    startLink(_signal, onStreams) {
      const link = new FakeLink(clock, onStreams);
      const fate = script[links.length] ?? "open";
      links.push(link);
      if (fate === "open") link.open();
      else if (fate !== "wait") link.end(fate);
      return Promise.resolve(link);
    },
    clock,
    entropy: new Rng(1).entropy,
    limits,
    onEvent: (event) => events.push(event),
    onBug: (error) => {
      throw error;
    },
    ...options,
  });
  return {
    clock,
    pool,
    links,
    events,
    async pass(duration) {
      for (let left = duration; left > 0; left -= 500) {
        clock.pass(Math.min(left, 500));
        await settled();
      }
    },
  };
}

test("LinkPool.start() rejects with the reason when the first tunnel cannot be had", async () => {
  const { pool, links, pass } = lab([OFFLINE]);
  await assert.rejects(pool.start(), (error) => {
    return error instanceof LinkError && error.end.reason === "unreachable";
  });
  await pass(120_000);
  assert.equal(links.length, 1, "and does not try again by itself");
});

test("LinkPool opens a further tunnel when the first is full, one negotiation at a time", async () => {
  const { pool, links } = lab(["open", "wait", "open"], { streamsPerLink: 2 });
  await pool.start();
  const streams = [1, 2, 3, 4, 5].map((port) => pool.openStream(port));
  await settled();
  assert.equal(links.length, 2, "the third waits for the second to be negotiated");
  links[1]?.open();
  await Promise.all(streams);
  assert.deepEqual(links.map((link) => link.streams), [2, 2, 1]);
});

test("LinkPool comes back after a loss, later each time, at most a minute later", async () => {
  const { pool, links, events, pass } = lab(["open", ...Array<TunnelEnd>(12).fill(OFFLINE)]);
  await pool.start();
  links[0]?.end(GONE);
  await pass(600_000);
  const waits = events.flatMap((event) => event.type === "lost" ? [event.retryIn] : []);
  assert.ok(waits.length > 8, `tried ${waits.length} times`);
  assert.ok((waits[0] ?? 0) >= 750 && (waits[0] ?? 0) <= 1_250);
  assert.ok((waits[2] ?? 0) >= 3_000 && (waits[2] ?? 0) <= 5_000);
  assert.ok(waits.every((wait) => wait <= 60_000));
  assert.equal(events.at(-1)?.type, "open", "until it is back");
});

test("LinkPool tries again within a viewer's patience where it was turned away", async () => {
  const full = Array.from({ length: 20 }, () => FULL);
  const { pool, links, pass } = lab(full, {}, { eager: false });
  const attempts: number[] = [];
  for (let i = 0; i < 12; i++) {
    const before = links.length;
    const stream = assert.rejects(pool.openStream(1), LinkError);
    await pass(18_000);
    await stream;
    attempts.push(links.length - before);
  }
  assert.ok(attempts.every((count) => count >= 1), attempts.join(", "));
  assert.ok(attempts.slice(4).every((count) => count <= 2), attempts.join(", "));
});

test("LinkPool.openStream() waits for a lost camera, no longer than viewers do", async () => {
  const { pool, links, pass } = lab(["open", OFFLINE, OFFLINE, "open", "wait"]);
  await pool.start();
  links[0]?.end(GONE);
  await settled();
  const first = pool.openStream(554);
  await pass(10_000);
  assert.ok(await first instanceof MachineStream);
  links[3]?.end(GONE);
  await settled();
  const late = assert.rejects(pool.openStream(554), LinkError);
  await pass(18_500);
  await late;
});

test("LinkPool never tries a refused password again", async () => {
  const { pool, links, events, pass } = lab(["open", REFUSED]);
  await pool.start();
  links[0]?.end(GONE);
  const waiting = assert.rejects(pool.openStream(554), LinkError);
  await pass(600_000);
  await waiting;
  assert.equal(links.length, 2);
  const last = events.at(-1);
  assert.equal(last?.type === "lost" && last.retryIn, Infinity);
});

test("LinkPool pauses after a further tunnel failed while the first one stands", async () => {
  const { pool, links, events, pass } = lab(["open", OFFLINE], {
    streamsPerLink: 1,
    patience: 60_000,
  });
  await pool.start();
  await pool.openStream(554);
  const second = pool.openStream(554);
  await pass(29_000);
  assert.equal(links.length, 2);
  await pass(2_000);
  await second;
  assert.equal(links.length, 3);
  assert.equal(events.some((event) => event.type === "lost"), false);
});

test("LinkPool lets a tunnel go when nobody has used it, and opens one when asked", async () => {
  const { pool, links, events, pass } = lab([], { idle: 60_000 });
  await pool.start();
  await pool.openStream(554);
  await pass(120_000);
  assert.equal(links[0]?.closing, false, "it is in use");
  links[0]?.closeStream();
  await pass(61_000);
  assert.equal(links[0]?.closing, true);
  assert.equal(events.at(-1)?.type, "idle");
  await pass(600_000);
  assert.equal(links.length, 1, "nothing is opened for nobody");
  await pool.openStream(554);
  assert.equal(links.length, 2);
});

test("LinkPool.renew() replaces every tunnel at once", async () => {
  const { pool, links, events } = lab();
  await pool.start();
  pool.renew();
  await settled();
  assert.deepEqual(links.map((link) => link.closing), [true, false]);
  assert.equal(events.some((event) => event.type === "lost" || event.type === "idle"), false);
});

test("LinkPool asks to be admitted before it opens a tunnel while none stands, and for no other", async () => {
  let asked = 0;
  const admit = () => asked++ === 1 ? new BudgetError("spent", "", 60_000) : undefined;
  const { pool, links, pass } = lab([], { streamsPerLink: 1, idle: 1_000 }, {
    admit,
    eager: false,
  });
  await pool.openStream(1);
  await pool.openStream(1);
  assert.deepEqual([asked, links.length], [1, 2]);
  for (const link of links) link.closeStream();
  await pass(2_000);
  await assert.rejects(pool.openStream(1), (error) => {
    return error instanceof BudgetError && error.retryAfter === 60_000;
  });
  await pass(600_000);
  assert.deepEqual([asked, links.length], [2, 2], "nothing is tried before somebody asks");
  await pool.openStream(1);
  assert.equal(links.length, 3);
});

test("LinkPool.renew() asks to be admitted, as the camera may have to be woken for it", async () => {
  let asked = 0;
  const admit = () => asked++ === 1 ? new BudgetError("spent", "", 60_000) : undefined;
  const { pool, links, events, pass } = lab([], {}, { admit, eager: false });
  await pool.openStream(1);
  await settled();
  pool.renew();
  await pass(600_000);
  assert.deepEqual([asked, links.length], [2, 1]);
  assert.equal(links[0]?.closing, true);
  assert.equal(events.at(-1)?.type, "idle");
});

test("LinkPool.releaseUnused() lets tunnels go as soon as nobody uses them, until the next request", async () => {
  const { pool, links, pass } = lab([], { streamsPerLink: 1 });
  await pool.openStream(1);
  await pool.openStream(1);
  links[0]?.closeStream();
  pool.releaseUnused();
  await pass(500);
  assert.deepEqual(links.map(({ closing }) => closing), [true, false]);
  links[1]?.closeStream();
  assert.equal(links[1]?.closing, true);
  await pass(500);
  await pool.openStream(1);
  links[2]?.closeStream();
  await pass(60_000);
  assert.equal(links[2]?.closing, false);
});

test("LinkPool.figures go on over the end of a link", async () => {
  const { pool, links, pass } = lab([], { streamsPerLink: 1 });
  await pool.openStream(1);
  await pool.openStream(1);
  const [first, second] = links;
  assert.ok(first !== undefined && second !== undefined);
  first.figures = { rtt: 80, loss: 0.5, retransmits: 3, received: { relay: 100, lan: 1 } };
  second.figures = { rtt: 20, loss: 0, retransmits: 1, received: { lan: 10 } };
  assert.deepEqual(pool.figures, {
    rtt: 20,
    loss: 0,
    retransmits: 4,
    received: { relay: 100, lan: 11 },
  });
  second.end(GONE);
  await pass(500);
  assert.deepEqual(pool.figures, {
    rtt: 80,
    loss: 0.5,
    retransmits: 4,
    received: { relay: 100, lan: 11 },
  });
});

test("LinkPool.close() ends tunnels, negotiations and waiting at any moment", async () => {
  for (const script of [["open"], ["wait"], [OFFLINE], ["open", "wait"]] as const) {
    const { pool, links, clock } = lab(script, { streamsPerLink: 1 });
    const started = pool.start().catch(() => {});
    await settled();
    const streams = [pool.openStream(1), pool.openStream(1)].map((one) => one.catch(() => {}));
    await settled();
    await pool.close();
    await Promise.all([started, ...streams]);
    assert.ok(links.every((link) => link.closing || script[0] === OFFLINE));
    await assert.rejects(pool.openStream(554), LinkError);
    assert.equal(clock.timers, 0, "no timer is left");
  }
});
