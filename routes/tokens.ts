import { createHash, timingSafeEqual } from "node:crypto";
import type { ApiToken } from "../lib/config/daemon_config.ts";

/** Longer ones are none of ours, and not worth hashing. */
const MAX_TOKEN_LENGTH = 4_096;

/**
 * The name of the token an `Authorization` header carries, or `undefined` when it is none of them.
 *
 * Digests are compared, in constant time, with every token there is: how long it takes tells neither
 * which one was meant nor how much of it was right.
 */
export function callerOf(
  authorization: string | undefined,
  tokens: readonly ApiToken[],
): string | undefined {
  const token = /^Bearer +([^\s]+)$/i.exec(authorization ?? "")?.[1] ?? "";
  if (token === "" || token.length > MAX_TOKEN_LENGTH) return undefined;
  const digest = digestOf(token);
  let caller: string | undefined;
  for (const { name, token: known } of tokens) {
    if (timingSafeEqual(digest, digestOf(known.reveal()))) caller = name;
  }
  return caller;
}

function digestOf(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
