import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../bytes/bytes.ts";
import { RtpSender } from "./sender.ts";

/** SSRC, timestamp base just below 2³², sequence number just below 2¹⁶. */
const entropy = () => fromHex("11223344 fffffff0 fffe");

test("RtpSender begins where entropy says and counts sequence numbers round 2¹⁶", () => {
  const sender = new RtpSender(96, entropy);
  assert.equal(sender.ssrc, 0x11223344);
  const numbers = [1, 2, 3].map(() => sender.next(0, false, 10).sequenceNumber);
  assert.deepEqual(numbers, [0xfffe, 0xffff, 0]);
  assert.equal(sender.nextSequenceNumber, 1);
});

test("RtpSender wraps timestamps round 2³², however long the track has run", () => {
  const sender = new RtpSender(96, entropy);
  assert.equal(sender.rtpTimestamp(0), 0xfffffff0);
  assert.equal(sender.rtpTimestamp(0x10), 0);
  assert.equal(sender.rtpTimestamp(1000 * 2 ** 32 + 0x11), 1);
  assert.equal(sender.next(0x12, true, 1).timestamp, 2);
});

test("RtpSender reports packets and bytes of payload", () => {
  const sender = new RtpSender(96, entropy);
  sender.next(0, false, 1200);
  sender.next(0, true, 100);
  assert.deepEqual(sender.report(0x10, 1_700_000_000_000), {
    ssrc: 0x11223344,
    wallClock: 1_700_000_000_000,
    rtpTimestamp: 0,
    packetCount: 2,
    octetCount: 1300,
  });
});
