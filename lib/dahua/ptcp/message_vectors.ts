/** Channel messages, bytes beside values. */

import { fromHex } from "../../bytes/bytes.ts";
import type { Message } from "./message.ts";

export interface MessageVector {
  readonly name: string;
  readonly hex: string;
  readonly message: Message;
}

export const MESSAGE_VECTORS: readonly MessageVector[] = [
  {
    name: "data",
    //    type len  realm    zero     data
    hex: "10 000005 11223344 00000000 68656c6c6f",
    message: { type: "data", realm: 0x11223344, bytes: fromHex("68656c6c6f") },
  },
  {
    name: "a bind to port 554 of the device itself",
    hex: "11 000000 11223344 00000000 0000022a 7f000001",
    message: { type: "bind", realm: 0x11223344, port: 554, address: "127.0.0.1" },
  },
  {
    name: "a connected status",
    hex: "12 000000 11223344 00000000 434f4e4e",
    message: { type: "status", realm: 0x11223344, status: "CONN" },
  },
  {
    name: "a disconnected status",
    hex: "12 000000 11223344 00000000 44495343",
    message: { type: "status", realm: 0x11223344, status: "DISC" },
  },
  {
    name: "a heartbeat",
    hex: "13 000000 00000000 00000000",
    message: { type: "heartbeat" },
  },
  {
    name: "a request of the sign",
    hex: "17 000000 00000000 00000000",
    message: { type: "requestSign" },
  },
  {
    name: "an accepted authentication",
    hex: "1a 000000 00000000 00000000",
    message: { type: "accepted" },
  },
  {
    name: "a confirmation",
    hex: "1b 000000 00000000 00000000",
    message: { type: "confirm" },
  },
  {
    name: "an authentication with the sign of the recorded session",
    hex: "19 000000 00000000 00000000 004e5ffb",
    message: { type: "authenticate", sign: fromHex("004e5ffb") },
  },
];
