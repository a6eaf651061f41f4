/** `rtpmap` and `fmtp`, the attributes that say how a stream is packed. @module */

import { splitOnce } from "./split_once.ts";

/** A value of `rtpmap`: PAYLOADTYPE ENCODING/CLOCK[/CHANNELS]. */
export interface RtpMap {
  readonly payloadType: number;
  readonly encoding: string;
  readonly clockRate: number | undefined;
  readonly channels: number | undefined;
}

/** Spellings some cameras have of their own. */
const ALIASES: Readonly<Record<string, string>> = {
  "HEVC": "H265",
  "H.264": "H264",
  "H.265": "H265",
  "G711A": "PCMA",
  "G711U": "PCMU",
};

/** Payload types with a fixed meaning, RFC 3551 section 6, as far as cameras use them. */
export const STATIC_FORMATS: ReadonlyMap<number, Omit<RtpMap, "payloadType">> = new Map([
  [0, { encoding: "PCMU", clockRate: 8_000, channels: 1 }],
  [2, { encoding: "G726-32", clockRate: 8_000, channels: 1 }],
  [3, { encoding: "GSM", clockRate: 8_000, channels: 1 }],
  [5, { encoding: "DVI4", clockRate: 8_000, channels: 1 }],
  [8, { encoding: "PCMA", clockRate: 8_000, channels: 1 }],
  [9, { encoding: "G722", clockRate: 8_000, channels: 1 }],
  [10, { encoding: "L16", clockRate: 44_100, channels: 2 }],
  [11, { encoding: "L16", clockRate: 44_100, channels: 1 }],
  [14, { encoding: "MPA", clockRate: 90_000, channels: 1 }],
  [26, { encoding: "JPEG", clockRate: 90_000, channels: 1 }],
  [32, { encoding: "MPV", clockRate: 90_000, channels: 1 }],
  [33, { encoding: "MP2T", clockRate: 90_000, channels: 1 }],
]);

/** `undefined` for what is no such value. */
export function rtpMapOf(value: string): RtpMap | undefined {
  const match = /^(\d{1,3})\s+([^\s/]+)(?:\s*\/\s*(\d{1,9}))?(?:\s*\/\s*(\d{1,3}))?/.exec(value);
  if (match === null) return undefined;
  const [, payloadType, name = "", clockRate, channels] = match;
  const encoding = name.toUpperCase();
  return {
    payloadType: Number(payloadType),
    encoding: ALIASES[encoding] ?? encoding,
    clockRate: Number(clockRate) || undefined,
    channels: Number(channels) || undefined,
  };
}

/** `NAME=VALUE; NAME=VALUE`: names in small letters, the first of each; values may hold `=`. */
export function parseFormatParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const part of text.split(";")) {
    const [name, value = ""] = splitOnce(part, "=");
    const key = name.toLowerCase();
    if (key === "" || parameters.has(key)) continue;
    parameters.set(key, value.replace(/^"(.*)"$/, "$1"));
  }
  return parameters;
}
