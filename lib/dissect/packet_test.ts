import assert from "node:assert/strict";
import { test } from "node:test";
import {
  encodeIp,
  fragmentsOf,
  ipv6Bytes,
  LINK_RAW,
  tcpPacket,
  udpPacket,
} from "../../tests/support/packets.ts";
import { fromHex } from "../bytes/bytes.ts";
import type { CaptureFrame } from "../pcapng/frame.ts";
import { Fragments, MAX_FRAGMENTED, MAX_FRAGMENTS } from "./fragments.ts";
import { findIp } from "./ip_packet.ts";
import { IP_VECTORS } from "./ip_vectors.ts";
import { ipv6Text } from "./ipv6_text.ts";
import { PacketReader } from "./packet.ts";

function frame(bytes: Uint8Array, linkType = LINK_RAW, time = 0): CaptureFrame {
  return { number: 1, time, linkType, bytes, wireLength: bytes.byteLength, fileOffset: 0 };
}

const V4 = [{ address: "192.0.2.1", port: 5 }, { address: "192.0.2.2", port: 6 }] as const;
const V6 = [{ address: "2001:db8::1", port: 5 }, { address: "2001:db8::2", port: 6 }] as const;

for (const { name, hex, linkType, from, to, protocol, payload } of IP_VECTORS) {
  test(`findIp() finds the packet in ${name}`, () => {
    const bytes = fromHex(hex);
    const found = findIp(frame(bytes, linkType));
    assert.ok(found.type === "ip", JSON.stringify(found));
    assert.deepEqual([found.from, found.to, found.protocol], [from, to, protocol]);
    assert.deepEqual([found.payload, found.missing], [fromHex(payload), 0]);
    for (let length = 0; length < bytes.byteLength; length++) {
      findIp(frame(bytes.subarray(0, length), linkType));
    }
  });
}

test("findIp() tells frames that hold no IP from broken ones", () => {
  const arp = frame(fromHex("000000000001 000000000002 0806 0001"), 1);
  assert.deepEqual(findIp(arp), { type: "other", what: "ARP" });
  const old = frame(fromHex("000000000001 000000000002 0026 4242"), 1);
  assert.deepEqual(findIp(old), { type: "other", what: "IEEE 802.3 frame" });
  const broken = [
    [frame(fromHex("75")), "its IP version must be 4 or 6: is 7", 0],
    [frame(fromHex("4500")), "its headers need 20 bytes: have 2", 2],
    [frame(fromHex("44" + "00".repeat(19))), /20 bytes or more: has 16/, 0],
    [frame(fromHex("00"), 127), "link type 127 is not read", 0],
    [
      frame(fromHex(`60000000 0004 00 40 ${"00".repeat(32)} 1100000000000000`)),
      "its IPv6 headers must end within 44 bytes: need 48",
      4,
    ],
  ] as const;
  for (const [bad, rule, offset] of broken) {
    const found = findIp(bad);
    assert.ok(found.type === "bad");
    assert.equal(found.offset, offset);
    assert.match(found.rule, new RegExp(rule));
  }
});

test("ipv6Text() leaves out the first of the longest runs of zeros", () => {
  for (
    const text of ["::", "::1", "1::", "2001:db8::1:0:0:2", "1:0:2:3:4:5:6:7", "0:1:2:3:4:5:6:0"]
  ) assert.equal(ipv6Text(ipv6Bytes(text)), text);
  assert.equal(ipv6Text(fromHex("0001 0000 0000 0002 0000 0000 0003 0004")), "1::2:0:0:3:4");
});

for (const [name, [from, to]] of [["IPv4", V4], ["IPv6", V6]] as const) {
  test(`PacketReader puts fragments of ${name} together in any order`, () => {
    const payload = Uint8Array.from({ length: 3_000 }, (_, i) => i);
    const parts = fragmentsOf(udpPacket(from, to, payload), 7, 1_000);
    const [a, b, c, d] = parts;
    assert.ok(a && b && c && d && parts.length === 4);
    for (const order of [[a, b, c, d], [d, c, b, a], [b, b, d, a, c]]) {
      const reader = new PacketReader();
      const packets = order.map((bytes) => reader.read(frame(bytes)));
      const last = packets.at(-1);
      assert.deepEqual(last, { type: "udp", from, to, payload, missing: 0 });
      for (const packet of packets.slice(0, -1)) {
        assert.ok(packet.type === "ip" && /^fragment at \d+/.test(packet.what));
      }
    }
  });

  test(`PacketReader reads TCP over ${name}`, () => {
    const payload = fromHex("0102");
    const segment = { from, to, seq: 9, ack: 8, flags: 0x18, window: 7, payload };
    const packet = new PacketReader().read(frame(encodeIp(tcpPacket(segment))));
    assert.deepEqual(packet, { type: "tcp", ...segment, missing: 0 });
  });
}

test("PacketReader tells how much of a packet was not captured", () => {
  const bytes = encodeIp(udpPacket(...V4, new Uint8Array(100)));
  const packet = new PacketReader().read(frame(bytes.subarray(0, 60)));
  assert.ok(packet.type === "udp");
  assert.deepEqual([packet.payload.byteLength, packet.missing], [32, 68]);
});

test("PacketReader says which port could not be reached", () => {
  const icmp = (protocol: number, type: number, code: number) => {
    const [from, to] = protocol === 1 ? V4 : V6;
    const payload = Uint8Array.of(type, code, 0, 0);
    const bytes = encodeIp({ from: from.address, to: to.address, protocol, payload });
    const packet = new PacketReader().read(frame(bytes));
    return packet.type === "ip" ? packet.what : packet;
  };
  assert.equal(icmp(1, 3, 3), "ICMP unreachable: port");
  assert.equal(icmp(58, 1, 4), "ICMPv6 unreachable: port");
  assert.equal(icmp(1, 8, 0), "ICMP type 8 code 0");
});

test("PacketReader says what is wrong with a header, and where", () => {
  const read = (protocol: number, hex: string) => {
    const packet = { from: "192.0.2.1", to: "192.0.2.2", protocol, payload: fromHex(hex) };
    return new PacketReader().read(frame(encodeIp(packet)));
  };
  for (
    const [packet, offset, rule] of [
      [read(17, "0001"), 20, "its UDP header needs 8 bytes: have 2"],
      [read(17, "0001 0002 0007 0000"), 24, "its UDP length must be 8 to 8: is 7"],
      [read(17, "0001 0002 0009 0000"), 24, "its UDP length must be 8 to 8: is 9"],
      [read(6, "0001"), 20, "its TCP header needs 20 bytes: have 2"],
      [read(6, `${"00".repeat(12)} 40 ${"00".repeat(7)}`), 32, /20 bytes or more: has 16/],
      [read(6, `${"00".repeat(12)} 60 ${"00".repeat(7)}`), 20, /needs 24 bytes: have 20/],
    ] as const
  ) {
    assert.ok(packet.type === "bad");
    assert.equal(packet.offset, offset);
    assert.match(packet.rule, new RegExp(rule));
  }
});

function part(id: number, at: number, length: number, more: boolean) {
  const payload = new Uint8Array(length);
  const ends = { from: "192.0.2.1", to: "192.0.2.2", protocol: 17 };
  const packet = { type: "ip", ...ends, payload, offset: 20, missing: 0 } as const;
  return [packet, { id, at, more }] as const;
}

test("Fragments keeps so many packets that lack something", () => {
  const fragments = new Fragments();
  for (let id = 0; id < MAX_FRAGMENTED + 10; id++) fragments.add(...part(id, 0, 8, true), 0);
  assert.equal(fragments.size, MAX_FRAGMENTED);
  assert.equal(fragments.add(...part(MAX_FRAGMENTED, 8, 8, false), 0).type, "whole");
  assert.equal(fragments.add(...part(1, 8, 8, false), 0).type, "part");
});

test("Fragments refuses more fragments, more bytes and longer packets than there can be", () => {
  const fragments = new Fragments();
  const refused = (result: ReturnType<Fragments["add"]>) => {
    return result.type === "refused" ? result.rule : result.type;
  };
  for (let i = 0; i < MAX_FRAGMENTS; i++) fragments.add(...part(1, 8 * i, 8, true), 0);
  assert.match(refused(fragments.add(...part(1, 8, 8, true), 0)), /may have 256 fragments/);
  for (let i = 0; i < 2; i++) fragments.add(...part(2, 0, 60_000, true), 0);
  assert.match(refused(fragments.add(...part(2, 0, 60_000, true), 0)), /131070 bytes together/);
  assert.match(refused(fragments.add(...part(3, 65_528, 8, false), 0)), /within 65535 bytes/);
});

test("Fragments does not mix packets that had the same number a minute apart", () => {
  const fragments = new Fragments();
  fragments.add(...part(1, 0, 8, true), 0);
  assert.equal(fragments.add(...part(1, 8, 8, false), 60_001).type, "part");
  assert.equal(fragments.add(...part(1, 0, 8, true), 60_002).type, "whole");
});
