import assert from "node:assert/strict";
import { test } from "node:test";
import { but, frame, latin1, playing, response, rtp } from "../../../tests/support/camera_world.ts";
import { MAX_WAITING_ANSWERS, REQUEST_TIMEOUT } from "./session.ts";
import { MAX_JUNK_BYTES } from "../frame_sync.ts";
import { DEFAULT_MESSAGE_LIMITS } from "../message_reader.ts";

test("ClientSession answers the requests of a camera", () => {
  const world = playing();
  world.send("OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\nANNOUNCE * RTSP/1.0\r\n\r\n");
  const [options, announce] = world.answers;
  assert.ok(options?.type === "response" && announce?.type === "response");
  assert.deepEqual([options.status, options.headers.get("CSeq")], [200, "9"]);
  assert.equal(announce.status, 501);
  assert.equal(world.end(), undefined);
  world.send("TEARDOWN * RTSP/1.0\r\nCSeq: 10\r\n\r\n");
  assert.equal(world.end()?.reason, "peer");
});

test("ClientSession answers no more requests at once than may wait", () => {
  const world = playing();
  world.session.handleBytes(
    world.now,
    latin1("OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n".repeat(1_000)),
  );
  world.settle();
  assert.equal(world.answers.length, MAX_WAITING_ANSWERS);
  assert.equal(world.session.counters.serverRequests, 1_000);
});

test("ClientSession takes more packets in one piece than bytes may wait", () => {
  const world = playing();
  const packet = frame(0, rtp(1) + "\0".repeat(1_000));
  const count = Math.ceil(2 * DEFAULT_MESSAGE_LIMITS.bufferedBytes / packet.length);
  world.send(packet.repeat(count));
  assert.deepEqual([world.end(), world.packets.length], [undefined, count]);
});

const JUNK = [
  { name: "bytes of zero", junk: "\0\0\0\0\0" },
  { name: "the rest of a packet", junk: "abc$defg RTSP/2 OPTION " },
  { name: "a dollar sign and a channel not agreed on", junk: "$\x09\xff\xffabc" },
  { name: "a dollar sign on an agreed channel, and no RTP", junk: "$\x00\xff\xff\x00bc" },
  { name: "many dollar signs", junk: "$".repeat(70_000) },
  { name: "what looks like a frame, but for what follows", junk: "\0$\x00\x00\x05\x80abcd\x01" },
];

for (const { name, junk } of JUNK) {
  test(`ClientSession finds the next packet behind ${name}`, () => {
    const world = playing();
    world.send(frame(0, rtp(1)) + junk);
    world.send(frame(0, rtp(2)) + frame(2, rtp(3)) + frame(0, rtp(4)) + "\r\n");
    assert.deepEqual(world.packets, ["0 rtp 1", "0 rtp 2", "1 rtp 3", "0 rtp 4"]);
    const { bytes, times } = world.session.junk;
    assert.ok(bytes > 0 && bytes <= junk.length && times === 1);
  });

  test(`ClientSession finds the next response behind ${name}, byte by byte`, () => {
    const world = playing(but("GET_PARAMETER", () => undefined));
    world.pass(20_000);
    const some = junk.slice(0, 200);
    for (const char of `${some}${response("200 OK")}${frame(0, rtp(1))}`) world.send(char);
    world.pass(REQUEST_TIMEOUT);
    assert.deepEqual([world.end(), world.packets], [undefined, ["0 rtp 1"]]);
  });
}

test("ClientSession passes over frames of channels not agreed on, and packets that are none", () => {
  const world = playing();
  const odd = frame(8, "anything at all") + frame(0, "\x00 no RTP at all") + frame(0, "\x80\x60");
  world.send(odd + frame(0, rtp(1)));
  assert.deepEqual(world.packets, ["0 rtp 1"]);
  const { unknownFrames, badPackets } = world.session.counters;
  assert.deepEqual([unknownFrames, badPackets, world.session.junk.bytes], [1, 2, 0]);
});

test("ClientSession leaves header fields out that are none", () => {
  const world = playing(but("PLAY", () => response("200  OK", ["no field", "\x01: x", " folded"])));
  assert.equal(world.end(), undefined);
});

test("ClientSession ends where nothing but rubbish comes", () => {
  const world = playing();
  const piece = "\0".repeat(65_536);
  for (let sent = 0; sent <= MAX_JUNK_BYTES; sent += piece.length) world.send(piece);
  assert.equal(world.end()?.reason, "protocol");
});

test("ClientSession ends on a response larger than it may be", () => {
  const large = playing();
  large.send("RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n");
  assert.equal(large.end()?.reason, "protocol");
  const endless = playing();
  endless.send(`RTSP/1.0 200 OK\r\n${"A: b\r\n".repeat(10_000)}`);
  assert.equal(endless.end()?.reason, "protocol");
});
