import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeLoudspeaker } from "../../../tests/support/fake_loudspeaker.ts";
import { FakeSource } from "../../../tests/support/fake_source.ts";
import { MemoryUdp } from "../../../tests/support/memory_udp.ts";
import { LIVE_URL, ServeClient } from "../../../tests/support/serve_client.ts";
import { encodeRtpPacket } from "../../rtp/packet.ts";
import { encodeMessage } from "../message.ts";
import { RtpPorts } from "./rtp_ports.ts";
import type { ServeOptions } from "./serve.ts";

const REQUIRE = "Require: www.onvif.org/ver20/backchannel";

async function start(transport: string, options: Partial<ServeOptions> = {}) {
  const loudspeaker = new FakeLoudspeaker();
  const source = Object.assign(new FakeSource(), {
    loudspeaker: () => Promise.resolve(loudspeaker),
  });
  const client = new ServeClient(65_536, { find: () => Promise.resolve(source), ...options });
  const url = `${LIVE_URL}/trackID=2`;
  const response = await client.ask("SETUP", url, `Transport: ${transport}`, REQUIRE);
  assert.equal(response.status, 200);
  client.session = response.headers.get("Session")?.split(";")[0] ?? "";
  assert.equal((await client.ask("PLAY")).status, 200);
  return { client, loudspeaker, source };
}

/** Silence, in µ-law. */
function packet(sequenceNumber: number): Uint8Array {
  const payload = Uint8Array.of(0xff);
  const common = { marker: false, payloadType: 0, timestamp: 0, ssrc: 7, payload };
  return encodeRtpPacket({ ...common, sequenceNumber });
}

test("serveRtsp() hands what the client says to the loudspeaker, from PLAY to PAUSE or TEARDOWN", async () => {
  const { client, loudspeaker, source } = await start("RTP/AVP/TCP;interleaved=0-1");
  const say = async (number: number) => {
    const payload = packet(number);
    await client.stream.write(encodeMessage({ type: "interleaved", channel: 0, payload }));
    await client.messages();
  };
  await say(1);
  assert.deepEqual([loudspeaker.said, loudspeaker.talkers, source.readers], [[0], 1, 1]);
  await client.ask("PAUSE");
  await say(2);
  assert.deepEqual([loudspeaker.said, loudspeaker.talkers, source.readers], [[0], 0, 0]);
  await client.ask("PLAY");
  await say(3);
  await client.ask("TEARDOWN");
  assert.deepEqual([loudspeaker.said, loudspeaker.talkers], [[0, 0], 0]);
});

test("serveRtsp() ends a talk with the connection and with the source", async () => {
  const first = await start("RTP/AVP/TCP");
  await first.client.stream.end();
  await first.client.result;
  assert.equal(first.loudspeaker.talkers, 0);
  const second = await start("RTP/AVP/TCP");
  second.source.end("peer");
  await second.client.stream.end();
  await second.client.result;
  assert.equal(second.loudspeaker.talkers, 0);
});

test("serveRtsp() hears a client by UDP, from its own port alone, as long as it plays", async () => {
  const udp = new MemoryUdp();
  const ports = await RtpPorts.open(udp.openUdp, "127.0.0.1");
  const transport = "RTP/AVP;unicast;client_port=5000-5001";
  const { client, loudspeaker } = await start(transport, { udp: ports });
  const [own, other] = [5_000, 5_002].map((port) => udp.bind({ address: "127.0.0.1", port }));
  const to = { address: "127.0.0.1", port: ports.ports.rtp };
  own?.send(to, packet(1));
  other?.send(to, packet(2));
  assert.deepEqual(loudspeaker.said, [0]);
  client.clock.pass(50_000);
  own?.send(to, packet(3));
  client.clock.pass(50_000);
  assert.ok(!client.stream.isOver, "who talks is there");
  await client.ask("TEARDOWN");
  own?.send(to, packet(4));
  assert.deepEqual([loudspeaker.said, loudspeaker.talkers], [[0, 0], 0]);
});
