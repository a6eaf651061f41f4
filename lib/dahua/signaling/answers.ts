/** Reads the answers of servers and devices. The readers throw `DecodeError`. @module */

import { DecodeError } from "../../bytes/decode_error.ts";
import { tryDecode } from "../../bytes/try_decode.ts";
import { parseEndpoint } from "../../endpoint.ts";
import type { Endpoint } from "../../machine.ts";
import { type Candidate, toCandidates } from "../../nat/candidate.ts";
import { parseBody } from "./body.ts";
import { parseIdentify } from "./identify.ts";

/** The device's answer to the request for a channel. What it left out is `undefined`. */
export interface ChannelAnswer {
  /** Where the device says it is, LAN addresses first. */
  readonly candidates: readonly Candidate[];
  /** The ways it allows, e.g. `p2p`, `udprelay`. */
  readonly policy: readonly string[];
  /** The kind of NAT the device believes to be behind; the numbers' meaning is not known. */
  readonly natValueT: string | undefined;
  readonly version: string | undefined;
  readonly identify: Uint8Array | undefined;
  /** The device's own number, under which authentication goes on. */
  readonly nonce: string | undefined;
}

/** Deciphers addresses of a device, which come with the device's nonce. Throws `DecodeError`. */
export type OpenAddress = (nonce: string | undefined, sealed: string) => string;

/** An agent and the token that stands for its allocation. */
export interface AgentAnswer {
  readonly agent: Endpoint;
  readonly token: string;
}

/** The most addresses taken from one field. */
const MAX_ADDRESSES = 6;

const MAX_POLICIES = 8;

/** The P2P server of the device, or `undefined` when the server knows none. */
export function readP2pServer(body: string): Endpoint | undefined {
  const text = parseBody(body).get("US") ?? "";
  return text === "" ? undefined : parseEndpoint(text);
}

export function readRelayServer(body: string): Endpoint {
  return parseEndpoint(need(parseBody(body), "Address"));
}

export function readAgent(body: string): AgentAnswer {
  const fields = parseBody(body);
  const token = need(fields, "Token");
  // It becomes part of a path.
  if (!/^[\w.~:@+=-]{1,128}$/.test(token)) {
    throw new DecodeError("Cannot decode Token as it must be printable: is not");
  }
  return { agent: parseEndpoint(need(fields, "Agent")), token };
}

/** @param open For a device that has authenticated us, since it enciphers its own addresses. */
export function readChannel(body: string, open: OpenAddress = (_, text) => text): ChannelAnswer {
  const fields = parseBody(body);
  if (!fields.has("LocalAddr")) need(fields, "PubAddr");
  // A decimal number so far, but only ever used as the text it is.
  const nonce = /^\w{1,32}$/.exec(fields.get("Nonce") ?? "")?.[0];
  const local = fields.get("LocalAddr")?.split(",", MAX_ADDRESSES)
    // One list enciphered as a whole, a list of ciphers, or plain text: base64 has no colon.
    .map((part) => part.includes(":") ? part : tryDecode(() => open(nonce, part)) ?? "");
  return {
    candidates: [
      ...toCandidates("host", readEndpoints(local?.join(","))),
      ...toCandidates("srflx", readEndpoints(fields.get("PubAddr"))),
    ],
    policy: (fields.get("Policy") ?? "").split(",").map((way) => way.trim())
      .filter((way) => way !== "").slice(0, MAX_POLICIES),
    natValueT: fields.get("NatValueT"),
    version: fields.get("version"),
    identify: tryDecode(() => parseIdentify(fields.get("Identify") ?? "")),
    nonce,
  };
}

/** Code and name of an error as a device or server words it, for people to read; else empty. */
export function readError(body: string): string {
  const fields = tryDecode(() => parseBody(body));
  const code = fields?.get("ErrCode");
  const name = fields?.get("Error");
  return [code === undefined ? undefined : `ErrCode ${code}`, name]
    .filter((part) => part !== undefined).map(printable).join(" ");
}

/** Text of a peer, safe to show: printable ASCII, at most 80 characters. */
export function printable(text: string): string {
  return text.slice(0, 80).replace(/[^\x20-\x7e]/g, "?");
}

/** The endpoints among comma-separated texts. The rest, such as `:0` or ciphertext, is left out. */
function readEndpoints(text = ""): Endpoint[] {
  return text.split(",", MAX_ADDRESSES)
    .map((part) => tryDecode(() => parseEndpoint(part)))
    .filter((endpoint) => endpoint !== undefined);
}

function need(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name);
  if (value === undefined) {
    throw new DecodeError(`Cannot decode answer as it needs ${name}: has none`);
  }
  return value;
}
