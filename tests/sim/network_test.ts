import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint, Instant, Machine, Transmit } from "../../lib/machine.ts";
import { Link, type LinkOptions } from "../../lib/sim/link.ts";
import { Nat, type NatOptions } from "../../lib/sim/nat.ts";
import { SimNetwork } from "../../lib/sim/network.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { formatEndpoint } from "../../lib/endpoint.ts";
import { VirtualWorld } from "../support/virtual_world.ts";

interface Heard {
  readonly at: Instant;
  readonly via: string;
  readonly from: string;
  readonly text: string;
}

/** Says what it is told to say and reports what it hears; answers `?` with where it came from. */
class Talker implements Machine<Heard> {
  readonly #out: Transmit[] = [];
  readonly #events: Heard[] = [];

  say(to: Endpoint, text: string, via = "udp"): void {
    this.#out.push({ via, to, bytes: new TextEncoder().encode(text) });
  }

  handleDatagram(at: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    const text = new TextDecoder().decode(bytes);
    this.#events.push({ at, via, from: formatEndpoint(from), text });
    if (text === "?") this.say(from, formatEndpoint(from), via);
  }

  handleTimeout(): void {}

  pollTransmit(): Transmit | undefined {
    return this.#out.shift();
  }

  pollEvent(): Heard | undefined {
    return this.#events.shift();
  }

  pollTimeout(): undefined {
    return undefined;
  }
}

const SERVER: Endpoint = { address: "127.0.0.1", port: 1000 };
const OTHER: Endpoint = { address: "127.0.0.1", port: 1001 };

function nat(kind: NatOptions["kind"], firstPort: number, timeout = 60_000): Nat {
  const pool = [0, 1, 2].map((i) => ({ address: "127.0.0.1", port: firstPort + i }));
  return new Nat({ kind, pool, timeout });
}

function link(options: Partial<LinkOptions>, seed = 1): Link {
  return new Link(options, new Rng(seed));
}

function setUp() {
  const network = new SimNetwork<Heard>();
  const world = new VirtualWorld(network);
  const talkers = new Map<string, Talker>();
  const join = (
    name: string,
    at: Endpoint,
    way: { nat?: Nat; uplink?: Link; downlink?: Link } = {},
  ) => {
    const machine = new Talker();
    talkers.set(name, machine);
    network.add({ name, machine, sockets: new Map([["udp", at]]), ...way });
  };
  const say = (name: string, to: Endpoint, text: string) => {
    world.command(name, () => talkers.get(name)?.say(to, text));
    world.runFor(1_000);
  };
  const heard = (name: string) =>
    world.events.filter(({ node }) => node === name).map(({ event }) => event);
  return { network, world, join, say, heard };
}

test("SimNetwork carries a datagram between two public endpoints and back", () => {
  const { join, say, heard } = setUp();
  join("server", SERVER);
  join("other", OTHER);
  say("other", SERVER, "?");
  assert.deepEqual(heard("server"), [{ at: 0, via: "udp", from: "127.0.0.1:1001", text: "?" }]);
  assert.deepEqual(heard("other"), [
    { at: 0, via: "udp", from: "127.0.0.1:1000", text: "127.0.0.1:1001" },
  ]);
});

test("SimNetwork adds up the delays of both links on the way", () => {
  const { join, say, heard } = setUp();
  join("server", SERVER, { downlink: link({ delay: 30 }), uplink: link({ delay: 5 }) });
  join("other", OTHER, { uplink: link({ delay: 10 }), downlink: link({ delay: 7 }) });
  say("other", SERVER, "?");
  assert.deepEqual(heard("server").map(({ at }) => at), [40]);
  assert.deepEqual(heard("other").map(({ at }) => at), [52]);
});

test("SimNetwork shows a node behind a NAT by its public endpoint, and lets the answer in", () => {
  for (const kind of ["full-cone", "cone", "symmetric"] as const) {
    const { join, say, heard } = setUp();
    join("server", SERVER);
    join("inside", { address: "127.1.0.2", port: 5000 }, { nat: nat(kind, 2000) });
    say("inside", SERVER, "?");
    assert.equal(heard("server")[0]?.from, "127.0.0.1:2000", kind);
    assert.equal(heard("inside")[0]?.text, "127.0.0.1:2000", kind);
  }
});

test("SimNetwork punches a hole between two cones once both have sent", () => {
  const { join, say, heard } = setUp();
  const [publicA, publicB] = [{ ...SERVER, port: 2000 }, { ...SERVER, port: 3000 }];
  join("server", SERVER);
  join("a", { address: "127.1.0.2", port: 5000 }, { nat: nat("cone", 2000) });
  join("b", { address: "127.2.0.2", port: 5000 }, { nat: nat("cone", 3000) });
  say("a", SERVER, "hello");
  say("b", SERVER, "hello");
  say("a", publicB, "too early");
  assert.deepEqual(heard("b"), []);
  say("b", publicA, "let in");
  assert.deepEqual(heard("a").map(({ text }) => text), ["let in"]);
  say("a", publicB, "now too");
  assert.deepEqual(heard("b").map(({ text }) => text), ["now too"]);
});

test("SimNetwork cannot punch a hole between a cone and a symmetric NAT", () => {
  const { join, say, heard } = setUp();
  join("server", SERVER);
  join("a", { address: "127.1.0.2", port: 5000 }, { nat: nat("cone", 2000) });
  join("b", { address: "127.2.0.2", port: 5000 }, { nat: nat("symmetric", 3000) });
  say("a", SERVER, "hello");
  say("b", SERVER, "hello");
  for (let i = 0; i < 3; i++) {
    say("a", { ...SERVER, port: 3000 }, "to b as the server sees it");
    say("b", { ...SERVER, port: 2000 }, "to a as the server sees it");
  }
  assert.deepEqual([heard("a"), heard("b")], [[], []]);
});

test("SimNetwork closes a hole that was not used for the timeout", () => {
  const { join, say, heard, world } = setUp();
  join("server", SERVER);
  join("inside", { address: "127.1.0.2", port: 5000 }, { nat: nat("cone", 2000, 30_000) });
  say("inside", SERVER, "hello");
  world.runFor(20_000);
  say("server", { ...SERVER, port: 2000 }, "in time");
  world.runFor(20_000);
  say("server", { ...SERVER, port: 2000 }, "too late");
  assert.deepEqual(heard("inside").map(({ text }) => text), ["in time"]);
});

test("SimNetwork joins nodes behind the same NAT by their private endpoints", () => {
  const { join, say, heard } = setUp();
  const shared = nat("symmetric", 2000);
  const slow = link({ delay: 500 });
  join("a", { address: "127.1.0.2", port: 5000 }, { nat: shared, uplink: slow });
  join("b", { address: "127.1.0.3", port: 5000 }, { nat: shared, downlink: slow });
  say("a", { address: "127.1.0.3", port: 5000 }, "neighbour");
  assert.deepEqual(heard("b"), [
    { at: 0, via: "udp", from: "127.1.0.2:5000", text: "neighbour" },
  ]);
});

test("SimNetwork keeps private endpoints private", () => {
  const { join, say, heard, network } = setUp();
  join("a", OTHER);
  join("b", { address: "127.1.0.3", port: 5000 }, { nat: nat("full-cone", 2000) });
  say("a", { address: "127.1.0.3", port: 5000 }, "from afar");
  assert.deepEqual(heard("b"), []);
  assert.equal(network.counters.delivered, 0);
});

test("SimNetwork sends what nobody inside owns out by its sender's public socket", () => {
  const network = new SimNetwork<Heard>({ mayLeaveTo: ({ port }) => port !== 7 });
  const talker = new Talker();
  const inside = new Map([["udp", { address: "127.1.0.2", port: 5000 }]]);
  network.add({ name: "a", machine: talker, sockets: inside, nat: nat("cone", 2000) });
  network.command(0, "a", () => talker.say({ ...OTHER, port: 9 }, "out"));
  const sent = network.pollTransmit();
  assert.equal(sent?.via, "127.0.0.1:2000");
  assert.deepEqual(sent?.to, { ...OTHER, port: 9 });
  network.handleDatagram(1, "127.0.0.1:2000", { ...OTHER, port: 9 }, Uint8Array.of(0x68, 0x69));
  assert.deepEqual(network.pollEvent()?.event.text, "hi");
  network.command(2, "a", () => talker.say({ ...OTHER, port: 7 }, "forbidden"));
  assert.equal(network.pollTransmit(), undefined);
  assert.equal(network.counters.unroutable, 1);
});

test("SimNetwork drops what is beyond the cap on datagrams under way", () => {
  const network = new SimNetwork<Heard>({ maxInFlight: 10 });
  const talker = new Talker();
  const uplink = link({ delay: 50 });
  network.add({ name: "a", machine: talker, sockets: new Map([["udp", OTHER]]), uplink });
  network.command(0, "a", () => {
    for (let i = 0; i < 15; i++) talker.say(SERVER, "many");
  });
  assert.equal(network.counters.overflowed, 5);
});

test("SimNetwork refuses a name or an endpoint that is taken", () => {
  const { join } = setUp();
  join("a", SERVER);
  assert.throws(() => join("a", OTHER), /name is taken/);
  assert.throws(() => join("b", SERVER), /127.0.0.1:1000 is taken/);
});

test("SimNetwork repeats a run exactly from the same seed", () => {
  const run = (seed: number) => {
    const { join, say, heard } = setUp();
    join("server", SERVER, { downlink: link({ delay: 20, jitter: 10, loss: 0.2 }, seed) });
    join("other", OTHER, { downlink: link({ reorder: 0.3, duplicate: 0.3 }, seed + 1) });
    for (let i = 0; i < 50; i++) say("other", SERVER, "?");
    return [heard("server"), heard("other")];
  };
  assert.deepEqual(run(5), run(5));
  assert.notDeepEqual(run(5), run(6));
});
