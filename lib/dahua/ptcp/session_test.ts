import assert from "node:assert/strict";
import { test } from "node:test";
import { Pair, type PairOptions } from "../../../tests/support/pair.ts";
import { Rng } from "../../sim/rng.ts";
import { encodeConnectBody } from "./connect_body.ts";
import { encodeMessage } from "./message.ts";
import { encodeSegment, SegmentFlag } from "./segment.ts";
import { PtcpSession } from "./session.ts";
import type { SessionEvent, SessionOptions } from "./session_options.ts";

/** What a realm of the device's does once it is bound. */
type Service = "source" | "echo" | "refuse" | "ignore";

interface Lab {
  readonly pair: Pair;
  readonly client: PtcpSession;
  readonly device: PtcpSession;
  readonly events: SessionEvent[];
  /** Realms whose data nobody reads. */
  readonly stalled: Set<number>;
  readonly received: Map<number, number>;
  readonly open: (port: number) => number;
}

/** A client and a device; the service of a realm is chosen by its port. */
function lab(
  services: Readonly<Record<number, Service>>,
  link: PairOptions = {},
  options: Partial<SessionOptions> = {},
): Lab {
  const rng = new Rng(5);
  const client = new PtcpSession({ ...options, role: "connect", entropy: rng.entropy });
  const device = new PtcpSession({ role: "listen", entropy: rng.entropy });
  const events: SessionEvent[] = [];
  const stalled = new Set<number>();
  const received = new Map<number, number>();
  const sources = new Set<number>();
  const echoes = new Set<number>();

  function handleDevice(event: SessionEvent, now: number): void {
    if (event.type === "realmClosed") sources.delete(event.realm);
    if (event.type !== "bind") return;
    const service = services[event.port];
    if (service === "refuse") return device.closeRealm(now, event.realm);
    if (service === "ignore") return;
    device.acceptRealm(now, event.realm);
    if (service === "source") sources.add(event.realm);
    if (service === "echo") echoes.add(event.realm);
  }

  function serve(): void {
    const { now } = pair;
    for (let event = device.pollEvent(); event; event = device.pollEvent()) {
      handleDevice(event, now);
    }
    for (let event = client.pollEvent(); event; event = client.pollEvent()) events.push(event);
    for (const realm of sources) {
      while (device.realmSpace(realm) > 0) device.writeRealm(now, realm, new Uint8Array(1280));
    }
    for (const realm of echoes) {
      while (device.realmSpace(realm) > 0) {
        const bytes = device.readRealm(now, realm);
        if (bytes === undefined) break;
        device.writeRealm(now, realm, bytes);
      }
    }
    for (const realm of received.keys()) {
      if (stalled.has(realm)) continue;
      for (let bytes = client.readRealm(now, realm); bytes; bytes = client.readRealm(now, realm)) {
        received.set(realm, (received.get(realm) ?? 0) + bytes.byteLength);
      }
    }
  }

  // Without delay an endless source would never let time pass.
  const pair = new Pair(client, device, serve, { link: { delay: 10 }, ...link });
  client.connect(pair.now);
  return {
    pair,
    client,
    device,
    events,
    stalled,
    received,
    open(port) {
      const realm = client.openRealm(pair.now, port);
      received.set(realm, 0);
      return realm;
    },
  };
}

const closedEvents = (events: readonly SessionEvent[]) =>
  events.filter((event) => event.type === "realmClosed");

test("PtcpSession carries what is written to a realm, and back, over a bad link", () => {
  const { pair, client, received, open } = lab({ 80: "echo" }, {
    link: { delay: 20, loss: 0.03, duplicate: 0.01, reorder: 0.01 },
  });
  const realm = open(80);
  let written = 0;
  pair.run(() => {
    while (written < 300_000 && client.realmSpace(realm) > 0) {
      client.writeRealm(pair.now, realm, new Uint8Array(3_000));
      written += 3_000;
    }
    return received.get(realm) === 300_000;
  });
});

test("PtcpSession binds one realm at a time, in the order they were asked for", () => {
  const { pair, client, device, events, open } = lab({ 554: "source" }, { link: { delay: 10 } });
  const realms = [open(554), open(554), open(554)];
  let most = 0;
  pair.run(() => {
    most = Math.max(most, device.realmCount - events.filter((e) => e.type === "realmOpen").length);
    return events.filter((event) => event.type === "realmOpen").length === 3;
  });
  assert.equal(most, 1);
  const opened = events.flatMap((event) => event.type === "realmOpen" ? [event.realm] : []);
  assert.deepEqual(opened, realms);
  assert.equal(client.realmCount, 3);
});

test("PtcpSession tells a refused realm from one that was never answered", () => {
  const { pair, events, open } = lab({ 1: "refuse", 2: "ignore", 3: "source" });
  open(1);
  open(2);
  const last = open(3);
  pair.run(() => events.some((event) => event.type === "realmOpen" && event.realm === last));
  assert.deepEqual(
    closedEvents(events).map((event) => [event.reason, event.detail]),
    [
      ["peer", "the device refused a connection to its port 1"],
      ["timeout", "the device did not answer a connection to its port 2"],
    ],
  );
});

test("PtcpSession shares the stream evenly between realms", () => {
  const { pair, received, open } = lab({ 554: "source" }, { link: { delay: 20 } });
  const realms = [open(554), open(554), open(554)];
  pair.run(() => realms.every((realm) => (received.get(realm) ?? 0) > 0));
  const before = realms.map((realm) => received.get(realm) ?? 0);
  pair.pass(5_000);
  const rates = realms.map((realm, i) => (received.get(realm) ?? 0) - (before[i] ?? 0));
  assert.ok(Math.min(...rates) > 0.9 * Math.max(...rates), `rates ${rates}`);
});

test("PtcpSession closes a realm that is not read at its cap, and no other", () => {
  const { pair, client, events, stalled, received, open } = lab(
    { 554: "source" },
    { link: { delay: 20 } },
    { realmBuffer: 1 << 20 },
  );
  const slow = open(554);
  const fast = open(554);
  stalled.add(slow);
  pair.run(() => closedEvents(events).length > 0);
  const [closed] = closedEvents(events);
  assert.equal(closed?.realm, slow);
  assert.equal(closed?.reason, "local");
  assert.match(closed?.detail ?? "", /its reader left \d+ bytes unread/);
  const alone = received.get(fast) ?? 0;
  pair.pass(5_000);
  assert.ok((received.get(fast) ?? 0) > alone);
  assert.equal(client.realmCount, 1);
});

test("PtcpSession leaves a fast reader at least 90 % of its rate when another one stalls", () => {
  const rates = [false, true].map((stalls) => {
    const { pair, stalled, received, open } = lab({ 554: "source" }, { link: { delay: 20 } });
    const other = open(554);
    const fast = open(554);
    pair.run(() => [other, fast].every((realm) => (received.get(realm) ?? 0) > 0));
    if (stalls) stalled.add(other);
    const before = received.get(fast) ?? 0;
    pair.pass(10_000);
    return (received.get(fast) ?? 0) - before;
  });
  const [beside = 0, besideStalled = 0] = rates;
  assert.ok(besideStalled >= 0.9 * beside, `${besideStalled} bytes instead of ${beside}`);
});

test("PtcpSession slows the device down while its only realm is not read, and loses nothing", () => {
  const { pair, client, events, stalled, received, open } = lab({ 554: "source" }, {
    link: { delay: 10 },
  });
  const realm = open(554);
  stalled.add(realm);
  pair.pass(6_000);
  assert.equal(closedEvents(events).length, 0);
  stalled.delete(realm);
  pair.pass(1_000);
  assert.ok((received.get(realm) ?? 0) > 1 << 20);
  assert.equal(client.stats.stray, 0);
});

test("PtcpSession closes its only realm when nobody reads for ten seconds", () => {
  const { pair, client, events, stalled, open } = lab({ 554: "source" }, { link: { delay: 10 } });
  const realm = open(554);
  stalled.add(realm);
  pair.run(() => closedEvents(events).length > 0, 20_000);
  assert.equal(closedEvents(events)[0]?.detail, "its reader took nothing for 10 s");
  pair.pass(1_000);
  assert.equal(client.closed, false, "the session itself lives on");
});

test("PtcpSession.closeRealm() sends what was written before it says DISC", () => {
  const { pair, client, device, events, open } = lab({ 80: "ignore" }, { link: { delay: 10 } });
  const realm = open(80);
  pair.run(() => device.realmCount === 1);
  device.acceptRealm(pair.now, realm);
  pair.run(() => events.some((event) => event.type === "realmOpen"));
  client.writeRealm(pair.now, realm, new Uint8Array(50_000));
  client.closeRealm(pair.now, realm);
  let read = 0;
  pair.run(() => {
    for (let b = device.readRealm(pair.now, realm); b; b = device.readRealm(pair.now, realm)) {
      read += b.byteLength;
    }
    return device.realmCount === 0;
  });
  assert.equal(read, 50_000);
  assert.equal(client.realmCount, 0);
});

test("PtcpSession keeps what a realm sent before its DISC for the reader", () => {
  const { pair, client, device, events, stalled, open } = lab({ 80: "ignore" });
  const realm = open(80);
  stalled.add(realm);
  pair.run(() => device.realmCount === 1);
  device.acceptRealm(pair.now, realm);
  device.writeRealm(pair.now, realm, new Uint8Array(5_000));
  device.closeRealm(pair.now, realm);
  pair.pass(100);
  assert.equal(closedEvents(events).length, 0);
  let read = 0;
  for (let b = client.readRealm(pair.now, realm); b; b = client.readRealm(pair.now, realm)) {
    read += b.byteLength;
  }
  assert.equal(read, 5_000);
  pair.pass(1);
  assert.deepEqual(closedEvents(events).map((event) => event.reason), ["peer"]);
});

test("PtcpSession.close() disconnects every realm, then ends on both sides", () => {
  const { pair, client, device, events, open } = lab({ 554: "source" }, {
    link: { delay: 10, loss: 0.05 },
  });
  open(554);
  open(554);
  pair.run(() => events.filter((event) => event.type === "realmOpen").length === 2);
  client.close(pair.now);
  pair.run(() => client.closed && device.realmCount === 0, 5_000);
  assert.equal(events.at(-1)?.type, "closed");
  assert.equal(closedEvents(events).length, 2);
});

test("PtcpSession notices a silent peer within twelve seconds", () => {
  const { pair, events, open } = lab({ 554: "ignore" }, { link: { delay: 10 } });
  open(554);
  pair.pass(3_000);
  pair.up = false;
  const cut = pair.now;
  pair.run(() => events.some((event) => event.type === "closed"), 20_000);
  assert.ok(pair.now - cut <= 12_000);
  const last = events.at(-1);
  assert.equal(last?.type === "closed" && last.reason, "timeout");
});

test("PtcpSession stays up for an hour of nothing but heartbeats, a tenth of them lost", () => {
  const { pair, client } = lab({}, { link: { delay: 30, loss: 0.1 } });
  pair.pass(3_600_000);
  assert.equal(client.closed, false);
});

test("PtcpSession does not accept binds as a client, and caps them as a device", () => {
  const { pair, client, device, events, open } = lab({ 554: "source" });
  pair.run(() => client.established && device.established);
  device.openRealm(pair.now, 22);
  pair.pass(100);
  assert.equal(events.some((event) => event.type === "bind"), false);
  assert.equal(client.realmCount, 0);
  for (let i = 0; i < 70; i++) open(554);
  pair.run(() => closedEvents(events).length === 6);
  assert.equal(device.realmCount, 64);
});

test("PtcpSession ends when a peer asks for ever and acknowledges nothing", () => {
  const device = new PtcpSession({ role: "listen", entropy: new Rng(1).entropy });
  const connect = { flags: SegmentFlag.control, body: encodeConnectBody(0) };
  const common = { ack: 0, window: 65535, tsval: 1, tsecr: 0 };
  device.handleDatagram(0, encodeSegment({ ...common, ...connect, seq: 0 }));
  let seq = 4;
  for (let i = 0; i < 50_000 && !device.closed; i++) {
    const body = encodeMessage({ type: "status", realm: i + 1, status: "DISC" });
    const bind = encodeMessage({ type: "bind", realm: i + 1, port: 1, address: "127.0.0.1" });
    const both = new Uint8Array([...bind, ...body]);
    device.handleDatagram(1, encodeSegment({ ...common, flags: 0, ack: 4, seq, body: both }));
    seq += both.byteLength;
    while (device.pollTransmit() !== undefined);
    while (device.pollEvent() !== undefined);
  }
  assert.equal(device.closed, true);
});
