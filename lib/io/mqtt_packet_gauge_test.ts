import assert from "node:assert/strict";
import { test } from "node:test";
import { PacketGauge } from "./mqtt_packet_gauge.ts";

const LIMIT = 300;

/** What the gauge says to a stream that comes in chunks of so many bytes. */
function gauge(hex: string, step: number): number | undefined {
  const gauge = new PacketGauge(LIMIT);
  const bytes = Uint8Array.fromHex(hex.replaceAll(" ", ""));
  for (let at = 0; at < bytes.length; at += step) {
    const tooLong = gauge.read(bytes.subarray(at, at + step));
    if (tooLong !== undefined) return tooLong;
  }
  return undefined;
}

const STREAMS: readonly [string, string, number | undefined][] = [
  ["short packets, empty ones among them", "20 02 00 00  d0 00  d0 00  40 02 00 01", undefined],
  ["a packet as long as the limit", `30 ac 02 ${"00".repeat(300)} d0 00`, undefined],
  ["a packet longer than the limit", `d0 00 30 ad 02 ${"00".repeat(301)}`, 301],
  ["the longest packet there is", "30 ff ff ff 7f", 268_435_455],
  ["a length that does not end, as nothing", "30 80 80 80 80 80 80 80 80", undefined],
];

for (const [name, hex, expected] of STREAMS) {
  test(`PacketGauge sees ${name}, however it is cut`, () => {
    for (const step of [1, 2, 3, 7, 1_000]) assert.equal(gauge(hex, step), expected, String(step));
  });
}
