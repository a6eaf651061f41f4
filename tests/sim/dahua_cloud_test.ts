import assert from "node:assert/strict";
import { test } from "node:test";
import { formatEndpoint, parseEndpoint } from "../../lib/endpoint.ts";
import { decodeResponse } from "../../lib/dahua/signaling/message.ts";
import { LEGACY_ACCOUNT } from "../../lib/dahua/signaling/wsse.ts";
import type { Endpoint } from "../../lib/machine.ts";
import { encodeBackstage } from "../../lib/sim/dahua/backstage.ts";
import { DahuaWorld, field } from "../support/dahua_world.ts";
import { endpointOf, EPOCH } from "../support/virtual_topologies.ts";

const SERIAL = "4K0123PAZ00001";
const IDENTIFY = "8a 7 c6 8d b5 fe e6 58";
const CHANNEL_BODY =
  `<body><Identify>${IDENTIFY}</Identify><IpEncrpt>true</IpEncrpt><LocalAddr>127.0.0.1:40000</LocalAddr><version>5.0.0</version></body>`;

function setUp(settings: Record<string, unknown> = {}, servers: Record<string, unknown> = {}) {
  return new DahuaWorld({ dahua: { servers, cameras: [{ serial: SERIAL, ...settings }] } });
}

/** Asks for a relay agent as clients do, and starts it. */
function startRelay(dahua: DahuaWorld): { readonly token: string; readonly agent: Endpoint } {
  const [answer] = dahua.request("/relay/agent", { to: endpointOf(dahua.cloud.sockets, "relay") });
  const token = field(answer, "Token") ?? "";
  const agent = parseEndpoint(field(answer, "Agent") ?? "");
  const body = "<body><Client>:0</Client></body>";
  const [started] = dahua.request(`/relay/start/${token}`, { to: agent, body });
  assert.equal(started?.code, 200);
  return { token, agent };
}

test("the cloud answers each look-up with its CSeq and what the client needs next", () => {
  const dahua = setUp();
  const { cloud } = dahua;
  const p2p = endpointOf(cloud.sockets, "p2p");
  const lookUps: readonly (readonly [string, Endpoint, string, string | undefined])[] = [
    ["/probe/p2psrv", dahua.main, "US", undefined],
    [`/online/p2psrv/${SERIAL}`, dahua.main, "US", formatEndpoint(p2p)],
    [`/probe/device/${SERIAL}`, p2p, "US", undefined],
    ["/online/relay", dahua.main, "Address", formatEndpoint(endpointOf(cloud.sockets, "relay"))],
  ];
  lookUps.forEach(([path, to, name, value], index) => {
    const responses = dahua.request(path, { to });
    assert.deepEqual(responses.map(({ code, cseq }) => [code, cseq]), [[200, index + 1]], path);
    assert.equal(field(responses[0], name), value, path);
  });
});

test("the cloud says 404 of a serial it does not know and of one that is not there", () => {
  const dahua = setUp();
  const p2p = endpointOf(dahua.cloud.sockets, "p2p");
  const unknown: readonly (readonly [string, Endpoint, string])[] = [
    ["/online/p2psrv/NOSUCHDEVICE", dahua.main, ""],
    ["/probe/device/NOSUCHDEVICE", p2p, ""],
    ["/device/NOSUCHDEVICE/p2p-channel", dahua.main, CHANNEL_BODY],
    ["/device/NOSUCHDEVICE/relay-channel", dahua.main, CHANNEL_BODY],
    ["/nonsense", dahua.main, ""],
  ];
  for (const [path, to, body] of unknown) {
    assert.deepEqual(dahua.request(path, { to, body }).map(({ code }) => code), [404], path);
  }
});

test("the cloud refuses a wrong key and a wrong clock with 401 and its own date", () => {
  const dahua = setUp();
  for (const wrong of [{ account: { user: "x", key: "y" } }, { skew: 3_600_000 }]) {
    const [answer] = dahua.request("/probe/p2psrv", wrong);
    assert.equal(answer?.code, 401);
    const date = Date.parse(answer?.headers.get("Date") ?? "");
    assert.ok(Math.abs(date - (EPOCH + dahua.world.now)) < 3_000);
  }
  assert.equal(dahua.request("/probe/p2psrv", { account: LEGACY_ACCOUNT })[0]?.code, 200);
});

test("the cloud refuses everybody by a clock of its own that is off", () => {
  const dahua = setUp({}, { main: { clockSkew: "1h" } });
  const [answer] = dahua.request("/probe/p2psrv");
  assert.equal(answer?.code, 401);
  const offset = Date.parse(answer?.headers.get("Date") ?? "") - (EPOCH + dahua.world.now);
  assert.ok(Math.abs(offset - 3_600_000) < 3_000);
  assert.equal(dahua.request("/probe/p2psrv", { skew: offset })[0]?.code, 200);
});

test("the cloud answers p2p-channel with 100 and then with what the device says", () => {
  const dahua = setUp({ nat: "cone" });
  const path = `/device/${SERIAL}/p2p-channel`;
  const responses = dahua.request(path, { via: "D", body: CHANNEL_BODY, cseq: 7, wait: 100 });
  assert.deepEqual(responses.map(({ code, cseq }) => [code, cseq]), [[100, 7], [200, 7]]);
  const answer = responses[1];
  assert.equal(field(answer, "Identify"), IDENTIFY);
  assert.equal(field(answer, "LocalAddr"), "127.1.0.10:40000");
  assert.equal(field(answer, "PubAddr"), "127.0.0.1:10011");
  assert.equal(field(answer, "Policy"), "p2p,udprelay");
});

test("the device's LocalAddr is its PubAddr where there is no NAT", () => {
  const dahua = setUp({ nat: "none" });
  const responses = dahua.request(`/device/${SERIAL}/p2p-channel`, { body: CHANNEL_BODY });
  assert.equal(field(responses[1], "LocalAddr"), "127.0.0.1:10011");
  assert.equal(field(responses[1], "PubAddr"), "127.0.0.1:10011");
});

test("the cloud answers a repeated p2p-channel as it answered the first", () => {
  const dahua = setUp();
  const ask = () => dahua.request(`/device/${SERIAL}/p2p-channel`, { body: CHANNEL_BODY, cseq: 9 });
  assert.deepEqual(ask(), ask());
});

test("the cloud repeats its request to a device behind a lossy link until it is answered", () => {
  const dahua = setUp({ link: { loss: 0.6, delay: "30ms" } });
  dahua.world.runUntil(() => dahua.world.events.some(({ event }) => event.type === "online"), 9e5);
  const path = `/device/${SERIAL}/p2p-channel`;
  const responses = dahua.request(path, { via: "D", body: CHANNEL_BODY, wait: 9_000 });
  assert.deepEqual(responses.map(({ code }) => code), [100, 200]);
});

test("a device that wants authentication refuses the channel as real ones do", () => {
  const dahua = setUp({ auth: "required" });
  const responses = dahua.request(`/device/${SERIAL}/p2p-channel`, { body: CHANNEL_BODY });
  assert.deepEqual(responses.map(({ code }) => code), [100, 403]);
  assert.equal(field(responses[1], "Error"), "DevPwd_InvalidSalt");
});

test("the device answers 400 to a channel request that makes no sense", () => {
  const dahua = setUp();
  for (const body of ["<body></body>", "<body><Identify>zz</Identify></body>", "<body>", "x"]) {
    const responses = dahua.request(`/device/${SERIAL}/p2p-channel`, { body });
    assert.deepEqual(responses.map(({ code }) => code), [100, 400], body);
  }
});

test("the agent, not the main server, answers relay-channel, with that request's CSeq", () => {
  for (const nat of ["none", "cone", "symmetric"]) {
    const dahua = setUp({ nat });
    const { agent } = startRelay(dahua);
    const body = `<body><agentAddr>${formatEndpoint(agent)}</agentAddr></body>`;
    const before = dahua.probe.received.length;
    const [notice] = dahua.request(`/device/${SERIAL}/relay-channel`, { body, cseq: 88 });
    const received = dahua.probe.received.slice(before);
    assert.deepEqual(received.map(({ from }) => from), [agent], nat);
    assert.deepEqual([notice?.code, notice?.reason, notice?.cseq], [200, "Server Nat Info!", 88]);
    const again = dahua.request(`/device/${SERIAL}/relay-channel`, { body, cseq: 88 });
    assert.deepEqual(again, [notice], "a repeated request is answered again");
  }
});

test("the relay server gives the same allocation for the same request, and one each otherwise", () => {
  const dahua = setUp();
  const to = endpointOf(dahua.cloud.sockets, "relay");
  const ask = (cseq: number) => field(dahua.request("/relay/agent", { to, cseq })[0], "Token");
  assert.equal(ask(1), ask(1));
  assert.notEqual(ask(1), ask(2));
});

test("the relay server has nothing left once every socket of the agent is taken", () => {
  const dahua = setUp();
  const to = endpointOf(dahua.cloud.sockets, "relay");
  const ask = () => dahua.request("/relay/agent", { to, wait: 10 })[0];
  const taken = Array.from({ length: 8 }, ask);
  assert.deepEqual(taken.map((answer) => answer?.code), new Array(8).fill(200));
  assert.equal(ask()?.code, 503);
  const token = field(taken[3], "Token");
  assert.equal(dahua.request(`/relay/unbind/${token}`, { to })[0]?.code, 200);
  assert.equal(field(ask(), "Agent"), field(taken[3], "Agent"));
  assert.equal(ask()?.code, 503);
  dahua.world.runFor(60_000);
  assert.equal(ask()?.code, 200, "an allocation that nobody uses ends");
});

test("the agent knows no other token", () => {
  const dahua = setUp();
  const { agent, token } = startRelay(dahua);
  const other = endpointOf(dahua.cloud.sockets, "agent5");
  assert.equal(dahua.request("/relay/start/0123", { to: agent })[0]?.code, 404);
  assert.equal(dahua.request(`/relay/start/${token}`, { to: other })[0]?.code, 404);
  const to = endpointOf(dahua.cloud.sockets, "relay");
  assert.equal(dahua.request("/relay/unbind/0123", { to })[0]?.code, 404);
});

test("a silent server never answers, and the others do", () => {
  const dahua = setUp({}, { relay: { silent: true } });
  const to = endpointOf(dahua.cloud.sockets, "relay");
  assert.deepEqual(dahua.request("/relay/agent", { to }), []);
  assert.equal(dahua.request("/probe/p2psrv").length, 1);
});

test("a garbage server answers with what is no response", () => {
  const dahua = setUp({}, { main: { garbage: true } });
  const received = dahua.exchange("D", dahua.main, new TextEncoder().encode("DHGET / HTTP/1.1"));
  assert.equal(received.length, 1);
  assert.throws(() => decodeResponse(received[0]?.bytes ?? new Uint8Array()));
});

test("a slow server answers as late as the scenario says", () => {
  const dahua = setUp({}, { main: { delay: "700ms" } });
  assert.equal(dahua.request("/probe/p2psrv", { wait: 699 }).length, 0);
  dahua.world.runFor(1);
  assert.equal(dahua.probe.received.length, 1);
});

test("nobody without the simulation's key registers as a device", () => {
  const dahua = setUp();
  const forged = encodeBackstage("guess", { type: "register", serial: SERIAL });
  assert.deepEqual(dahua.exchange("D", dahua.main, forged), []);
  assert.equal(dahua.cloud.counters.undecodable, 1);
});

test("a device that is dark for long enough is no longer online", () => {
  const dahua = setUp({ link: { loss: 0 } });
  assert.equal(dahua.request(`/online/p2psrv/${SERIAL}`)[0]?.code, 200);
  dahua.world.network.setUp(SERIAL, false);
  dahua.world.runFor(61_000);
  assert.equal(dahua.request(`/online/p2psrv/${SERIAL}`)[0]?.code, 404);
});
