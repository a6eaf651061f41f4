import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeResponse } from "../dahua/signaling/message.ts";
import type { Endpoint } from "../machine.ts";
import { decodeSignaling, encodeSignaling } from "../reolink/signaling/datagram.ts";
import { DahuaQuery } from "./dahua_query.ts";
import { ReolinkQuery } from "./reolink_query.ts";

const A: Endpoint = { address: "10.0.0.1", port: 8800 };
const B: Endpoint = { address: "10.0.0.2", port: 9999 };
const entropy = (length: number) => new Uint8Array(length).map((_, i) => i + 1);

function dahua(): DahuaQuery {
  return new DahuaQuery(0, {
    serial: "4K0123PAZ00001",
    server: A,
    dialect: "dh",
    via: "q",
    entropy,
    wallClockOffset: 0,
  });
}

function answer(query: DahuaQuery, code: number, body = ""): unknown {
  const bytes = encodeResponse({ code, reason: "x", cseq: 1, headers: new Map(), body });
  query.handleDatagram(10, "q", A, bytes);
  const event = query.pollEvent();
  assert.equal(query.pollEvent(), undefined);
  return event?.outcome.type;
}

test("DahuaQuery asks one server for one P2P server, and nothing else", () => {
  const query = dahua();
  const sent = query.pollTransmit();
  assert.deepEqual(sent?.to, A);
  assert.match(new TextDecoder().decode(sent?.bytes), /^DHGET \/online\/p2psrv\/4K0123PAZ00001 /);
  assert.equal(answer(query, 200, "<body><US>10.0.0.9:8800</US></body>"), "online");
  assert.equal(query.pollTransmit(), undefined);
  assert.equal(query.pollTimeout(), undefined);
});

test("DahuaQuery tells offline from unanswered", () => {
  assert.equal(answer(dahua(), 404), "offline");
  assert.equal(answer(dahua(), 200, "<body><US></US></body>"), "offline");
  assert.equal(answer(dahua(), 401), "unanswered");
  const query = dahua();
  for (let at = query.pollTimeout(); at !== undefined; at = query.pollTimeout()) {
    query.handleTimeout(at);
  }
  assert.equal(query.pollEvent()?.outcome.type, "unanswered");
});

function reolink(patience: number) {
  const query = new ReolinkQuery(0, {
    uid: "95270000YGAKNWKJ",
    servers: [A, B],
    patience,
    entropy,
  });
  const tids = new Map<Endpoint, number>();
  for (let sent = query.pollTransmit(); sent !== undefined; sent = query.pollTransmit()) {
    const { tid, message } = decodeSignaling(sent.bytes);
    assert.equal(message.type, "C2M_Q");
    tids.set(sent.to, tid);
  }
  assert.deepEqual([...tids.keys()], [A, B]);
  const say = (now: number, from: Endpoint, knows: boolean) => {
    const reg = { address: "10.0.0.9", port: 58_200 };
    const what = knows ? { reg, rsp: 0 } : { rsp: -3 };
    const message = { type: "M2C_Q_R", ...what } as const;
    const bytes = encodeSignaling({ tid: tids.get(from) ?? 0, message });
    query.handleDatagram(now, "cloud", from, bytes);
    return query.pollEvent()?.outcome.type;
  };
  return { query, say };
}

test("ReolinkQuery ends with the first server that knows the camera", () => {
  const { query, say } = reolink(0);
  assert.equal(say(10, A, false), undefined);
  assert.equal(say(20, B, true), "online");
  assert.equal(query.pollTimeout(), undefined);
});

test("ReolinkQuery listens to the others for a while where it is to", () => {
  const { query, say } = reolink(2_000);
  assert.equal(say(20, B, true), undefined);
  query.handleTimeout(2_019);
  assert.equal(query.pollEvent(), undefined);
  query.handleTimeout(2_020);
  assert.equal(query.pollEvent()?.outcome.type, "online");
  const other = reolink(2_000);
  assert.equal(other.say(20, B, true), undefined);
  assert.equal(other.say(30, A, false), "online");
});

test("ReolinkQuery calls a camera that no server knows offline, and silence unanswered", () => {
  const { say } = reolink(0);
  assert.equal(say(10, A, false), undefined);
  assert.equal(say(20, B, false), "offline");
  const { query } = reolink(0);
  let last = 0;
  for (let at = query.pollTimeout(); at !== undefined; at = query.pollTimeout()) {
    assert.ok(at > last, "time goes on");
    last = at;
    query.handleTimeout(at);
    while (query.pollTransmit() !== undefined);
  }
  assert.equal(query.pollEvent()?.outcome.type, "unanswered");
});

test("ReolinkQuery shrugs off what is none of an answer", () => {
  const { query, say } = reolink(0);
  query.handleDatagram(5, "cloud", A, Uint8Array.of(1, 2, 3));
  const strange = encodeSignaling({ tid: 1, message: { type: "R2C_DISC", sid: 1 } });
  query.handleDatagram(6, "cloud", A, strange);
  assert.equal(query.pollEvent(), undefined);
  assert.equal(say(20, B, true), "online");
});
