/**
 * What streams of a flight carry, without content and without anything that is somebody's own.
 * Unlike text in datagrams, it keeps its length: it is acknowledged by the byte.
 *
 * @module
 */

import { concatBytes, toHex } from "../../bytes/bytes.ts";
import { isPtcpDatagram } from "../../dahua/ptcp/segment.ts";
import { kindOf } from "../../reolink/signaling/datagram.ts";
import { streamHeadOf } from "../datagram_head.ts";
import type { Flight, FlightLine } from "../flight_recorder.ts";
import { bytesOf } from "../redactor.ts";
import { blankBaichuan, recastBaichuan } from "./baichuan_recast.ts";
import { recastBcUdp } from "./bcudp_recast.ts";
import { type RecastDatagram, recastPtcp } from "./ptcp_recast.ts";
import type { SameLength } from "./rtsp_recast.ts";

export interface RecastOptions {
  /** Of the account the camera was logged in to with. */
  readonly password: string | undefined;
  readonly sameLength: SameLength;
}

type DatagramLine = Extract<FlightLine, { readonly type: "in" | "out" }>;
type PieceLine = Extract<FlightLine, { readonly type: "read" | "wrote" }>;

/** By line, what it holds now; lines that are not in here hold no part of a stream. */
export function recastStreams(
  { lines, isWhole }: Flight,
  options: RecastOptions,
): ReadonlyMap<FlightLine, Uint8Array> {
  const result = new Map<FlightLine, Uint8Array>();
  const conversations = new Map<string, Conversation>();
  for (const line of lines) {
    if (
      line.type !== "in" && line.type !== "out" && line.type !== "read" && line.type !== "wrote"
    ) {
      continue;
    }
    const bytes = bytesOf(line.head);
    const key = keyOf(line, bytes);
    if (key === undefined) continue;
    const conversation = conversations.get(key) ?? [];
    conversations.set(key, conversation);
    conversation.push({ line, bytes, isCut: bytes.byteLength < line.length });
  }
  for (const [key, conversation] of conversations) {
    const changed = change(key, conversation, isWhole, options);
    conversation.forEach(({ line }, i) => result.set(line, changed[i] ?? new Uint8Array(0)));
  }
  return result;
}

interface Part {
  readonly line: DatagramLine | PieceLine;
  readonly bytes: Uint8Array;
  readonly isCut: boolean;
}

type Conversation = Part[];

function keyOf(line: DatagramLine | PieceLine, bytes: Uint8Array): string | undefined {
  if ("stream" in line) return `tcp ${line.stream}`;
  if (isPtcpDatagram(bytes)) return `ptcp ${line.socket} ${line.remote}`;
  if (kindOf(bytes) !== "data") return undefined;
  // A camera may go on from another port. Bytes 4 to 8 tell whose connection it is.
  return `bcudp ${line.socket} ${toHex(bytes.subarray(4, 8))}`;
}

function change(
  key: string,
  conversation: Conversation,
  isWhole: boolean,
  { password, sameLength }: RecastOptions,
): readonly Uint8Array[] {
  const datagrams = conversation.map(({ line, bytes, isCut }): RecastDatagram => {
    const isIn = line.type === "in" || line.type === "read";
    return { direction: isIn ? "in" : "out", bytes, isCut };
  });
  if (key.startsWith("bcudp")) return recastBcUdp(datagrams, password, sameLength);
  if (key.startsWith("tcp")) return recastTcp(datagrams, password, sameLength);
  // Heads of segments have no content.
  return isWhole ? recastPtcp(datagrams, sameLength) : datagrams.map(({ bytes }) => bytes);
}

function recastTcp(
  pieces: readonly RecastDatagram[],
  password: string | undefined,
  sameLength: SameLength,
): readonly Uint8Array[] {
  const result = new Map<RecastDatagram, Uint8Array>();
  for (const direction of ["in", "out"] as const) {
    const own = pieces.filter((piece) => piece.direction === direction);
    const cut = own.findIndex(({ isCut }) => isCut);
    const whole = cut < 0 ? own : own.slice(0, cut);
    const stream = concatBytes(whole.map(({ bytes }) => bytes));
    if (direction === "in") recastBaichuan(stream, password, sameLength);
    else blankBaichuan(stream);
    let at = 0;
    for (const piece of whole) {
      result.set(piece, stream.subarray(at, at + piece.bytes.byteLength));
      at += piece.bytes.byteLength;
    }
  }
  // Behind what was cut, heads of messages alone were kept.
  return pieces.map((piece) => result.get(piece) ?? streamHeadOf(piece.bytes));
}
