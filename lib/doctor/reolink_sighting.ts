import { tryDecode } from "../bytes/try_decode.ts";
import { decodeSignaling, kindOf } from "../reolink/signaling/datagram.ts";
import type { ServerRole } from "./findings.ts";
import type { Sight, Sighting } from "./server_book.ts";

/** What Reolink's datagrams tell besides what the machines take from them. */
export const REOLINK_SIGHTING: Sighting = { sent, received };

function sent(bytes: Uint8Array): ServerRole | undefined {
  if (kindOf(bytes) !== "signaling") return undefined;
  const message = tryDecode(() => decodeSignaling(bytes))?.message;
  switch (message?.type) {
    case "C2M_Q":
      return "lookup";
    case "C2R_C":
      return "register";
    case "C2D_T":
      return message.conn === "relay" ? "relay" : undefined;
    default:
      return undefined;
  }
}

function received(bytes: Uint8Array): Sight {
  const kind = kindOf(bytes);
  if (kind !== "signaling") return { isReadable: kind !== undefined };
  const message = tryDecode(() => decodeSignaling(bytes))?.message;
  if (message === undefined) return { isReadable: false };
  const isCalled = message.type === "R2C_T" || message.type === "R2C_C_R";
  return { isReadable: true, isPassedOn: isCalled && (message.rsp ?? 0) === 0 };
}
