import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CAMERA_PATH,
  SERVER_URL,
  SessionClient,
  sessionOf,
  SOURCE,
  TCP,
} from "../../../tests/support/session_client.ts";
import { DEFAULT_MESSAGE_LIMITS } from "../message_reader.ts";
import { SESSION_TIMEOUT } from "./session.ts";

test("ServerSession answers OPTIONS with its methods, whatever the SERVER_URL", () => {
  const response = new SessionClient().ask("OPTIONS", "*");
  assert.equal(response.status, 200);
  assert.match(response.headers.get("Public") ?? "", /DESCRIBE, SETUP, PLAY/);
});

test("ServerSession asks for the source by path and query, and describes its tracks", () => {
  const client = new SessionClient();
  const response = client.ask("DESCRIBE", `rtsp://user:pass@127.0.0.1:8554${CAMERA_PATH}/`);
  const lookup = { type: "lookup", path: CAMERA_PATH, wantsLoudspeaker: false };
  assert.deepEqual(client.events, [lookup]);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Content-Base"), `${SERVER_URL}/`);
  assert.equal(response.headers.get("Content-Type"), "application/sdp");
  const sdp = new TextDecoder().decode(response.body);
  assert.match(
    sdp,
    /m=video 0 RTP\/AVP 96\r\na=rtpmap:96 H264\/90000\r\na=fmtp:.*\r\na=control:trackID=0/,
  );
  assert.match(sdp, /m=audio 0 RTP\/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC\/16000\/1\r\n/);
});

test("ServerSession answers 404 for a path nobody knows, and 503 for one that cannot be had", () => {
  const client = new SessionClient();
  assert.equal(client.ask("DESCRIBE", "rtsp://127.0.0.1/other").status, 404);
  client.manual = true;
  assert.deepEqual(client.send(client.request("DESCRIBE", SERVER_URL)), []);
  client.session.unavailable(client.now);
  const [answer] = client.drain();
  assert.deepEqual([answer?.status, answer?.headers.get("Retry-After")], [503, undefined]);
  assert.deepEqual(client.send(client.request("DESCRIBE", SERVER_URL)), []);
  client.session.unavailable(client.now, 1_500);
  assert.equal(client.drain()[0]?.headers.get("Retry-After"), "2");
});

test("ServerSession answers requests in order while one waits for its source", () => {
  const client = new SessionClient();
  client.manual = true;
  assert.deepEqual(
    client.send(client.request("DESCRIBE", SERVER_URL) + client.request("OPTIONS", "*")),
    [],
  );
  client.session.found(client.now, SOURCE);
  assert.deepEqual(client.drain().map(({ headers }) => headers.get("CSeq")), ["1", "2"]);
});

test("ServerSession sets tracks up, plays with RTP-Info, pauses, plays on and tears down", () => {
  const client = new SessionClient();
  client.ask("DESCRIBE");
  const video = client.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP);
  const session = sessionOf(video);
  assert.match(video.headers.get("Session") ?? "", /^[0-9a-f]{16};timeout=60$/);
  assert.equal(
    video.headers.get("Transport"),
    "RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=02020202",
  );
  const transport = "Transport: RTP/AVP/TCP;unicast;interleaved=2-3";
  assert.equal(client.ask("SETUP", `${SERVER_URL}/trackID=1`, transport, session).status, 200);
  const play = client.ask("PLAY", SERVER_URL, session, "Range: npt=0.000-");
  assert.equal(play.headers.get("Range"), "npt=now-");
  assert.equal(
    play.headers.get("RTP-Info"),
    `url=${SERVER_URL}/trackID=0;seq=514;rtptime=33686018,url=${SERVER_URL}/trackID=1;seq=771;rtptime=50529027`,
  );
  assert.equal(client.ask("PAUSE", SERVER_URL, session).status, 200);
  assert.equal(client.ask("PLAY", `${SERVER_URL}/`, session).status, 200);
  assert.equal(client.ask("TEARDOWN", `${SERVER_URL}/`, session).status, 200);
  assert.deepEqual(client.events.map(({ type }) => type), [
    ...["lookup", "play", "stop", "play", "stop"],
  ]);
  assert.equal(client.ask("PLAY", SERVER_URL, session).status, 454);
});

test("ServerSession hands the source and the tracks set up to whoever plays them", () => {
  const client = new SessionClient();
  client.play();
  const play = client.events.find(({ type }) => type === "play");
  assert.ok(play?.type === "play");
  assert.equal(play.source, SOURCE);
  assert.deepEqual(play.tracks.map(({ track, channels }) => [track.codec, channels]), [
    ["H264", { rtp: 0, rtcp: 1 }],
    ["MPEG4-GENERIC", { rtp: 2, rtcp: 3 }],
  ]);
});

test("ServerSession leaves rtptime out while it does not know the first timestamp", () => {
  const client = new SessionClient();
  const session = sessionOf(client.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP));
  client.manual = true;
  client.send(client.request("PLAY", SERVER_URL, session));
  client.session.playing(client.now, new Map());
  const [response] = client.drain();
  assert.equal(response?.headers.get("RTP-Info"), `url=${SERVER_URL}/trackID=0;seq=514`);
});

test("ServerSession sets up without DESCRIBE, and by URLs resolved as RFC 3986 says", () => {
  const client = new SessionClient();
  const session = sessionOf(client.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP));
  const resolved = "rtsp://127.0.0.1:8554/cam/trackID=1";
  assert.equal(client.ask("SETUP", resolved, TCP, session).status, 200);
  const lookup = { type: "lookup", path: CAMERA_PATH, wantsLoudspeaker: false };
  assert.deepEqual(client.events, [lookup]);
});

test("ServerSession gives other channels where those asked for are taken or not named", () => {
  const client = new SessionClient();
  const session = sessionOf(client.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP));
  const taken = client.ask("SETUP", `${SERVER_URL}/trackID=1`, TCP, session);
  assert.match(taken.headers.get("Transport") ?? "", /interleaved=2-3/);
  const again = client.ask("SETUP", `${SERVER_URL}/trackID=0`, "Transport: RTP/AVP/TCP", session);
  assert.match(again.headers.get("Transport") ?? "", /interleaved=0-1/);
});

const SETUP_REFUSALS = [
  {
    name: "UDP where there is none, so that players fall back to TCP",
    transport: "RTP/AVP;unicast;client_port=5000-5001",
  },
  { name: "multicast", transport: "RTP/AVP/TCP;multicast" },
  { name: "recording", transport: 'RTP/AVP/TCP;interleaved=0-1;mode="RECORD"' },
];

for (const { name, transport } of SETUP_REFUSALS) {
  test(`ServerSession answers 461 to ${name}`, () => {
    const response = new SessionClient().ask(
      "SETUP",
      `${SERVER_URL}/trackID=0`,
      `Transport: ${transport}`,
    );
    assert.equal(response.status, 461);
  });
}

test("ServerSession takes TCP where it is the second way offered", () => {
  const both = "Transport: RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;interleaved=0-1";
  assert.equal(new SessionClient().ask("SETUP", `${SERVER_URL}/trackID=0`, both).status, 200);
});

test("ServerSession answers 400 to a SETUP without a good Transport, and goes on", () => {
  const client = new SessionClient();
  assert.equal(client.ask("SETUP", `${SERVER_URL}/trackID=0`).status, 400);
  const bad = "Transport: RTP/AVP/TCP;interleaved=0-999";
  assert.equal(client.ask("SETUP", `${SERVER_URL}/trackID=0`, bad).status, 400);
  assert.equal(client.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP).status, 200);
  assert.equal(client.session.badRequests, 2);
});

test("ServerSession answers 404 to a track that is not there, and 459 to none of several", () => {
  const client = new SessionClient();
  assert.equal(client.ask("SETUP", `${SERVER_URL}/trackID=2`, TCP).status, 404);
  assert.equal(client.ask("SETUP", SERVER_URL, TCP).status, 459);
});

test("ServerSession answers 455 to SETUP while playing, and to that of another source", () => {
  const client = new SessionClient();
  client.sources = { ...client.sources, "/other": SOURCE };
  const session = sessionOf(client.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP));
  assert.equal(client.ask("SETUP", "rtsp://h/other/trackID=0", TCP, session).status, 455);
  client.ask("PLAY", SERVER_URL, session);
  assert.equal(client.ask("SETUP", `${SERVER_URL}/trackID=1`, TCP, session).status, 455);
});

test("ServerSession answers 454 to a wrong session, and to PLAY without one", () => {
  const client = new SessionClient();
  assert.equal(client.ask("PLAY").status, 454);
  const session = sessionOf(client.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP));
  for (const method of ["PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER", "DESCRIBE"]) {
    assert.equal(client.ask(method, SERVER_URL, "Session: 0000000000000000").status, 454, method);
  }
  assert.equal(client.ask("PLAY", SERVER_URL).status, 454);
  assert.equal(client.ask("PLAY", "rtsp://h/other", session).status, 404);
});

test("ServerSession takes GET_PARAMETER and SET_PARAMETER as signs of life", () => {
  const client = new SessionClient();
  const session = client.play();
  assert.match(
    client.ask("GET_PARAMETER", SERVER_URL, session).headers.get("Session") ?? "",
    /timeout=60/,
  );
  assert.equal(client.ask("SET_PARAMETER", SERVER_URL, `${session};timeout=60`).status, 200);
  assert.equal(client.ask("PLAY", SERVER_URL, session).status, 200);
  assert.equal(client.events.filter(({ type }) => type === "play").length, 1);
});

test("ServerSession answers 501 to methods it has not, and 551 to options it has not", () => {
  const client = new SessionClient();
  assert.equal(client.ask("SING").status, 501);
  const response = client.ask("DESCRIBE", SERVER_URL, "Require: play.basic");
  assert.equal(response.status, 551);
  assert.equal(response.headers.get("Unsupported"), "play.basic");
});

test("ServerSession refuses with the challenges it is given, all but OPTIONS", () => {
  const challenges = ['Digest realm="a", nonce="b"', 'Basic realm="a"'];
  const client = new SessionClient({
    authorize: ({ headers }) => headers.get("Authorization") === "good" ? undefined : challenges,
  });
  assert.equal(client.ask("OPTIONS").status, 200);
  const refused = client.ask("DESCRIBE");
  assert.equal(refused.status, 401);
  assert.deepEqual(refused.headers.getAll("WWW-Authenticate"), challenges);
  assert.equal(client.ask("DESCRIBE", SERVER_URL, "Authorization: good").status, 200);
});

test("ServerSession answers 400 to a request without a good CSeq, and goes on", () => {
  const client = new SessionClient();
  for (const text of ["OPTIONS * RTSP/1.0\r\n\r\n", "OPTIONS * RTSP/1.0\r\nCSeq: x\r\n\r\n"]) {
    const [response] = client.send(text);
    assert.equal(response?.status, 400);
    assert.equal(response?.headers.get("CSeq"), undefined);
  }
  assert.equal(client.ask("OPTIONS").status, 200);
});

test("ServerSession answers 400 to what is no RTSP, and closes", () => {
  const client = new SessionClient();
  const [response] = client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.equal(response?.status, 400);
  const [closed] = client.events;
  assert.ok(closed?.type === "closed" && closed.reason === "protocol");
  assert.deepEqual(client.send(client.request("OPTIONS", "*")), []);
});

test("ServerSession answers more requests in one piece than bytes may wait", () => {
  const limits = { ...DEFAULT_MESSAGE_LIMITS, bufferedBytes: 70_000 };
  const client = new SessionClient({ limits });
  const requests = Array.from({ length: 1_500 }, () => client.request("OPTIONS", SERVER_URL));
  const text = requests.join("");
  assert.ok(text.length > limits.bufferedBytes);
  const statuses = client.send(text).map(({ status }) => status);
  assert.deepEqual(statuses, Array(1_500).fill(200));
});

test("ServerSession closes on a client that sends more than may wait for an answer", () => {
  const limits = { headBytes: 500, fields: 9, bodyBytes: 500, bufferedBytes: 1_000 };
  const client = new SessionClient({ limits });
  client.manual = true;
  client.send(client.request("DESCRIBE", SERVER_URL));
  client.send("x".repeat(1_000));
  assert.deepEqual(client.events.map(({ type }) => type), ["lookup"]);
  client.send("x");
  assert.ok(client.events.at(-1)?.type === "closed");
  client.session.found(client.now, SOURCE);
  assert.deepEqual(client.drain(), []);
});

test("ServerSession counts and ignores receiver reports and responses", () => {
  const client = new SessionClient();
  client.play();
  assert.deepEqual(client.send("$\x01\0\x04abcdRTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"), []);
  assert.equal(client.session.ignoredFrames, 1);
});

test("ServerSession closes on a client that is silent and does not play", () => {
  const client = new SessionClient();
  client.ask("OPTIONS");
  assert.equal(client.session.pollTimeout(), client.now + SESSION_TIMEOUT);
  client.session.handleTimeout(client.now + SESSION_TIMEOUT - 1);
  client.drain();
  assert.equal(client.events.length, 0);
  client.session.handleTimeout(client.now + SESSION_TIMEOUT);
  client.drain();
  const [closed] = client.events;
  assert.ok(closed?.type === "closed" && closed.reason === "timeout");
  assert.equal(client.session.pollTimeout(), undefined);
});

test("ServerSession leaves a client that plays, or waits for an answer, to TCP", () => {
  const client = new SessionClient();
  const session = client.play();
  assert.equal(client.session.pollTimeout(), undefined);
  client.ask("PAUSE", SERVER_URL, session);
  assert.equal(client.session.pollTimeout(), client.now + SESSION_TIMEOUT);
  client.manual = true;
  client.send(client.request("DESCRIBE", SERVER_URL));
  assert.equal(client.session.pollTimeout(), undefined);
});

test("ServerSession closes once, with the reason that came first", () => {
  const client = new SessionClient();
  client.session.handleEnd();
  client.session.close("local", "later");
  client.drain();
  assert.equal(client.events.length, 1);
  assert.ok(client.events[0]?.type === "closed" && client.events[0].reason === "peer");
});
