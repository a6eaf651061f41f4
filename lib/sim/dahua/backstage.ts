/**
 * How the simulated cloud and the simulated devices talk among themselves.
 *
 * The real protocol between them is not known, so this one is ours: JSON in single datagrams, each
 * with a key that only the parties of one simulation share, so that no other program on the machine
 * can register a device. It runs through the device's NAT and link like everything else:
 *
 * - a device registers with the main server again and again, which keeps its mapping open and shows
 *   the server its public endpoint
 * - the main server hands a client's channel request to the device, again until it answers
 * - a device asked for a relay channel attaches to the agent, which answers with the sign that a
 *   client must present, and opens the device's NAT towards the agent
 *
 * @module
 */

import { z } from "zod";
import { DecodeError } from "../../bytes/decode_error.ts";

const serial = z.string().min(1).max(64);
const endpoint = z.object({ address: z.ipv4(), port: z.int().min(1).max(65535) });
const id = z.int().min(0);
const body = z.string().max(16_384);

const MESSAGE = z.discriminatedUnion("type", [
  /** Device → main server. */
  z.object({ type: z.literal("register"), serial }),
  /** Main server → device: `mapped` is the device's endpoint as seen from outside. */
  z.object({ type: z.literal("registered"), mapped: endpoint }),
  /** Main server → device: what a client at `client` asks of it. */
  z.object({
    type: z.literal("request"),
    id,
    channel: z.enum(["p2p-channel", "relay-channel"]),
    client: endpoint,
    cseq: z.int().min(0),
    body,
  }),
  /** Device → main server: the response for the client of request `id`. */
  z.object({
    type: z.literal("answer"),
    id,
    code: z.int().min(100).max(999),
    reason: z.string().max(64),
    body,
  }),
  /** Device → agent: on account of request `id`, which had this `CSeq`. */
  z.object({ type: z.literal("attach"), id, cseq: z.int().min(0) }),
  /** Agent → device: in answer to that; `sign` is hex. */
  z.object({ type: z.literal("attached"), id, sign: z.string().regex(/^([0-9a-f]{2}){1,64}$/) }),
]);

export type BackstageMessage = z.infer<typeof MESSAGE>;

/** A message of one type. */
export type Backstage<Type extends BackstageMessage["type"]> = Extract<
  BackstageMessage,
  { type: Type }
>;

/** Whether a datagram can be a message of this protocol: none of the real ones begins with `{`. */
export function isBackstage(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b;
}

export function encodeBackstage(key: string, message: BackstageMessage): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ key, ...message }));
}

/** Throws `DecodeError`, also when the message does not carry `key`. */
export function decodeBackstage(key: string, bytes: Uint8Array): BackstageMessage {
  const value = parseJson(new TextDecoder().decode(bytes));
  if (typeof value !== "object" || value === null || !("key" in value) || value.key !== key) {
    throw new DecodeError("Cannot decode backstage message as it must carry the simulation's key");
  }
  const parsed = MESSAGE.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new DecodeError(
    `Cannot decode backstage message as ${issue?.path.join(".")} is wrong: ${issue?.message}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DecodeError("Cannot decode backstage message as it must be JSON");
  }
}
