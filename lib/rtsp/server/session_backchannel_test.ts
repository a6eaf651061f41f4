import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeLoudspeaker } from "../../../tests/support/fake_loudspeaker.ts";
import {
  CAMERA_PATH,
  SERVER_URL,
  SessionClient,
  sessionOf,
  SOURCE,
  TCP,
} from "../../../tests/support/session_client.ts";
import { concatBytes } from "../../bytes/bytes.ts";
import { parseSession } from "../../sdp/parse_session.ts";
import { encodeMessage } from "../message.ts";

const REQUIRE = "Require: www.onvif.org/ver20/backchannel";
const TALK_URL = `${SERVER_URL}/trackID=2`;
const TALK_TCP = "Transport: RTP/AVP/TCP;unicast;interleaved=4-5";

function withLoudspeaker(): { client: SessionClient; loudspeaker: FakeLoudspeaker } {
  const client = new SessionClient();
  const loudspeaker = new FakeLoudspeaker();
  client.loudspeaker = loudspeaker;
  return { client, loudspeaker };
}

function frame(channel: number, ...payload: number[]): Uint8Array {
  return encodeMessage({ type: "interleaved", channel, payload: Uint8Array.from(payload) });
}

test("ServerSession describes a backchannel to those who require it, and to nobody else", () => {
  const { client } = withLoudspeaker();
  const described = (...fields: string[]) => {
    const response = client.ask("DESCRIBE", SERVER_URL, ...fields);
    assert.equal(response.status, 200);
    return parseSession(new TextDecoder().decode(response.body)).media;
  };
  assert.deepEqual(described().map(({ direction }) => direction), [undefined, undefined]);
  const media = described(REQUIRE);
  assert.deepEqual(media.map(({ direction }) => direction), ["recvonly", "recvonly", "sendonly"]);
  const { kind, control, formats } = media[2] ?? assert.fail();
  assert.deepEqual([kind, control], ["audio", "trackID=2"]);
  assert.deepEqual(
    formats.map(({ payloadType, encoding, clockRate }) => [payloadType, encoding, clockRate]),
    [[0, "PCMU", 8_000], [8, "PCMA", 8_000]],
  );
  assert.deepEqual(
    client.events,
    [false, true].map((wantsLoudspeaker) => {
      return { type: "lookup", path: CAMERA_PATH, wantsLoudspeaker };
    }),
  );
});

test("ServerSession describes no backchannel where there is no loudspeaker", () => {
  const response = new SessionClient().ask("DESCRIBE", SERVER_URL, REQUIRE);
  assert.equal(response.status, 200);
  assert.doesNotMatch(new TextDecoder().decode(response.body), /sendonly|recvonly/);
});

test("ServerSession answers 551 to options it has not, and names those alone", () => {
  const { client } = withLoudspeaker();
  const response = client.ask("DESCRIBE", SERVER_URL, `${REQUIRE}, play.basic`, "Require: a.b");
  assert.equal(response.status, 551);
  assert.equal(response.headers.get("Unsupported"), "play.basic, a.b");
});

test("ServerSession hands on what comes on the backchannel while it plays", () => {
  const { client, loudspeaker } = withLoudspeaker();
  client.ask("DESCRIBE", SERVER_URL, REQUIRE);
  const session = sessionOf(client.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP));
  const agreed = client.ask("SETUP", TALK_URL, session, TALK_TCP, REQUIRE);
  assert.equal(agreed.headers.get("Transport"), "RTP/AVP/TCP;unicast;interleaved=4-5");
  client.session.handleBytes(client.now, frame(4, 1));
  assert.equal(client.ask("PLAY", SERVER_URL, session, REQUIRE).status, 200);
  const play = client.events.at(-1);
  assert.ok(play?.type === "play");
  assert.deepEqual([play.tracks.length, play.backchannel?.loudspeaker], [1, loudspeaker]);
  // Several in one piece, whose buffer is used again.
  const frames = [frame(4, 2), frame(5, 3), frame(1, 4), frame(4, 5)];
  client.session.handleBytes(client.now, concatBytes(frames));
  client.session.handleBytes(client.now, frame(4, 6));
  client.drain();
  const heard = client.events.flatMap((event) => event.type === "heard" ? [...event.packet] : []);
  assert.deepEqual(heard, [2, 5, 6]);
  assert.equal(client.session.ignoredFrames, 3);
  assert.equal(client.ask("TEARDOWN", SERVER_URL, session).status, 200);
  assert.equal(client.events.at(-1)?.type, "stop");
});

test("ServerSession plays a backchannel alone, and watches over its client", () => {
  const { client } = withLoudspeaker();
  const session = sessionOf(client.ask("SETUP", TALK_URL, TALK_TCP, REQUIRE));
  const response = client.ask("PLAY", SERVER_URL, session);
  assert.deepEqual([response.status, response.headers.get("RTP-Info")], [200, undefined]);
  assert.ok(client.session.pollTimeout() !== undefined);
});

test("ServerSession has no backchannel to set up for those who did not require it", () => {
  const { client } = withLoudspeaker();
  client.ask("DESCRIBE");
  assert.equal(client.ask("SETUP", TALK_URL, TALK_TCP).status, 404);
});

test("ServerSession answers 453 to a second talker, who may look all the same", () => {
  const { client, loudspeaker } = withLoudspeaker();
  loudspeaker.isBusy = true;
  client.ask("DESCRIBE", SERVER_URL, REQUIRE);
  const session = sessionOf(client.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP));
  assert.equal(client.ask("SETUP", TALK_URL, session, TALK_TCP).status, 453);
  assert.equal(client.ask("PLAY", SERVER_URL, session).status, 200);
  loudspeaker.isBusy = false;
  client.ask("PAUSE", SERVER_URL, session);
  assert.equal(client.ask("SETUP", TALK_URL, session, TALK_TCP).status, 200);
});

test("ServerSession agrees on UDP for a backchannel, with ports of its own", () => {
  const udp = { serverPorts: { rtp: 6000, rtcp: 6001 }, source: "127.0.0.1", peer: "127.0.0.9" };
  const client = new SessionClient({ udp });
  client.sources = { [CAMERA_PATH]: SOURCE };
  client.loudspeaker = new FakeLoudspeaker();
  const transport = "Transport: RTP/AVP;unicast;client_port=5000-5001";
  const response = client.ask("SETUP", TALK_URL, transport, REQUIRE);
  assert.equal(
    response.headers.get("Transport"),
    "RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001;source=127.0.0.1",
  );
  const session = sessionOf(response);
  // All tracks go the same way.
  assert.equal(client.ask("SETUP", `${SERVER_URL}/trackID=0`, TCP, session).status, 461);
});
