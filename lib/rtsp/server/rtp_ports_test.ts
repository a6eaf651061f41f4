import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryUdp } from "../../../tests/support/memory_udp.ts";
import { fromHex } from "../../bytes/bytes.ts";
import { RtpPorts } from "./rtp_ports.ts";

const HOST = "127.0.0.1";
const RECEIVER_REPORT = fromHex("80c90001 11223344");

for (
  const { free, ports } of [
    { free: [6000], ports: { rtp: 6000, rtcp: 6001 } },
    { free: [6001], ports: { rtp: 6000, rtcp: 6001 } },
    { free: [5000, 5003, 6000], ports: { rtp: 6000, rtcp: 6001 } },
  ]
) {
  test(`RtpPorts.open() opens an even port and the next where ${free} are offered`, async () => {
    const udp = new MemoryUdp();
    udp.bind({ address: HOST, port: 5001 });
    udp.bind({ address: HOST, port: 5002 });
    udp.freePorts = [...free];
    const opened = await RtpPorts.open(udp.openUdp, HOST);
    assert.deepEqual(opened.ports, ports);
    assert.equal(udp.open, 4);
    opened.close();
    assert.equal(udp.open, 2);
  });
}

test("RtpPorts.open() gives up where no two ports lie side by side, and leaves none open", async () => {
  const udp = new MemoryUdp();
  udp.bind({ address: HOST, port: 5001 });
  udp.freePorts = new Array(100).fill(5000);
  await assert.rejects(RtpPorts.open(udp.openUdp, HOST), /Cannot listen/);
  assert.equal(udp.open, 1);
});

test("RtpPorts sends RTP from one port and RTCP from the other", async () => {
  const udp = new MemoryUdp();
  udp.freePorts = [6000];
  const ports = await RtpPorts.open(udp.openUdp, HOST);
  const viewer = udp.bind({ address: HOST, port: 5000 });
  ports.send("rtp", viewer.local, Uint8Array.of(1));
  ports.send("rtcp", viewer.local, Uint8Array.of(2));
  assert.deepEqual(viewer.received.map(({ from, bytes }) => [from.port, bytes[0]]), [
    [6000, 1],
    [6001, 2],
  ]);
});

test("RtpPorts tells of reports of the viewer they come from, and of nothing else", async () => {
  const udp = new MemoryUdp();
  const ports = await RtpPorts.open(udp.openUdp, HOST);
  const [rtcp, rtp] = [ports.ports.rtcp, ports.ports.rtp].map((port) => ({ address: HOST, port }));
  assert.ok(rtcp && rtp);
  const viewer = udp.bind({ address: HOST, port: 5001 });
  const stranger = udp.bind({ address: "127.0.0.2", port: 5001 });
  let [first, second] = [0, 0];
  const stopFirst = ports.listen(viewer.local, () => first++);
  const stopSecond = ports.listen(viewer.local, () => second++);
  viewer.send(rtcp, RECEIVER_REPORT);
  viewer.send(rtp, RECEIVER_REPORT);
  for (const hex of ["", "80c9", "00000000", "81cb000111223344"]) viewer.send(rtcp, fromHex(hex));
  stranger.send(rtcp, RECEIVER_REPORT);
  assert.deepEqual([first, second, ports.strays], [1, 1, 5]);
  stopFirst();
  viewer.send(rtcp, RECEIVER_REPORT);
  stopSecond();
  viewer.send(rtcp, RECEIVER_REPORT);
  assert.deepEqual([first, second, ports.strays], [1, 2, 6]);
});

test("RtpPorts has room again in a moment, once much was sent", async () => {
  const udp = new MemoryUdp();
  const ports = await RtpPorts.open(udp.openUdp, HOST);
  const to = { address: HOST, port: 5000 };
  let sent = 0;
  for (; ports.hasRoom(1_000); sent += 60_000) ports.send("rtp", to, new Uint8Array(60_000));
  assert.ok(sent >= 512 * 1024 && sent < 600 * 1024, `${sent}`);
  assert.ok(!ports.hasRoom(1_000));
  assert.ok(ports.hasRoom(1_005));
});
