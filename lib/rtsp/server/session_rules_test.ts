import assert from "node:assert/strict";
import { test } from "node:test";
import {
  SERVER_URL,
  SessionClient,
  sessionOf,
  TCP,
} from "../../../tests/support/session_client.ts";
import { MAX_REFUSALS, REQUEST_DEADLINE, SESSION_TIMEOUT } from "./session.ts";

test("ServerSession answers 405 to methods that are not for what it has", () => {
  for (const method of ["ANNOUNCE", "RECORD", "REDIRECT"]) {
    const response = new SessionClient().ask(method);
    assert.equal(response.status, 405);
    assert.match(response.headers.get("Allow") ?? "", /DESCRIBE/);
  }
});

test("ServerSession answers 406 to a DESCRIBE that takes no SDP", () => {
  const client = new SessionClient();
  assert.equal(client.ask("DESCRIBE", SERVER_URL, "Accept: application/mheg").status, 406);
  for (const accept of ["application/sdp", "text/plain, Application/SDP;q=1", "*/*"]) {
    assert.equal(client.ask("DESCRIBE", SERVER_URL, `Accept: ${accept}`).status, 200, accept);
  }
});

test("ServerSession answers 457 to a Range that is none of something live", () => {
  const client = new SessionClient();
  const session = sessionOf(client.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP));
  for (const range of ["clock=20250101T000000Z-", "smpte=0:10:00-", "npt", "npt=x-", "bytes=0-"]) {
    assert.equal(client.ask("PLAY", SERVER_URL, session, `Range: ${range}`).status, 457, range);
  }
  for (const range of ["npt=0.000-", "npt = now -", "npt=-10", "npt=1:02:03.5-4;time=1"]) {
    assert.equal(client.ask("PLAY", SERVER_URL, session, `Range: ${range}`).status, 200, range);
  }
});

test("ServerSession answers 451 to parameters it has not, which are signs of life all the same", () => {
  const client = new SessionClient();
  const body = "\r\nContent-Length: 3\r\n\r\nabc";
  for (const method of ["GET_PARAMETER", "SET_PARAMETER"]) {
    client.now += 1_000;
    const [response] = client.send(client.request(method, SERVER_URL).trimEnd() + body);
    assert.equal(response?.status, 451);
    assert.equal(client.session.pollTimeout(), client.now + SESSION_TIMEOUT);
  }
});

test("ServerSession answers 460 to one of several tracks where it takes all or none", () => {
  const client = new SessionClient();
  const session = sessionOf(client.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP));
  const track = `${SERVER_URL}/trackID=0`;
  assert.equal(client.ask("PLAY", track, session).status, 200, "the only one is all there is");
  assert.equal(client.ask("PAUSE", track, session).status, 200);
  client.ask("SETUP", `${SERVER_URL}/trackID=1`, "Transport: RTP/AVP/TCP", session);
  for (const method of ["PLAY", "PAUSE", "TEARDOWN"]) {
    assert.equal(client.ask(method, track, session).status, 460, method);
  }
  assert.equal(client.ask("PLAY", SERVER_URL, session).status, 200);
});

test("ServerSession answers 455 to a second session, and the first goes on", () => {
  const client = new SessionClient();
  const session = sessionOf(client.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP));
  assert.equal(client.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP).status, 455);
  assert.equal(client.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP, session).status, 200);
  assert.equal(client.ask("PLAY", SERVER_URL, session).status, 200);
});

test("ServerSession answers 408 to a request that takes too long to come, however it trickles", () => {
  const client = new SessionClient();
  client.ask("OPTIONS");
  const begun = client.now;
  for (const char of "OPTIONS *") {
    client.now += 1_000;
    assert.deepEqual(client.send(char), []);
  }
  assert.equal(client.session.pollTimeout(), begun + 1_000 + REQUEST_DEADLINE);
  client.session.handleTimeout(begun + 1_000 + REQUEST_DEADLINE);
  assert.equal(client.drain()[0]?.status, 408);
  const last = client.events.at(-1);
  assert.ok(last?.type === "closed" && last.reason === "timeout");
});

test("ServerSession has no patience with a client that connects and says nothing", () => {
  const client = new SessionClient();
  assert.equal(client.session.pollTimeout(), client.now + REQUEST_DEADLINE);
  client.ask("OPTIONS");
  assert.equal(client.session.pollTimeout(), client.now + SESSION_TIMEOUT);
});

test("ServerSession does not count the time a request waits for its source", () => {
  const client = new SessionClient();
  client.manual = true;
  client.send(`${client.request("DESCRIBE", SERVER_URL)}OPTIONS`);
  assert.equal(client.session.pollTimeout(), undefined);
  client.now += 18_000;
  client.session.found(client.now, undefined);
  assert.equal(client.drain()[0]?.status, 404);
  assert.equal(client.session.pollTimeout(), client.now + REQUEST_DEADLINE);
});

test("ServerSession ends with auth once a client was refused too often in a row", () => {
  let refuses = true;
  const authorize = () => refuses ? ["Basic"] : undefined;
  const client = new SessionClient({ authorize });
  for (let i = 1; i < MAX_REFUSALS; i++) assert.equal(client.ask("DESCRIBE").status, 401);
  refuses = false;
  assert.equal(client.ask("DESCRIBE").status, 200);
  refuses = true;
  for (let i = 1; i <= MAX_REFUSALS; i++) assert.equal(client.ask("DESCRIBE").status, 401);
  client.drain();
  const last = client.events.at(-1);
  assert.ok(last?.type === "closed" && last.reason === "auth");
});
