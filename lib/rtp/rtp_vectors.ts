/** RTP and RTCP packets as hex and value; for tests and as seeds of the fuzzer. @module */

import { fromHex } from "../bytes/bytes.ts";
import type { RtpPacket } from "./packet.ts";
import { RTCP_TYPE, type RtcpPacket } from "./rtcp.ts";

export interface RtpVector {
  readonly name: string;
  readonly hex: string;
  readonly value: RtpPacket;
  /** Whether encoding `value` gives `hex` again: not with fields that are read over. */
  readonly encodes: boolean;
}

const HEADER = { marker: false, payloadType: 96, sequenceNumber: 1, timestamp: 3000 };

export const RTP_VECTORS: readonly RtpVector[] = [
  {
    name: "a packet without marker",
    hex: "80 60 0001 00000bb8 11223344 65888400",
    value: { ...HEADER, ssrc: 0x11223344, payload: fromHex("65888400") },
    encodes: true,
  },
  {
    name: "a packet with marker and all counters at their end",
    hex: "80 ff ffff ffffffff ffffffff 00",
    value: {
      marker: true,
      payloadType: 127,
      sequenceNumber: 0xffff,
      timestamp: 0xffffffff,
      ssrc: 0xffffffff,
      payload: fromHex("00"),
    },
    encodes: true,
  },
  {
    name: "a packet without payload",
    hex: "80 60 0001 00000bb8 11223344",
    value: { ...HEADER, ssrc: 0x11223344, payload: new Uint8Array(0) },
    encodes: true,
  },
  {
    name: "a packet with one CSRC, header extension and padding",
    hex: "b1 60 0001 00000bb8 11223344 55667788 bede 0001 10aa0000 4142 0002",
    value: { ...HEADER, ssrc: 0x11223344, payload: fromHex("4142") },
    encodes: false,
  },
  {
    name: "a packet of nothing but padding",
    hex: "a0 60 0001 00000bb8 11223344 00000004",
    value: { ...HEADER, ssrc: 0x11223344, payload: new Uint8Array(0) },
    encodes: false,
  },
];

/** Packets that must be refused. */
export const BAD_RTP: readonly { readonly name: string; readonly hex: string }[] = [
  { name: "nothing", hex: "" },
  { name: "a header cut short", hex: "80 60 0001 00000bb8 112233" },
  { name: "version 1", hex: "40 60 0001 00000bb8 11223344" },
  { name: "CSRCs cut short", hex: "82 60 0001 00000bb8 11223344 55667788" },
  { name: "an extension cut short", hex: "90 60 0001 00000bb8 11223344 bede 0002 10aa0000" },
  { name: "padding longer than the packet", hex: "a0 60 0001 00000bb8 11223344 0003" },
  { name: "padding of no length", hex: "a0 60 0001 00000bb8 11223344 4100" },
  { name: "padding of a packet without payload", hex: "a0 60 0001 00000bb8 11223344" },
];

export interface RtcpVector {
  readonly name: string;
  readonly hex: string;
  readonly value: readonly RtcpPacket[];
}

export const RTCP_VECTORS: readonly RtcpVector[] = [
  {
    name: "a sender report and a canonical name",
    // SSRC · NTP seconds and fraction · RTP timestamp · packets · bytes · then SSRC, CNAME "abc"
    hex: "80c8 0006 11223344 e1234567 80000000 00000bb8 00000001 00000064" +
      "81ca 0003 11223344 0103 616263 000000",
    value: [
      {
        type: RTCP_TYPE.senderReport,
        count: 0,
        body: fromHex("11223344 e1234567 80000000 00000bb8 00000001 00000064"),
      },
      { type: RTCP_TYPE.sdes, count: 1, body: fromHex("11223344 0103 616263 000000") },
    ],
  },
  {
    name: "an empty receiver report and a goodbye",
    hex: "80c9 0001 11223344 81cb 0001 11223344",
    value: [
      { type: RTCP_TYPE.receiverReport, count: 0, body: fromHex("11223344") },
      { type: RTCP_TYPE.bye, count: 1, body: fromHex("11223344") },
    ],
  },
];

/** Compounds that must be refused. */
export const BAD_RTCP: readonly { readonly name: string; readonly hex: string }[] = [
  { name: "a header cut short", hex: "80c9 00" },
  { name: "a body cut short", hex: "80c9 0002 11223344" },
  { name: "version 3", hex: "c0c9 0001 11223344" },
];
