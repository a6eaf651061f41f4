import assert from "node:assert/strict";
import { test } from "node:test";
import { picture, sound } from "../../../tests/support/fake_source.ts";
import { MemoryUdp, type MemoryUdpSocket } from "../../../tests/support/memory_udp.ts";
import { LIVE_URL, ServeClient } from "../../../tests/support/serve_client.ts";
import { settled } from "../../../tests/support/virtual_clock.ts";
import { fromHex } from "../../bytes/bytes.ts";
import { decodeRtpPacket } from "../../rtp/packet.ts";
import { decodeRtcp, RTCP_TYPE } from "../../rtp/rtcp.ts";
import { RtpPorts } from "./rtp_ports.ts";
import type { ServeOptions } from "./serve.ts";
import { SESSION_TIMEOUT } from "./session.ts";

const UDP = [
  "RTP/AVP;unicast;client_port=5000-5001",
  "RTP/AVP;unicast;client_port=5002-5003",
] as const;

/** A client, its four sockets, and the ports of the server. */
async function start(options: Partial<ServeOptions> = {}) {
  const udp = new MemoryUdp();
  const ports = await RtpPorts.open(udp.openUdp, "127.0.0.1");
  const client = new ServeClient(65_536, { udp: ports, ...options });
  const sockets = [0, 1, 2, 3].map((i) => udp.bind({ address: "127.0.0.1", port: 5000 + i }));
  const report = () =>
    sockets[1]?.send(
      { address: "127.0.0.1", port: ports.ports.rtcp },
      fromHex("80c90001 11223344"),
    );
  return { udp, ports, client, sockets, report };
}

function count(sockets: readonly MemoryUdpSocket[]): number[] {
  return sockets.map(({ received }) => received.length);
}

test("serveRtsp() sends media by UDP, what the source has at hand first", async () => {
  const { client, sockets } = await start();
  client.source.group = [picture(1, true, 3_000), sound(1), picture(1.04, false)];
  await client.play(UDP);
  client.source.send(picture(1.08, false));
  client.clock.pass(50);
  await settled();
  assert.deepEqual(count(sockets), [5, 1, 1, 1]);
  const packets = sockets[0]?.received.map(({ bytes }) => decodeRtpPacket(bytes)) ?? [];
  const first = packets[0]?.sequenceNumber ?? 0;
  assert.deepEqual(packets.map(({ sequenceNumber }) => sequenceNumber - first), [0, 1, 2, 3, 4]);
  assert.deepEqual((await client.messages()).length, 0, "nothing goes over the connection");
});

test("serveRtsp() sends nothing by UDP after PAUSE, TEARDOWN or the end of the connection", async () => {
  const { client, sockets, ports } = await start();
  await client.play(UDP);
  for (const method of ["PAUSE", "PLAY", "TEARDOWN"]) await client.ask(method);
  client.source.send(picture(1, true));
  client.clock.pass(50);
  assert.deepEqual(count(sockets), [0, 0, 0, 0]);
  const other = await start();
  await other.client.play(UDP);
  other.client.source.send(picture(1, true));
  await other.client.stream.end();
  await other.client.result;
  other.client.clock.pass(50);
  assert.deepEqual(count(other.sockets), [0, 0, 0, 0]);
  assert.equal(ports.strays, 0);
});

test("serveRtsp() says goodbye by UDP when its source ends, and when the server stops", async () => {
  for (const end of ["source", "server"] as const) {
    const { client, sockets } = await start();
    await client.play(UDP);
    client.source.send(picture(1, true));
    client.clock.pass(50);
    if (end === "source") client.source.end("peer");
    else client.stop.abort();
    const last = [sockets[1], sockets[3]].map((socket) => socket?.received.at(-1)?.bytes);
    for (const bytes of last) {
      assert.equal(decodeRtcp(bytes ?? new Uint8Array()).at(-1)?.type, RTCP_TYPE.bye);
    }
  }
});

test("serveRtsp() goes on for a viewer by UDP as long as its reports come", async () => {
  const { client, report, ports } = await start();
  await client.play(UDP);
  for (let minute = 0; minute < 5; minute++) {
    client.clock.pass(SESSION_TIMEOUT - 1_000);
    report();
  }
  assert.equal(client.source.readers, 1);
  client.clock.pass(SESSION_TIMEOUT + 2_000);
  assert.equal((await client.result).reason, "timeout");
  assert.equal(client.source.readers, 0);
  report();
  assert.equal(ports.strays, 1, "nobody listens any more");
  assert.equal(client.clock.timers, 0);
});

test("serveRtsp() leaves out what a viewer by UDP cannot take in time", async () => {
  const { client, sockets } = await start({ maxMediaBytes: 20_000 });
  await client.play(UDP);
  for (let i = 0; i < 100; i++) client.source.send(picture(i / 25, i % 25 === 0, 1_000));
  client.clock.pass(500);
  const [pictures = 0] = count(sockets);
  assert.ok(pictures >= 15 && pictures <= 20, `${pictures} pictures`);
  await client.stream.end();
  const { sent, dropped } = await client.result;
  assert.equal(sent + dropped, 100);
});

test("serveRtsp() answers 461 to UDP where it has no ports for it", async () => {
  const client = new ServeClient();
  const response = await client.ask("SETUP", `${LIVE_URL}/trackID=0`, `Transport: ${UDP[0]}`);
  assert.equal(response.status, 461);
});

const SECRET = "s3cret";
const USERS = [{ user: "viewer", password: { reveal: () => SECRET } }];

test("serveRtsp() lets in users of its list alone, and asks nobody where it has none", async () => {
  const client = new ServeClient(65_536, { users: USERS });
  const refused = await client.ask("DESCRIBE");
  assert.equal(refused.status, 401);
  assert.equal(refused.headers.getAll("WWW-Authenticate").length, 3);
  const basic = `Authorization: Basic ${btoa(`viewer:${SECRET}`)}`;
  assert.equal((await client.ask("DESCRIBE", LIVE_URL, basic)).status, 200);
  assert.equal((await new ServeClient().ask("DESCRIBE")).status, 200);
});
