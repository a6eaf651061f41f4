import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeALaw } from "../../media/g711.ts";
import type { Talker } from "../../media/source.ts";
import { encodeRtpPacket, type RtpPacket } from "../../rtp/packet.ts";
import { Speech } from "./speech.ts";

class Listener implements Talker {
  readonly said: number[] = [];
  hasEnded = false;

  say(samples: Int16Array): void {
    this.said.push(...samples);
  }

  end(): void {
    this.hasEnded = true;
  }
}

function packet(sequenceNumber: number, more: Partial<RtpPacket> = {}): Uint8Array {
  const payload = encodeALaw(Int16Array.of(8, 8));
  const common = { marker: false, payloadType: 8, timestamp: 0, ssrc: 7, payload };
  return encodeRtpPacket({ ...common, sequenceNumber, ...more });
}

test("Speech says A-law and µ-law as samples", () => {
  const listener = new Listener();
  const speech = new Speech(listener);
  speech.hear(packet(1));
  speech.hear(packet(2, { payloadType: 0, payload: Uint8Array.of(0x80, 0x00, 0xff) }));
  assert.deepEqual(listener.said, [8, 8, 32_124, -32_124, 0]);
  speech.end();
  assert.ok(listener.hasEnded);
});

test("Speech leaves out what comes twice or late, and goes on over a wrap and a new sender", () => {
  const speech = new Speech(new Listener());
  for (const number of [65_534, 65_535, 65_535, 0, 65_534, 3, 1]) speech.hear(packet(number));
  assert.deepEqual([speech.packets, speech.ignored], [4, 3]);
  speech.hear(packet(2, { ssrc: 8 }));
  speech.hear(packet(40_000, { ssrc: 8 }));
  speech.hear(packet(30_000, { ssrc: 8 }));
  assert.deepEqual([speech.packets, speech.ignored], [7, 3]);
});

test("Speech counts what is no packet, no sound or of no format offered", () => {
  const speech = new Speech(new Listener());
  speech.hear(new Uint8Array(5));
  speech.hear(packet(1, { payloadType: 96 }));
  speech.hear(packet(2, { payload: new Uint8Array() }));
  assert.deepEqual([speech.packets, speech.ignored], [0, 3]);
});
