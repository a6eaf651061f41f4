import assert from "node:assert/strict";
import { test } from "node:test";
import type { Duration } from "../../machine.ts";
import {
  AGENT,
  GARBAGE,
  GOOD_SCRIPT,
  type Script,
  ScriptedCloud,
  SILENT,
  WALL_CLOCK,
} from "./scripted_cloud.ts";
import { parseWsse } from "./wsse.ts";

const CHANNEL = "/device/SERIAL/p2p-channel";
const RELAY_CHANNEL = "/device/SERIAL/relay-channel";

// Who is to blame

test("Signaling says that the main server never answers", () => {
  const cloud = new ScriptedCloud({ "/probe/p2psrv": SILENT }).run(60_000);
  const { scope, stage, reason, detail, advice } = cloud.failure;
  assert.deepEqual([scope, stage, reason], ["all", "main-probe", "timeout"]);
  assert.equal(
    detail,
    "the rendezvous server 127.0.0.1:8800 did not answer 5 requests in 10.0 s",
  );
  assert.match(advice, /UDP/);
  assert.equal(cloud.timeOf("failed"), 10_000);
  assert.deepEqual(cloud.closeReasons, ["timeout"]);
});

test("Signaling says that the main server answers garbage", () => {
  const cloud = new ScriptedCloud({ "/probe/p2psrv": () => [GARBAGE] }).run(60_000);
  const { stage, reason, detail } = cloud.failure;
  assert.deepEqual([stage, reason], ["main-probe", "protocol"]);
  assert.match(detail, /answers, but not in a way that can be understood/);
  assert.equal(cloud.timeOf("failed"), 3520, "with the fourth answer");
  assert.deepEqual(cloud.closeReasons, ["protocol"]);
});

test("Signaling says that the cloud does not know the serial number", () => {
  const scripts: Script[] = [
    { "/online/p2psrv/": () => [{ fields: [["Other", "x"]] }] },
    { "/online/p2psrv/": () => [{ fields: [["US", ""]] }] },
    { "/online/p2psrv/": () => [{}] },
    { "/online/p2psrv/": () => [{ code: 404, reason: "Not Found" }] },
    { "/online/p2psrv/": () => [{ code: 500, reason: "Whatever" }] },
    { "/probe/device/": () => [{ code: 404, reason: "Not Found" }] },
    { [CHANNEL]: () => [{ code: 404, reason: "Not Found" }] },
  ];
  for (const script of scripts) {
    const cloud = new ScriptedCloud(script).run(60_000);
    const { scope, reason, detail } = cloud.failure;
    assert.deepEqual([scope, reason], ["all", "unreachable"]);
    assert.match(detail, /does not know this serial number, or the camera is offline/);
    assert.deepEqual(cloud.closeReasons, ["unreachable"]);
  }
});

test("Signaling says that the device wants authentication, in the device's words", () => {
  const fields = [["ErrCode", "4"], ["Error", "DevPwd_InvalidSalt"], ["Policy", "p2p"]] as const;
  const cloud = new ScriptedCloud({
    [CHANNEL]: () => [
      { code: 100, reason: "Trying" },
      { after: 200, code: 403, reason: "Forbidden", fields },
    ],
  }).run(60_000);
  const { scope, stage, reason, detail } = cloud.failure;
  assert.deepEqual([scope, stage, reason], ["all", "channel", "auth"]);
  assert.match(detail, /wants authentication .*\(403 Forbidden, ErrCode 4 DevPwd_InvalidSalt\)/);
  assert.deepEqual(cloud.closeReasons, ["auth"]);
});

test("Signaling shows only printable text of a peer, and not much of it", () => {
  const fields = [["Error", `\x1b[31m\u202e${"x".repeat(500)}`]] as const;
  const cloud = new ScriptedCloud({ [CHANNEL]: () => [{ code: 403, fields }] }).run(60_000);
  const { detail } = cloud.failure;
  assert.match(detail, /^[\x20-\x7e]+$/);
  assert.ok(detail.length < 200);
});

test("Signaling says that a server refused for another reason", () => {
  const cloud = new ScriptedCloud({
    [CHANNEL]: () => [{ code: 503, reason: "Service Unavailable" }],
  }).run(60_000);
  const { stage, reason, detail } = cloud.failure;
  assert.deepEqual([stage, reason], ["channel", "peer"]);
  assert.equal(detail, "the rendezvous server refused (503 Service Unavailable)");
});

test("Signaling says that a device never answers although the request was passed on", () => {
  const cloud = new ScriptedCloud({ [CHANNEL]: () => [{ code: 100 }] }).run(60_000);
  const { stage, reason, detail } = cloud.failure;
  assert.deepEqual([stage, reason], ["channel", "timeout"]);
  assert.match(detail, /^the camera did not answer the request passed on to it within 30.0 s$/);
  assert.equal(cloud.times(CHANNEL).length, 3);
});

test("Signaling waits tens of seconds for a device once its request was passed on", () => {
  const [, answer] = GOOD_SCRIPT[CHANNEL]?.({} as never, 0) ?? [];
  assert.ok(answer !== undefined);
  const cloud = new ScriptedCloud({
    [CHANNEL]: () => [{ code: 100 }, { ...answer, after: 28_000 }],
  }).run(60_000);
  assert.equal(cloud.eventsOf("ready").length, 1);
  assert.deepEqual(cloud.times(CHANNEL), [60, 4080, 8100], "the answer may be lost");
});

// Clock

test("Signaling takes the server's time after a 401 and asks again", () => {
  const date = new Date(WALL_CLOCK + 86_400_000 + 20).toUTCString();
  const cloud = new ScriptedCloud({
    "/probe/p2psrv": (_asked, nth) => nth === 0 ? [{ code: 401, headers: [["Date", date]] }] : [{}],
  }).run(5000);
  assert.equal(cloud.eventsOf("ready").length, 1);
  const created = cloud.asked.map(({ request }) =>
    parseWsse(request.headers.get("X-WSSE") ?? "").created
  );
  assert.equal(created[0], "2025-02-12T16:12:54Z");
  assert.ok(created.slice(1).every((text) => text.startsWith("2025-02-13T16:12:5")));
  assert.deepEqual(cloud.asked.map(({ request }) => request.cseq), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("Signaling gives up after three corrections of the clock", () => {
  const headers = [["Date", "Wed, 12 Feb 2025 16:12:54 GMT"]] as const;
  const cloud = new ScriptedCloud({
    "/online/p2psrv/": () => [{ code: 401, reason: "Unauthorized", headers }],
  }).run(60_000);
  assert.equal(cloud.times("/online/p2psrv/").length, 4);
  const { stage, reason, detail } = cloud.failure;
  assert.deepEqual([stage, reason], ["locate", "auth"]);
  assert.match(detail, /refused the account or the time of this machine \(401 Unauthorized\)/);
});

test("Signaling does not believe a date that is none, or absurd", () => {
  for (
    const date of ["", "yesterday", "Wed, 12 Feb 1925 16:12:54 GMT", "+275760-09-13T00:00:00Z"]
  ) {
    const headers = [["Date", date]] as const;
    const cloud = new ScriptedCloud({ "/probe/p2psrv": () => [{ code: 401, headers }] }).run(
      60_000,
    );
    assert.equal(cloud.asked.length, 1);
    assert.equal(cloud.failure.reason, "auth");
  }
});

// Servers one can do without

test("Signaling asks for a channel after 2 s although the P2P server is silent", () => {
  const cloud = new ScriptedCloud({ "/probe/device/": SILENT, "/info/device/": SILENT }).run(
    60_000,
  );
  assert.deepEqual(cloud.times(CHANNEL), [2040]);
  assert.equal(cloud.eventsOf("ready").length, 1);
  assert.equal(cloud.eventsOf("failed").length, 0);
});

test("Signaling carries on when the P2P server gives no information", () => {
  const cloud = new ScriptedCloud({ "/info/device/": () => [{ code: 404 }] }).run(60_000);
  assert.equal(cloud.eventsOf("ready").length, 1);
  assert.equal(cloud.eventsOf("failed").length, 0);
});

test("Signaling tries another relay server when one never answers", () => {
  const cloud = new ScriptedCloud({
    "/online/relay": (_asked, nth) => [
      { fields: [["Address", nth === 0 ? "127.0.0.99:1" : "127.0.0.3:8802"]] },
    ],
    "/relay/agent": (asked, nth) =>
      asked.to.port === 1 ? [] : GOOD_SCRIPT["/relay/agent"]?.(asked, nth) ?? [],
  }).run(60_000);
  assert.deepEqual(cloud.times("/relay/agent"), [60, 560, 1560, 3560, 4080]);
  assert.equal(cloud.eventsOf("ready").length, 1);
  assert.equal(cloud.eventsOf("failed").length, 0);
});

test("Signaling releases an agent that never starts before it tries another", () => {
  const cloud = new ScriptedCloud({
    "/relay/agent": (_asked, nth) => [
      { fields: [["Token", `t${nth}`], ["Agent", `127.0.0.4:${8803 + nth}`]] },
    ],
    "/relay/start/t0": SILENT,
    [RELAY_CHANNEL]: () => [{ from: { ...AGENT, port: 8804 } }],
  }).run(60_000);
  assert.equal(cloud.times("/relay/unbind/t0").length, 1);
  assert.equal(cloud.times("/relay/unbind/").length, 1);
  assert.equal(cloud.eventsOf("ready").length, 1);
  assert.deepEqual(cloud.closeReasons, []);
});

/** A relay server that allots an agent for each request, this much later. */
const slowRelay = (after: Duration): Script => ({
  "/relay/agent": ({ request }) => [
    { after, fields: [["Token", `t${request.cseq}`], ["Agent", "127.0.0.4:8803"]] },
  ],
});

test("Signaling takes the agent of a slow relay server, and releases those it gets besides", () => {
  const cloud = new ScriptedCloud(slowRelay(4500)).run(60_000);
  const tokens = cloud.eventsOf("agent").map(({ token }) => token);
  assert.deepEqual(tokens, ["t7"], "of the first request, during the second attempt");
  assert.equal(cloud.timeOf("agent"), 4560);
  assert.equal(cloud.eventsOf("ready").length, 1);
  assert.deepEqual(cloud.times("/relay/unbind/t9"), [8580]);
  assert.equal(cloud.times("/relay/unbind/").length, 1);
  cloud.unbind().run(120_000);
  assert.equal(cloud.times("/relay/unbind/t7").length, 1);
});

test("Signaling releases an agent that is allotted when it has given up, or is closing", () => {
  const failed = new ScriptedCloud(slowRelay(4500), { relayAttempts: 1 }).run(60_000);
  assert.equal(failed.failure.stage, "relay-agent");
  assert.deepEqual(failed.times("/relay/unbind/t7"), [4560]);
  assert.equal(failed.eventsOf("agent").length, 0);

  const closing = new ScriptedCloud(slowRelay(4500)).run(4100).unbind().run(60_000);
  assert.deepEqual(closing.times("/relay/unbind/t7"), [4560]);
  assert.deepEqual(closing.closeReasons, ["local"]);
});

test("Signaling does not release the agent it uses when the server names it twice", () => {
  const cloud = new ScriptedCloud({
    "/relay/agent": (_asked, nth) =>
      nth > 0 && nth < 4 ? [] : [{
        after: nth === 0 ? 5000 : 20,
        fields: [["Token", "t"], ["Agent", "127.0.0.4:8803"]],
      }],
  }).run(60_000);
  assert.deepEqual(cloud.times("/relay/agent"), [60, 560, 1560, 3560, 4080]);
  assert.equal(cloud.timeOf("agent"), 4100);
  assert.equal(cloud.times("/relay/unbind/").length, 0);
  assert.equal(cloud.eventsOf("ready").length, 1);
});

test("Signaling says that relay servers never answer, and keeps the channel", () => {
  const cloud = new ScriptedCloud({ "/relay/agent": SILENT }).run(60_000);
  const { scope, stage, reason, detail } = cloud.failure;
  assert.deepEqual([scope, stage, reason], ["relay", "relay-agent", "timeout"]);
  assert.match(detail, /^the relay server 127.0.0.3:8802 did not answer/);
  assert.equal(cloud.times("/online/relay").length, 3);
  assert.equal(cloud.eventsOf("channel").length, 1);
  assert.deepEqual(cloud.closeReasons, []);
  assert.equal(cloud.signaling.pollTimeout(), undefined);
});

test("Signaling says that the relay failed, whatever stage it was, and keeps the channel", () => {
  const paths = ["/online/relay", "/relay/agent", "/relay/start/", RELAY_CHANNEL];
  for (const path of paths) {
    for (const answer of [SILENT, () => [GARBAGE], () => [{ code: 500, reason: "Broken" }]]) {
      const cloud = new ScriptedCloud({ [path]: answer }).run(120_000);
      assert.equal(cloud.failure.scope, "relay");
      assert.equal(cloud.eventsOf("channel").length, 1);
      assert.equal(cloud.eventsOf("ready").length, 0);
      assert.deepEqual(cloud.closeReasons, []);
    }
  }
});

test("Signaling waits for the agent's notice, whatever the main server says", () => {
  const cloud = new ScriptedCloud({
    [RELAY_CHANNEL]: () => [{ code: 200 }, { after: 3000, from: AGENT }],
  }).run(60_000);
  assert.equal(cloud.timeOf("ready"), 3360);
  assert.equal(cloud.times(RELAY_CHANNEL).length, 1);
});

test("Signaling repeats the relay channel's request late, so as not to confuse the agent", () => {
  const cloud = new ScriptedCloud({ [RELAY_CHANNEL]: SILENT }).run(60_000);
  const [first = 0, ...more] = cloud.times(RELAY_CHANNEL);
  assert.deepEqual(more.map((at) => at - first), [2000, 6000]);
  assert.equal(cloud.failure.stage, "relay-channel");
});

test("Signaling takes no token that would change a request", () => {
  for (const Token of ["", "a b", "a\r\nb", "../x", "x".repeat(129)]) {
    const fields = [["Token", Token], ["Agent", "127.0.0.4:8803"]] as const;
    const cloud = new ScriptedCloud({ "/relay/agent": () => [{ fields }] }).run(60_000);
    assert.equal(cloud.failure.reason, "protocol");
    assert.equal(cloud.times("/relay/start/").length, 0);
  }
});

test("Signaling takes addresses that can be read and leaves out the rest", () => {
  const channel = (fields: readonly (readonly [string, string])[]) =>
    new ScriptedCloud({ [CHANNEL]: () => [{ fields }] }).run(60_000);
  const LocalAddr = ["hidden==", ":0", "224.0.0.1:9", "10.0.0.1:0", "10.0.0.1:5", "10.0.0.1:5"];
  const cloud = channel([["LocalAddr", LocalAddr.join(",")], ["Identify", "x"]]);
  const [answer] = cloud.eventsOf("channel");
  assert.deepEqual(answer?.candidates, [
    { kind: "host", endpoint: { address: "10.0.0.1", port: 5 } },
  ]);
  assert.deepEqual([answer?.policy, answer?.identify], [[], undefined]);

  const many = Array.from({ length: 100 }, (_, i) => `10.0.0.${i}:5`).join(",");
  const full = channel([["LocalAddr", many], ["PubAddr", many], ["Policy", "a,".repeat(100)]]);
  const [capped] = full.eventsOf("channel");
  assert.equal(capped?.candidates.length, 12);
  assert.equal(capped?.policy.length, 8);

  assert.equal(channel([["version", "1"]]).failure.reason, "protocol");
});
