/** Datagrams that stand for themselves: both vendors' signaling and connectivity checks. @module */

import { toHex } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import { decodeRequest, decodeResponse } from "../dahua/signaling/message.ts";
import { formatEndpoint } from "../endpoint.ts";
import { crcOf } from "../reolink/signaling/crc.ts";
import { decodeSignaling } from "../reolink/signaling/datagram.ts";
import { cryptXml } from "../reolink/signaling/xml_cipher.ts";
import { BINDING_REQUEST, BINDING_SUCCESS, decodeStun, invert } from "../stun/message.ts";
import type { Dissection, DissectionError } from "./dissection.ts";

const RLS_HEADER = 20;

/** Longer text would hide the rest. */
const MAX_TEXT = 4_096;

/** HTTP-shaped text of the Dahua family's rendezvous servers. */
export function dissectDhHttp(payload: Uint8Array): Dissection {
  const isResponse = payload[0] === 0x48;
  try {
    const { path, method, dialect, cseq, body, headers } = isResponse
      ? { ...decodeResponse(payload), path: "", method: "", dialect: "" }
      : decodeRequest(payload);
    const { code, reason } = isResponse ? decodeResponse(payload) : { code: 0, reason: "" };
    const verb = dialect.toUpperCase() + method;
    const first = isResponse
      ? { "dhhttp.code": code, "dhhttp.reason": reason }
      : { "dhhttp.method": verb, "dhhttp.path": path };
    return {
      protocol: "dhhttp",
      summary: `${isResponse ? `${code} ${reason}` : `${verb} ${path}`} CSeq ${cseq ?? "?"}`,
      fields: {
        ...first,
        ...(cseq !== undefined && { "dhhttp.cseq": cseq }),
        "dhhttp.headers": headers.size,
        ...(body !== "" && { "dhhttp.body": body.slice(0, MAX_TEXT) }),
      },
      notes: [],
      errors: [],
    };
  } catch (error) {
    return broken("dhhttp", "signaling that cannot be read", 0, error);
  }
}

/** A connectivity check, every bit of which is the other way. */
export function dissectInvertedStun(payload: Uint8Array): Dissection {
  try {
    const { type, transactionId, attributes } = decodeStun(invert(payload));
    const name = type === BINDING_REQUEST ? "request" : type === BINDING_SUCCESS ? "success" : type;
    const source = attributes.find((attribute) => attribute.type === "source-address");
    const ice = attributes.find((attribute) =>
      attribute.type === "ice-controlling" || attribute.type === "ice-controlled"
    );
    const about = source === undefined ? "" : ` for ${formatEndpoint(source.endpoint)}`;
    return {
      protocol: "istun",
      summary: `binding ${name}${about}`,
      fields: {
        "istun.type": type,
        "istun.id": toHex(transactionId),
        ...(source !== undefined && {
          "istun.address": source.endpoint.address,
          "istun.port": source.endpoint.port,
        }),
        ...(ice !== undefined && { "istun.tiebreaker": toHex(ice.tieBreaker) }),
      },
      notes: [],
      errors: [],
    };
  } catch (error) {
    return broken("istun", "connectivity check that cannot be read", 0, error);
  }
}

/** XML between clients, cameras and servers of Reolink. */
export function dissectReolinkSignaling(payload: Uint8Array): Dissection {
  if (payload.byteLength < RLS_HEADER) {
    const rule = `its header needs ${RLS_HEADER} bytes: have ${payload.byteLength}`;
    return broken("rls", "signaling that cannot be read", payload.byteLength, rule);
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const tid = view.getUint32(12, true);
  const sealed = payload.subarray(RLS_HEADER);
  const xml = textOf(cryptXml(tid, sealed.subarray(0, MAX_TEXT)));
  const name = /<P2P>\s*<(\w+)/.exec(xml)?.[1];
  return {
    protocol: "rls",
    summary: `${name ?? "signaling"} tid ${tid}`,
    fields: {
      "rls.length": view.getUint32(4, true),
      "rls.tid": tid,
      "rls.crc": view.getUint32(16, true),
      "rls.crc_ok": crcOf(sealed) === view.getUint32(16, true) ? 1 : 0,
      ...(name !== undefined && { "rls.message": name }),
      "rls.xml": xml,
    },
    notes: [],
    errors: errorsOf(() => decodeSignaling(payload), RLS_HEADER),
  };
}

/** Printable text of deciphered bytes, one blank in place of any run of white space. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/[\p{Cc} ]+/gu, " ").trim();
}

/** What `decode` finds wrong. */
export function errorsOf(decode: () => unknown, offset: number): readonly DissectionError[] {
  try {
    decode();
    return [];
  } catch (error) {
    return [{ offset, rule: ruleOf(error) }];
  }
}

/** The message of a `DecodeError`; anything else is a bug of ours. */
export function ruleOf(error: unknown): string {
  if (error instanceof DecodeError) return error.message;
  throw error;
}

function broken(
  protocol: Dissection["protocol"],
  summary: string,
  offset: number,
  error: unknown,
): Dissection {
  const rule = typeof error === "string" ? error : ruleOf(error);
  return { protocol, summary, fields: {}, notes: [], errors: [{ offset, rule }] };
}
