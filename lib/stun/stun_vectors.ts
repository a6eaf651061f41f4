/** Messages as hex and value; for tests in both directions and as seeds of the fuzzer. @module */

import { fromHex } from "../bytes/bytes.ts";
import { BINDING_REQUEST, BINDING_SUCCESS, type StunMessage } from "./message.ts";

export interface StunVector {
  readonly name: string;
  /** Not inverted. */
  readonly hex: string;
  readonly value: StunMessage;
}

const ID = "2112a442 4cfc10ecbed4ed5106454d99";
const TIE_BREAKER = fromHex("d49e67a82bd47e1e");

export const STUN_VECTORS: readonly StunVector[] = [
  {
    name: "a request with tie-breaker and address, from a capture",
    hex: `0001 0018 ${ID} 802a 0008 d49e67a82bd47e1e 0004 0008 0001 57ec defd2d9a`,
    value: {
      type: BINDING_REQUEST,
      transactionId: fromHex(ID),
      attributes: [
        { type: "ice-controlling", tieBreaker: TIE_BREAKER },
        { type: "source-address", endpoint: { address: "222.253.45.154", port: 22508 } },
      ],
    },
  },
  {
    name: "a success response",
    hex: `0101 0018 ${ID} 8029 0008 d49e67a82bd47e1e 0004 0008 0001 b25c c0a8016e`,
    value: {
      type: BINDING_SUCCESS,
      transactionId: fromHex(ID),
      attributes: [
        { type: "ice-controlled", tieBreaker: TIE_BREAKER },
        { type: "source-address", endpoint: { address: "192.168.1.110", port: 45660 } },
      ],
    },
  },
  {
    name: "a success response with the tie-breaker only",
    hex: `0101 000c ${ID} 8029 0008 d49e67a82bd47e1e`,
    value: {
      type: BINDING_SUCCESS,
      transactionId: fromHex(ID),
      attributes: [{ type: "ice-controlled", tieBreaker: TIE_BREAKER }],
    },
  },
  {
    name: "no attributes",
    hex: `0001 0000 ${ID}`,
    value: { type: BINDING_REQUEST, transactionId: fromHex(ID), attributes: [] },
  },
  {
    name: "an unknown attribute, padded to four bytes",
    hex: `0001 000c ${ID} 8022 0005 68656c6c6f 000000`,
    value: {
      type: BINDING_REQUEST,
      transactionId: fromHex(ID),
      attributes: [{ type: "unknown", code: 0x8022, value: fromHex("68656c6c6f") }],
    },
  },
  {
    name: "known attributes of an unexpected shape",
    hex: `0001 0020 ${ID} 802a 0004 00000000 0004 0014 0002 0001 ${"00".repeat(16)}`,
    value: {
      type: BINDING_REQUEST,
      transactionId: fromHex(ID),
      attributes: [
        { type: "unknown", code: 0x802a, value: new Uint8Array(4) },
        { type: "unknown", code: 0x0004, value: fromHex(`0002 0001 ${"00".repeat(16)}`) },
      ],
    },
  },
];
