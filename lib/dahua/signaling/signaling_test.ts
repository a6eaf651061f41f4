import assert from "node:assert/strict";
import { test } from "node:test";
import { formatEndpoint } from "../../endpoint.ts";
import {
  AGENT,
  GARBAGE,
  GOOD_SCRIPT,
  MAIN,
  P2P_SERVER,
  RELAY,
  type Script,
  ScriptedCloud,
  SILENT,
} from "./scripted_cloud.ts";
import { Signaling, type SignalingOptions } from "./signaling.ts";
import { DEFAULT_ACCOUNT, LEGACY_ACCOUNT, parseWsse, verifyWsse } from "./wsse.ts";

// The way to a device

test("Signaling asks each party in turn, from the right socket and with one count", () => {
  const cloud = new ScriptedCloud().run(5000);
  const asked = cloud.asked.map(({ via, to, request }) =>
    `${request.cseq} ${via} ${formatEndpoint(to)} ${request.method} ${request.path}`
  );
  assert.deepEqual(asked, [
    `1 device ${formatEndpoint(MAIN)} GET /probe/p2psrv`,
    `2 device ${formatEndpoint(MAIN)} GET /online/p2psrv/SERIAL`,
    `3 agent ${formatEndpoint(P2P_SERVER)} GET /probe/device/SERIAL`,
    `4 agent ${formatEndpoint(P2P_SERVER)} GET /info/device/SERIAL`,
    `5 device ${formatEndpoint(MAIN)} GET /online/relay`,
    `6 device ${formatEndpoint(MAIN)} POST /device/SERIAL/p2p-channel`,
    `7 agent ${formatEndpoint(RELAY)} GET /relay/agent`,
    `8 agent ${formatEndpoint(AGENT)} POST /relay/start/4711`,
    `9 agent ${formatEndpoint(MAIN)} POST /device/SERIAL/relay-channel`,
  ]);
  assert.deepEqual(cloud.signaling.counters, { stranger: 0, undecodable: 0, unmatched: 0 });
  assert.equal(cloud.signaling.pollTimeout(), undefined);
});

test("Signaling writes the bodies that devices are known to take", () => {
  const cloud = new ScriptedCloud({}, {
    localCandidates: [{ address: "192.168.1.5", port: 40000 }, {
      address: "10.1.1.1",
      port: 40000,
    }],
  }).run(5000);
  const bodies = cloud.asked.map(({ request }) => request.body).filter((body) => body !== "");
  assert.deepEqual(bodies, [
    "<body><Identify>8a 7 c6 8d b5 fe e6 58</Identify><IpEncrpt>true</IpEncrpt>" +
    "<LocalAddr>192.168.1.5:40000,10.1.1.1:40000</LocalAddr><version>5.0.0</version></body>",
    "<body><Client>:0</Client></body>",
    "<body><agentAddr>127.0.0.4:8803</agentAddr></body>",
  ]);
});

test("Signaling tells of channel, agent and readiness", () => {
  const cloud = new ScriptedCloud().run(5000);
  assert.deepEqual(cloud.eventsOf("channel"), [{
    type: "channel",
    candidates: [
      { kind: "host", endpoint: { address: "192.168.1.110", port: 45660 } },
      { kind: "host", endpoint: { address: "10.0.0.7", port: 45660 } },
      { kind: "srflx", endpoint: { address: "198.51.100.7", port: 15634 } },
    ],
    policy: ["p2p", "udprelay"],
    natValueT: "1",
    version: "6.0.0",
    identify: Uint8Array.of(0x8a, 7, 0xc6, 0x8d, 0xb5, 0xfe, 0xe6, 0x58),
    nonce: undefined,
  }]);
  assert.deepEqual(cloud.eventsOf("agent"), [{ type: "agent", agent: AGENT, token: "4711" }]);
  assert.equal(cloud.eventsOf("ready").length, 1);
  assert.equal(cloud.eventsOf("failed").length, 0);
  assert.deepEqual(cloud.closeReasons, []);
});

test("Signaling asks at the same time for what does not depend on each other", () => {
  const cloud = new ScriptedCloud().run(5000);
  // 20 ms for each answer, 300 for the device to make a channel, 250 to come to the agent.
  assert.deepEqual(cloud.asked.map(({ at }) => at), [0, 20, 40, 40, 40, 60, 60, 80, 360]);
  assert.equal(cloud.timeOf("agent"), 80);
  assert.equal(cloud.timeOf("channel"), 360);
  assert.equal(cloud.timeOf("ready"), 610);
});

test("Signaling reports every stage with its time and its datagrams", () => {
  const cloud = new ScriptedCloud({
    "/online/relay": (_asked, nth) =>
      nth === 0 ? [] : [{ fields: [["Address", "127.0.0.3:8802"]] }],
  }).run(5000);
  const ended = cloud.eventsOf("stage").filter(({ status }) => status !== "started");
  assert.deepEqual(
    ended.map(({ stage, status, elapsed, sends }) => `${stage} ${status} ${elapsed} ${sends}`),
    [
      "main-probe answered 20 1",
      "locate answered 20 1",
      "device-probe answered 20 1",
      "device-info answered 20 1",
      "channel answered 300 1",
      "relay-lookup answered 520 2",
      "relay-agent answered 20 1",
      "relay-start answered 20 1",
      "relay-channel answered 250 1",
    ],
  );
});

test("Signaling signs each request anew with its account", () => {
  for (const account of [DEFAULT_ACCOUNT, LEGACY_ACCOUNT]) {
    const cloud = new ScriptedCloud({}, { account }).run(5000);
    const tokens = cloud.asked.map(({ request }) => parseWsse(request.headers.get("X-WSSE") ?? ""));
    assert.ok(tokens.every((token) => verifyWsse(token, account)));
    assert.equal(new Set(tokens.map(({ nonce }) => nonce)).size, tokens.length);
    assert.equal(tokens[0]?.created, "2025-02-12T16:12:54Z");
  }
});

test("Signaling speaks the newer dialect when told to", () => {
  const cloud = new ScriptedCloud({}, { dialect: "nf" }).run(5000);
  assert.equal(cloud.eventsOf("ready").length, 1);
  for (const { request } of cloud.asked) {
    assert.equal(request.dialect, "nf");
    assert.equal(request.headers.get("X-Version"), "6.7.11");
    assert.equal(request.headers.get("X-TSVersion"), "TS_1.1.4");
    assert.equal(request.headers.get("X-ToUType"), "Client/Dmss_Android");
    assert.match(request.headers.get("x-pcs-request-id") ?? "", /^[0-9a-f]{32}$/);
  }
});

test("Signaling refuses options that cannot be put into a request", () => {
  const options: SignalingOptions = {
    serial: "SERIAL",
    server: MAIN,
    localCandidates: [{ address: "127.0.0.1", port: 1 }],
    identify: new Uint8Array(8),
    entropy: (length) => new Uint8Array(length),
    wallClockOffset: 0,
  };
  for (const serial of ["", "a b", "a/b", "ä", "x".repeat(65)]) {
    assert.throws(() => new Signaling(0, { ...options, serial }), RangeError);
  }
  assert.throws(() => new Signaling(0, { ...options, localCandidates: [] }), RangeError);
});

// Loss, duplicates, late and foreign answers

test("Signaling sends a request again after 500 ms, then at doubled intervals", () => {
  const cloud = new ScriptedCloud({ "/probe/p2psrv": SILENT }).run(60_000);
  assert.deepEqual(cloud.times("/probe/p2psrv"), [0, 500, 1500, 3500, 7500]);
  const [first] = cloud.asked;
  for (const { request } of cloud.asked) assert.deepEqual(request, first?.request);
});

test("Signaling gets through although the first datagram of every request is lost", () => {
  const lossy = Object.fromEntries(
    Object.entries(GOOD_SCRIPT).map(([path, answer]) => [
      path,
      (asked, nth) => nth === 0 ? [] : answer(asked, nth),
    ]),
  ) as Script;
  const cloud = new ScriptedCloud(lossy).run(20_000);
  assert.equal(cloud.eventsOf("ready").length, 1);
  assert.equal(cloud.eventsOf("failed").length, 0);
});

test("Signaling acts once on answers that come twice, and late", () => {
  const twice = Object.fromEntries(
    Object.entries(GOOD_SCRIPT).map(([path, answer]) => [
      path,
      (asked, nth) => {
        const replies = answer(asked, nth);
        const late = replies.map((reply) => ({ ...reply, after: (reply.after ?? 20) + 700 }));
        return [...replies, ...replies, ...late];
      },
    ]),
  ) as Script;
  const cloud = new ScriptedCloud(twice).run(20_000);
  const once = new ScriptedCloud().run(20_000);
  assert.deepEqual(cloud.events, once.events);
  assert.equal(cloud.asked.length, once.asked.length);
  assert.ok(cloud.signaling.counters.unmatched >= 18);
});

test("Signaling ignores answers of strangers and on the wrong socket", () => {
  const stranger = { address: "127.0.0.66", port: 8800 };
  const cloud = new ScriptedCloud({
    "/probe/p2psrv": () => [
      { after: 1, from: stranger },
      { after: 2, via: "agent" },
      { after: 3, from: { ...MAIN, port: 8801 } },
      { after: 50 },
    ],
  }).run(5000);
  assert.equal(cloud.times("/online/p2psrv/")[0], 50);
  assert.equal(cloud.signaling.counters.stranger, 3);
});

test("Signaling ignores an answer to another CSeq, and one without", () => {
  const raw = (text: string) => ({ after: 1, raw: new TextEncoder().encode(text) });
  const cloud = new ScriptedCloud({
    "/probe/p2psrv": () => [
      raw("HTTP/1.1 200 OK\r\nCSeq: 2\r\n\r\n"),
      raw("HTTP/1.1 200 OK\r\n\r\n"),
      { after: 50 },
    ],
  }).run(5000);
  assert.equal(cloud.times("/online/p2psrv/")[0], 50);
  assert.equal(cloud.signaling.counters.unmatched, 2);
});

test("Signaling takes a good answer after some that cannot be understood", () => {
  const cloud = new ScriptedCloud({
    "/probe/p2psrv": () => [GARBAGE, GARBAGE, { after: 30 }],
    "/online/relay": () => [
      { fields: [["Nothing", "here"]] },
      { after: 30, fields: [["Address", "nowhere"]] },
      { after: 40, fields: [["Address", "127.0.0.3:8802"]] },
    ],
  }).run(5000);
  assert.equal(cloud.eventsOf("ready").length, 1);
  assert.equal(cloud.signaling.counters.undecodable, 4);
});

test("Signaling gets through loss, duplication and reordering whatever the seed", () => {
  for (let seed = 1; seed <= 100; seed++) {
    let state = seed * 2_654_435_761;
    const random = () => {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39 | 0;
      return (state >>> 8) / 2 ** 24;
    };
    const bad = Object.fromEntries(
      Object.entries(GOOD_SCRIPT).map(([path, answer]) => [
        path,
        (asked, nth) =>
          random() < 0.1 ? [] : answer(asked, nth)
            .flatMap((reply) => random() < 0.1 ? [reply, reply] : [reply])
            .filter(() => random() >= 0.1)
            .map((reply) => ({ ...reply, after: (reply.after ?? 20) + Math.floor(random() * 80) })),
      ]),
    ) as Script;
    const cloud = new ScriptedCloud(bad).run(60_000);
    const isGood = cloud.eventsOf("ready").length === 1;
    const failures = cloud.eventsOf("failed").map(({ detail }) => detail);
    // When the device's one answer is lost after the 100, nothing asks it again.
    if (!isGood) assert.match(failures.join(), /passed on/, `seed ${seed}: ${failures}`);
  }
});

// The end

test("unbind() releases the agent and ends when that is answered", () => {
  const cloud = new ScriptedCloud().run(5000).unbind().run(60_000);
  const unbind = cloud.asked.at(-1);
  assert.equal(unbind?.request.path, "/relay/unbind/4711");
  assert.deepEqual([unbind?.via, unbind?.to], ["agent", RELAY]);
  assert.equal(cloud.timeOf("closed"), 5020);
  assert.deepEqual(cloud.closeReasons, ["local"]);
});

test("unbind() ends after 1.5 s although nobody answers", () => {
  const cloud = new ScriptedCloud({ "/relay/unbind/": SILENT }).run(5000).unbind().run(60_000);
  assert.deepEqual(cloud.times("/relay/unbind/"), [5000, 5500]);
  assert.equal(cloud.timeOf("closed"), 6500);
  assert.equal(cloud.signaling.pollTimeout(), undefined);
});

test("unbind() ends at once when there is nothing to release, and only once", () => {
  const cloud = new ScriptedCloud().run(30).unbind().unbind().run(60_000);
  assert.equal(cloud.timeOf("closed"), 30);
  assert.equal(cloud.asked.length, 2);
  assert.deepEqual(cloud.closeReasons, ["local"]);
});

test("unbind() releases an agent whose token is still on its way", () => {
  const cloud = new ScriptedCloud().run(70).unbind().run(60_000);
  assert.deepEqual(cloud.times("/relay/unbind/4711"), [80]);
  assert.equal(cloud.times("/relay/start/").length, 0);
  assert.equal(cloud.timeOf("closed"), 100);

  const lost = new ScriptedCloud({ "/relay/agent": SILENT }).run(70).unbind().run(60_000);
  assert.equal(lost.timeOf("closed"), 1570);
});

test("Signaling releases the agent when the device refuses", () => {
  const cloud = new ScriptedCloud({
    "/device/SERIAL/p2p-channel": () => [{ after: 200, code: 403 }],
  }).run(60_000);
  assert.equal(cloud.times("/relay/unbind/4711").length, 1);
  assert.deepEqual(cloud.closeReasons, ["auth"]);
});

test("Signaling sends nothing and tells nothing once closed", () => {
  const cloud = new ScriptedCloud().run(30).unbind();
  const { signaling } = cloud;
  signaling.handleDatagram(40, "device", MAIN, new TextEncoder().encode("HTTP/1.1 200 OK"));
  signaling.handleTimeout(100_000);
  assert.equal(signaling.pollEvent(), undefined);
  assert.equal(signaling.pollTransmit(), undefined);
  assert.equal(signaling.pollTimeout(), undefined);
});

// Hostile input

test("Signaling throws on no datagram, however mutated, and does not grow", () => {
  let state = 42;
  const random = (below: number) => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 | 0;
    return (state >>> 8) % below;
  };
  const mutate = (bytes: Uint8Array) => {
    const copy = bytes.slice(0, random(4) === 0 ? random(bytes.byteLength + 1) : undefined);
    for (let i = random(6); i > 0 && copy.byteLength > 0; i--) {
      copy[random(copy.byteLength)] = random(256);
    }
    return copy;
  };
  for (let round = 0; round < 50; round++) {
    const cloud = new ScriptedCloud({}, {}, (bytes) => random(2) === 0 ? mutate(bytes) : bytes);
    cloud.run(60_000).unbind().run(120_000);
    assert.equal(cloud.closeReasons.length, 1);
    assert.ok(cloud.events.length < 100);
    assert.ok(cloud.asked.length < 100);
  }
});
