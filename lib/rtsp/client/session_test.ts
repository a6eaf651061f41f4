import assert from "node:assert/strict";
import { test } from "node:test";
import {
  but,
  CAMERA_SDP,
  CAMERA_URL,
  CameraWorld,
  frame,
  GOOD,
  latin1,
  playing,
  response,
  rtp,
  SECRET,
} from "../../../tests/support/camera_world.ts";
import { ClientSession, REQUEST_TIMEOUT, TEARDOWN_TIMEOUT } from "./session.ts";

test("ClientSession asks, describes, sets up the tracks wanted, and plays", () => {
  const world = playing();
  assert.deepEqual(world.methods, ["OPTIONS", "DESCRIBE", "SETUP", "SETUP", "PLAY"]);
  assert.deepEqual(world.requests.map(({ uri }) => uri), [
    ...[
      CAMERA_URL,
      CAMERA_URL,
      `${CAMERA_URL}/trackID=0`,
      `${CAMERA_URL}/trackID=1`,
      `${CAMERA_URL}/`,
    ],
  ]);
  const [, describe, first, second, play] = world.requests.map(({ headers }) => headers);
  assert.equal(describe?.get("Accept"), "application/sdp");
  assert.equal(first?.get("Transport"), "RTP/AVP/TCP;unicast;interleaved=0-1");
  assert.deepEqual([first?.get("Session"), second?.get("Session")], [undefined, "77"]);
  assert.equal(second?.get("Transport"), "RTP/AVP/TCP;unicast;interleaved=2-3");
  assert.deepEqual([play?.get("Session"), play?.get("Range")], ["77", "npt=0.000-"]);
});

test("ClientSession tells what is described, and where the tracks begin", () => {
  const info =
    `RTP-Info: url=${CAMERA_URL}/trackID=1;seq=2;rtptime=3,url=${CAMERA_URL}/trackID=0;seq=4`;
  const world = playing(but("PLAY", () => response("200 OK", [info])));
  const [described, begun] = world.events;
  assert.ok(described?.type === "described" && begun?.type === "playing");
  assert.deepEqual(described.session.media.map(({ kind }) => kind), ["video", "audio"]);
  assert.deepEqual(begun.tracks.map(({ index, channels, info }) => [index, channels.rtp, info]), [
    [0, 0, { url: `${CAMERA_URL}/trackID=0`, sequenceNumber: 4, timestamp: undefined }],
    [1, 2, { url: `${CAMERA_URL}/trackID=1`, sequenceNumber: 2, timestamp: 3 }],
  ]);
});

test("ClientSession takes RTP-Info by its order where the camera names other hosts", () => {
  const info = "RTP-Info: url=rtsp://192.168.1.1/0;seq=5,url=rtsp://192.168.1.1/1;seq=6";
  const world = playing(but("PLAY", () => response("200 OK", [info])));
  const begun = world.events.at(-1);
  assert.ok(begun?.type === "playing");
  assert.deepEqual(begun.tracks.map(({ info }) => info?.sequenceNumber), [5, 6]);
});

test("ClientSession passes on packets as they came, by track and kind", () => {
  const world = playing();
  world.send(frame(0, rtp(1)) + frame(3, "\x80\xc8\0\x01abcd") + frame(2, rtp(2)));
  assert.deepEqual(world.packets, ["0 rtp 1", "1 rtcp 100", "1 rtp 2"]);
  const packet = world.events.find(({ type }) => type === "packet");
  assert.ok(packet?.type === "packet");
  assert.deepEqual(packet.bytes, latin1(rtp(1)));
  assert.equal(world.session.counters.packets, 3);
});

test("ClientSession takes packets that come before the response to PLAY", () => {
  const world = new CameraWorld(but("PLAY", () => undefined));
  world.send(frame(0, rtp(1)) + response("200 OK"));
  assert.deepEqual(world.packets, ["0 rtp 1"]);
  assert.equal(world.events.at(-1)?.type, "playing");
});

test("ClientSession keeps to the channels the camera chose, and to its own where it names none", () => {
  const chosen = playing(but("SETUP", ({ headers }) => {
    const channels = headers.get("Transport")?.endsWith("0-1") ? "4-5" : "0-1";
    return response("200 OK", [`Transport: RTP/AVP/TCP;interleaved=${channels}`]);
  }));
  chosen.send(frame(4, rtp(1)) + frame(0, rtp(2)) + frame(2, rtp(3)));
  assert.deepEqual(chosen.packets, ["0 rtp 1", "1 rtp 2"]);
  assert.equal(chosen.session.counters.unknownFrames, 0, "cannot be told from rubbish yet");
  const silent = playing(but("SETUP", () => response("200 OK", ["Transport: what?"])));
  silent.send(frame(2, rtp(1)));
  assert.deepEqual(silent.packets, ["1 rtp 1"]);
});

test("ClientSession ends where two tracks come on one channel", () => {
  const same = ["Session: 1", "Transport: RTP/AVP/TCP;interleaved=0-1"];
  const world = new CameraWorld(but("SETUP", () => response("200 OK", same)));
  assert.equal(world.end()?.reason, "protocol");
});

test("ClientSession goes on without a track the camera will not set up", () => {
  const script = but("SETUP", (request) => {
    return request.uri.endsWith("0") ? response("461 Unsupported Transport") : GOOD(request);
  });
  const world = playing(script);
  const begun = world.events.at(-1);
  assert.ok(begun?.type === "playing");
  assert.deepEqual(begun.tracks.map(({ index }) => index), [1]);
  assert.equal(world.session.counters.refusedTracks, 1);
});

test("ClientSession ends where the camera will set up none of the tracks", () => {
  const world = new CameraWorld(but("SETUP", () => response("461 Unsupported Transport")));
  assert.deepEqual(world.end(), {
    type: "closed",
    reason: "protocol",
    detail: 'the camera answers SETUP with 461 "Unsupported Transport"',
    status: 461,
  });
});

const REFUSALS = [
  { status: "404 Not Found", reason: "unreachable" },
  { status: "403 Forbidden", reason: "auth" },
  { status: "453 Not Enough Bandwidth", reason: "peer" },
  { status: "503 Service Unavailable", reason: "peer" },
  { status: "400 Bad Request", reason: "protocol" },
];

for (const { status, reason } of REFUSALS) {
  test(`ClientSession ends with ${reason} where DESCRIBE is answered ${status}`, () => {
    const end = new CameraWorld(but("DESCRIBE", () => response(status))).end();
    assert.deepEqual([end?.reason, end?.status], [reason, Number.parseInt(status)]);
  });
}

test("ClientSession follows no redirection, and shows no password in it", () => {
  const location = `Location: rtsp://admin:${SECRET}@10.0.0.9/other`;
  const end = new CameraWorld(but("DESCRIBE", () => response("302 Moved", [location]))).end();
  assert.equal(end?.reason, "protocol");
  assert.match(end?.detail ?? "", /302, a redirection to "rtsp:\/\/10.0.0.9\/other", which is not/);
});

test("ClientSession takes a setUp() that comes too late", () => {
  const world = new CameraWorld(but("DESCRIBE", () => {
    return `${response("200 OK", [], CAMERA_SDP)}TEARDOWN * RTSP/1.0\r\nCSeq: 1\r\n\r\n`;
  }));
  assert.deepEqual(world.events.map(({ type }) => type), ["described", "closed"]);
  assert.equal(world.methods.at(-1), "DESCRIBE");
});

test("ClientSession does not mind a camera that has no OPTIONS", () => {
  playing(but("OPTIONS", () => response("501 Not Implemented")));
});

test("ClientSession ends where the description cannot be read", () => {
  const end = new CameraWorld(but("DESCRIBE", () => response("200 OK", [], "<html></html>"))).end();
  assert.equal(end?.reason, "protocol");
});

test("ClientSession.setUp() throws for tracks that are not there, twice, none, or too early", () => {
  const early = new ClientSession(0, {
    url: CAMERA_URL,
    credentials: undefined,
    entropy: () => latin1(""),
  });
  assert.throws(() => early.setUp(0, [0]), RangeError);
  for (const tracks of [[], [2], [-1], [0, 0]]) {
    const world = new CameraWorld(but("DESCRIBE", () => undefined));
    world.tracks = tracks;
    const answer = response("200 OK", [], CAMERA_SDP);
    assert.throws(() => world.send(answer), RangeError);
  }
});

test("ClientSession keeps the session alive at half of its timeout", () => {
  const world = playing();
  world.pass(65_000);
  assert.deepEqual(world.methods.slice(5), ["GET_PARAMETER", "GET_PARAMETER", "GET_PARAMETER"]);
  const last = world.requests.at(-1);
  assert.deepEqual([last?.uri, last?.headers.get("Session")], [`${CAMERA_URL}/`, "77"]);
});

test("ClientSession keeps to a timeout that only one response names", () => {
  for (const last of ["SETUP", "PLAY"]) {
    let setUps = 0;
    const world = playing((request) => {
      if (request.method === "SETUP") setUps++;
      const names = request.method === last && (last === "PLAY" || setUps === 1);
      return ["SETUP", "PLAY"].includes(request.method)
        ? response("200 OK", [`Session: 77${names ? ";timeout=10" : ""}`])
        : GOOD(request);
    });
    world.pass(5_000);
    assert.equal(world.methods.at(-1), "GET_PARAMETER", last);
  }
});

test("ClientSession keeps alive by OPTIONS where there is no GET_PARAMETER", () => {
  const without = playing(but("OPTIONS", () => response("200 OK", ["Public: DESCRIBE, PLAY"])));
  without.pass(20_000);
  assert.equal(without.methods.at(-1), "OPTIONS");
  const broken = playing(but("GET_PARAMETER", () => response("451 Parameter Not Understood")));
  broken.pass(40_000);
  assert.deepEqual(broken.methods.slice(-2), ["GET_PARAMETER", "OPTIONS"]);
  assert.equal(broken.end(), undefined);
});

test("ClientSession ends where the camera forgot its session", () => {
  const world = playing(but("GET_PARAMETER", () => response("454 Session Not Found")));
  world.pass(20_000);
  assert.deepEqual([world.end()?.reason, world.end()?.status], ["peer", 454]);
});

test("ClientSession ends with timeout where a request is not answered in time", () => {
  for (const method of ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER"]) {
    const world = new CameraWorld(but(method, () => undefined));
    world.pass(20_000 + REQUEST_TIMEOUT);
    assert.equal(world.end()?.reason, "timeout");
    assert.equal(world.end()?.detail, `the camera did not answer ${method} within 10 s`);
    assert.equal(world.session.pollTimeout(), undefined);
  }
});

test("ClientSession stays with a camera that answers no keep-alive but sends media", () => {
  const world = playing(but("GET_PARAMETER", () => undefined));
  world.pass(25_000);
  world.send(frame(0, rtp(1)));
  world.pass(16_000);
  assert.deepEqual(world.methods.slice(5), ["GET_PARAMETER", "OPTIONS"]);
  assert.equal(world.session.counters.unansweredKeepAlives, 1);
  assert.equal(world.end(), undefined);
});

test("ClientSession takes 1xx for no response, and one without number for the one it waits for", () => {
  const world = new CameraWorld(but("DESCRIBE", () => undefined));
  const cseq = world.requests.at(-1)?.headers.get("CSeq");
  world.send(response("100 Continue", [`CSeq: ${cseq}`]));
  world.send(response("200 OK", ["CSeq: 1"], "stray"));
  world.send(response("200 OK", [], CAMERA_SDP));
  assert.equal(world.events.at(-1)?.type, "playing");
  assert.equal(world.session.counters.strayResponses, 1);
});

test("ClientSession says goodbye, and is done when the camera answers, or leaves, or does not", () => {
  const answered = playing();
  answered.session.close(answered.now);
  answered.settle();
  assert.equal(answered.methods.at(-1), "TEARDOWN");
  assert.equal(answered.end()?.reason, "local");

  const silent = playing(but("TEARDOWN", () => undefined));
  silent.session.close(silent.now);
  silent.send(frame(0, rtp(1)));
  assert.deepEqual([silent.end(), silent.packets], [undefined, []]);
  silent.pass(TEARDOWN_TIMEOUT);
  assert.equal(silent.end()?.reason, "local");

  const gone = playing(but("TEARDOWN", () => undefined));
  gone.session.close(gone.now);
  gone.session.handleEnd();
  gone.settle();
  assert.equal(gone.end()?.reason, "local");
});

test("ClientSession has nobody to say goodbye to before there is a session", () => {
  const world = new CameraWorld(but("DESCRIBE", () => undefined));
  world.session.close(world.now);
  world.settle();
  assert.deepEqual([world.methods.at(-1), world.end()?.reason], ["DESCRIBE", "local"]);
});

test("ClientSession closes once, and takes nothing in after that", () => {
  const world = playing();
  world.session.handleEnd();
  world.session.handleEnd();
  world.send(frame(0, rtp(1)));
  assert.deepEqual(world.events.slice(2).map(({ type }) => type), ["closed"]);
  assert.equal(world.end()?.reason, "peer");
});
