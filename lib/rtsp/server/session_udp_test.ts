import assert from "node:assert/strict";
import { test } from "node:test";
import {
  SERVER_URL,
  SessionClient,
  sessionOf,
  TCP,
} from "../../../tests/support/session_client.ts";
import type { UdpOffer } from "./rules.ts";
import { SESSION_TIMEOUT } from "./session.ts";

const OFFER: UdpOffer = {
  serverPorts: { rtp: 6000, rtcp: 6001 },
  source: "127.0.0.1",
  peer: "127.0.0.9",
};
const UDP = "Transport: RTP/AVP;unicast;client_port=5000-5001";
const OTHER = "Transport: RTP/AVP/UDP;unicast;client_port=5002-5003";

function client(): SessionClient {
  return new SessionClient({ udp: OFFER });
}

/** Plays both tracks by UDP; returns the header that names the session. */
function play(client: SessionClient): string {
  const session = sessionOf(client.ask("SETUP", `${SERVER_URL}/trackID=0`, UDP));
  assert.equal(client.ask("SETUP", `${SERVER_URL}/trackID=1`, OTHER, session).status, 200);
  assert.equal(client.ask("PLAY", SERVER_URL, session).status, 200);
  return session;
}

test("ServerSession agrees to UDP, with ports and address of both ends", () => {
  const viewer = client();
  const response = viewer.ask("SETUP", `${SERVER_URL}/trackID=0`, UDP);
  assert.equal(
    response.headers.get("Transport"),
    "RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001;source=127.0.0.1;ssrc=02020202",
  );
});

test("ServerSession hands the ports of the client to whoever plays the tracks", () => {
  const viewer = client();
  play(viewer);
  const event = viewer.events.find(({ type }) => type === "play");
  assert.ok(event?.type === "play");
  assert.deepEqual(event.tracks.map(({ clientPorts, channels }) => [clientPorts, channels]), [
    [{ rtp: 5000, rtcp: 5001 }, { rtp: 0, rtcp: 1 }],
    [{ rtp: 5002, rtcp: 5003 }, { rtp: 2, rtcp: 3 }],
  ]);
});

test("ServerSession takes the first way it can of those offered", () => {
  const both = `${UDP},RTP/AVP/TCP;unicast;interleaved=0-1`;
  const setUp = (transport: string) =>
    client().ask("SETUP", `${SERVER_URL}/trackID=0`, transport).headers.get("Transport") ?? "";
  assert.match(setUp(both), /^RTP\/AVP;/);
  assert.match(setUp(`${TCP},RTP/AVP;unicast;client_port=5000-5001`), /^RTP\/AVP\/TCP;/);
  assert.match(setUp(both.replace("unicast;client", "multicast;client")), /^RTP\/AVP\/TCP;/);
});

const REFUSED = [
  { name: "to another address", transport: `${UDP};destination=127.0.0.10` },
  { name: "to a name", transport: `${UDP};destination=localhost` },
  { name: "to a port of a service", transport: "Transport: RTP/AVP;unicast;client_port=53-54" },
  { name: "to no port", transport: "Transport: RTP/AVP;unicast" },
  { name: "by multicast", transport: "Transport: RTP/AVP;multicast;client_port=5000-5001" },
  { name: "encrypted", transport: "Transport: RTP/SAVP;unicast;client_port=5000-5001" },
  { name: "to record", transport: `${UDP};mode=RECORD` },
];

for (const { name, transport } of REFUSED) {
  test(`ServerSession answers 461 to UDP ${name}`, () => {
    assert.equal(client().ask("SETUP", `${SERVER_URL}/trackID=0`, transport).status, 461);
  });
}

test("ServerSession takes a destination that is the client itself", () => {
  const transport = `${UDP};destination=${OFFER.peer}`;
  assert.equal(client().ask("SETUP", `${SERVER_URL}/trackID=0`, transport).status, 200);
});

test("ServerSession sends all tracks of a session the same way", () => {
  const viewer = client();
  const session = sessionOf(viewer.ask("SETUP", `${SERVER_URL}/trackID=0`, UDP));
  assert.equal(viewer.ask("SETUP", `${SERVER_URL}/trackID=1`, TCP, session).status, 461);
  const other = client();
  const second = sessionOf(other.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP));
  assert.equal(other.ask("SETUP", `${SERVER_URL}/trackID=1`, UDP, second).status, 461);
});

test("ServerSession ends where a client that plays by UDP gives no sign of life", () => {
  const viewer = client();
  play(viewer);
  assert.equal(viewer.session.pollTimeout(), viewer.now + SESSION_TIMEOUT);
  viewer.session.handleTimeout(viewer.now + SESSION_TIMEOUT);
  viewer.drain();
  const last = viewer.events.at(-1);
  assert.ok(last?.type === "closed" && last.reason === "timeout");
});

test("ServerSession goes on for reports of a receiver, and for keep-alives", () => {
  const viewer = client();
  const session = play(viewer);
  viewer.now += 50_000;
  viewer.session.handleSignOfLife(viewer.now);
  viewer.session.handleTimeout(viewer.now + SESSION_TIMEOUT - 1);
  viewer.now += 50_000;
  viewer.ask("GET_PARAMETER", SERVER_URL, session);
  viewer.session.handleTimeout(viewer.now + SESSION_TIMEOUT - 1);
  viewer.drain();
  assert.ok(viewer.events.every(({ type }) => type !== "closed"));
});
