import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeSource } from "../../../tests/support/fake_source.ts";
import { MemoryUdp, type MemoryUdpSocket } from "../../../tests/support/memory_udp.ts";
import { VirtualClock } from "../../../tests/support/virtual_clock.ts";
import { concatBytes, fromHex } from "../../bytes/bytes.ts";
import { encodeMessage } from "../message.ts";
import { Playback } from "./playback.ts";
import { parseRequestUrl } from "./request_url.ts";
import { RtpPorts } from "./rtp_ports.ts";
import { UDP_BURST, UdpDelivery } from "./udp_delivery.ts";

const ADDRESS = "127.0.0.1";

/** Two tracks on channels 0 to 3, and the viewer's sockets for ports 5000 to 5003. */
async function start() {
  const udp = new MemoryUdp();
  const clock = new VirtualClock();
  const entropy = (length: number) => new Uint8Array(length);
  const playback = new Playback(parseRequestUrl("rtsp://h/a"), new FakeSource(), entropy);
  for (const index of [0, 1]) {
    const clientPorts = { rtp: 5000 + 2 * index, rtcp: 5001 + 2 * index };
    playback.setUp(index, { interleaved: undefined, clientPorts });
  }
  const sockets = [0, 1, 2, 3].map((i) => udp.bind({ address: ADDRESS, port: 5000 + i }));
  const ports = await RtpPorts.open(udp.openUdp, ADDRESS);
  const seen = { reports: 0 };
  const delivery = new UdpDelivery({
    ports,
    address: ADDRESS,
    tracks: playback.played,
    clock,
    onReport: () => seen.reports++,
  });
  return { udp, clock, sockets, ports, delivery, seen };
}

function frame(channel: number, ...bytes: readonly number[]): Uint8Array {
  return encodeMessage({ type: "interleaved", channel, payload: Uint8Array.from(bytes) });
}

/** Datagrams as lists of numbers. */
function received(socket: MemoryUdpSocket | undefined): number[][] {
  return (socket?.received ?? []).map(({ bytes }) => [...bytes]);
}

test("UdpDelivery sends each frame as a datagram to the port of its channel", async () => {
  const { clock, sockets, delivery, ports } = await start();
  delivery.push(concatBytes([frame(1, 9), frame(0, 1, 2), frame(0, 3), frame(2, 4)]));
  delivery.push(frame(3, 5));
  delivery.push(frame(8, 6));
  assert.ok(sockets.every((socket) => received(socket).length === 0), "not before the response");
  clock.pass(10);
  assert.deepEqual(sockets.map(received), [[[1, 2], [3]], [[9]], [[4]], [[5]]]);
  assert.equal(delivery.waitingBytes, 0);
  assert.equal(clock.timers, 0);
  const [rtp, rtcp] = sockets.map((socket) => socket.received[0]?.from.port);
  assert.deepEqual({ rtp, rtcp }, ports.ports);
});

test("UdpDelivery sends much at once evenly, and all of it in less than half a second", async () => {
  const { clock, sockets, delivery } = await start();
  const one = encodeMessage({ type: "interleaved", channel: 0, payload: new Uint8Array(1_200) });
  clock.pass(1_000);
  delivery.push(concatBytes(new Array(1_700).fill(one)));
  const perTick: number[] = [];
  for (let before = 0; delivery.waitingBytes > 0;) {
    clock.pass(5);
    const now = sockets[0]?.received.length ?? 0;
    perTick.push(1_204 * (now - before));
    before = now;
  }
  assert.ok(Math.max(...perTick) <= 2 * UDP_BURST, `${Math.max(...perTick)} bytes in 5 ms`);
  assert.ok(perTick.length < 100, `${perTick.length} ticks`);
  assert.equal(sockets[0]?.received.length, 1_700);
});

test("UdpDelivery tells of reports, on the ports of any track, until it is closed", async () => {
  const { sockets, delivery, seen, ports } = await start();
  const to = { address: ADDRESS, port: ports.ports.rtcp };
  const report = fromHex("80c90001 11223344");
  sockets[1]?.send(to, report);
  sockets[3]?.send(to, report);
  sockets[0]?.send(to, report);
  assert.equal(seen.reports, 2);
  delivery.close();
  sockets[1]?.send(to, report);
  assert.equal(seen.reports, 2);
});

test("UdpDelivery.finish() sends its frames at once, and what waits no more", async () => {
  const { clock, sockets, delivery } = await start();
  delivery.push(frame(0, 1));
  delivery.finish(concatBytes([frame(1, 2), frame(3, 3)]));
  assert.deepEqual(sockets.map(received), [[], [[2]], [], [[3]]]);
  clock.pass(50);
  assert.deepEqual(sockets.map(received), [[], [[2]], [], [[3]]]);
  assert.equal(clock.timers, 0);
});

test("UdpDelivery sends nothing more once it is closed", async () => {
  const { clock, sockets, delivery } = await start();
  delivery.push(frame(0, 1));
  delivery.close();
  clock.pass(1_000);
  assert.deepEqual([received(sockets[0]), clock.timers, delivery.waitingBytes], [[], 0, 0]);
});
