/** One media section of a session description, read leniently. @module */

import { parseFormatParameters, type RtpMap, rtpMapOf, STATIC_FORMATS } from "./media_format.ts";
import type { Attribute, MediaFormat, ParsedMedia } from "./parsed.ts";

/** Payload types of one medium. More are not looked at. */
export const MAX_FORMATS = 16;

const DIRECTIONS = ["sendrecv", "sendonly", "recvonly", "inactive"] as const;

/** A media section while its lines are read. */
export interface MediaSection {
  readonly kind: string;
  readonly protocol: string;
  readonly payloadTypes: readonly number[];
  readonly attributes: Attribute[];
}

/** What stands behind `m=`: KIND PORT PROTOCOL FORMAT…; `undefined` when it is nothing like it. */
export function readMediaLine(value: string): MediaSection | undefined {
  const [first = "", ...rest] = value.split(/\s+/);
  // TP-Link writes `m=application/TP-LINK RTP/AVP smart/1/90000`: no port, no payload type.
  const [kind = ""] = first.toLowerCase().split("/");
  const protocol = rest.find((word) => /^(RTP|SRTP|RAW|UDP|TCP)\b/i.test(word));
  if (!/^[a-z]+$/.test(kind) || protocol === undefined) return undefined;
  const formats = rest.slice(rest.indexOf(protocol) + 1).filter((word) => /^\d{1,3}$/.test(word));
  const payloadTypes = [...new Set(formats.map(Number))].filter((number) => number < 128);
  return {
    kind,
    protocol: protocol.toUpperCase(),
    payloadTypes: payloadTypes.slice(0, MAX_FORMATS),
    attributes: [],
  };
}

/** What the lines of a section say together. */
export function buildMedia(
  { kind, protocol, payloadTypes, attributes }: MediaSection,
): ParsedMedia {
  const valuesOf = (name: string) =>
    attributes.filter((one) => one.name === name && one.value !== "").map(({ value }) => value);
  const maps = valuesOf("rtpmap").map(rtpMapOf).filter((map) => map !== undefined);
  const parameters = valuesOf("fmtp");
  const [frameRate] = [...valuesOf("framerate"), ...valuesOf("x-framerate")].map(positiveNumber);
  return {
    kind,
    protocol,
    formats: payloadTypes.map((payloadType) =>
      buildFormat(kind, payloadType, {
        map: mapFor(payloadType, payloadTypes, maps),
        fmtp: fmtpFor(payloadType, payloadTypes, parameters),
      })
    ),
    control: valuesOf("control")[0],
    frameRate,
    direction: DIRECTIONS.find((direction) => attributes.some(({ name }) => name === direction)),
    attributes,
  };
}

function buildFormat(
  kind: string,
  payloadType: number,
  { map, fmtp }: { readonly map: RtpMap | undefined; readonly fmtp: string | undefined },
): MediaFormat {
  const known = map ?? STATIC_FORMATS.get(payloadType);
  return {
    payloadType,
    encoding: known?.encoding,
    clockRate: known?.clockRate ?? (kind === "audio" ? 8_000 : 90_000),
    channels: known?.channels ?? 1,
    fmtp,
    parameters: parseFormatParameters(fmtp ?? ""),
  };
}

/** Where there is one format and one map, they belong together even if their numbers differ. */
function mapFor(
  payloadType: number,
  payloadTypes: readonly number[],
  maps: readonly RtpMap[],
): RtpMap | undefined {
  const map = maps.find((one) => one.payloadType === payloadType);
  return map ?? (payloadTypes.length === 1 && maps.length === 1 ? maps[0] : undefined);
}

/** All `fmtp` of one payload type as one; those without or with a wrong number as with maps. */
function fmtpFor(
  payloadType: number,
  payloadTypes: readonly number[],
  lines: readonly string[],
): string | undefined {
  const parsed = lines.map((line) => {
    const match = /^(\d{1,3})(?:\s+|(?=[a-z])|$)(.*)$/i.exec(line);
    return {
      number: match?.[1] === undefined ? undefined : Number(match[1]),
      text: match?.[2] ?? line,
    };
  });
  const own = parsed.filter(({ number }) => number === payloadType);
  const only = payloadTypes.length === 1;
  const chosen = own.length > 0 || !only ? own : parsed;
  const text = chosen.map((one) => one.text.trim()).filter((one) => one !== "").join(";");
  return text === "" ? undefined : text;
}

function positiveNumber(text: string): number | undefined {
  const number = Number.parseFloat(text);
  return Number.isFinite(number) && number > 0 ? number : undefined;
}
