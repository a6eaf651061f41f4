/**
 * The older way to list cameras on a LAN: four bytes to UDP port 2000, answered with 388 bytes to
 * UDP port 3000 of whoever asked [observed].
 *
 * @module
 */

import { equalBytes } from "../../bytes/bytes.ts";
import { isIpv4 } from "../../endpoint.ts";

/** What a camera tells of itself. */
export interface ProbeAnswer {
  /** As "IPC". */
  readonly kind: string;
  /** Six bytes. */
  readonly mac: Uint8Array;
  readonly address: string;
  readonly name: string;
  readonly uid: string;
}

const PROBE = Uint8Array.of(0xaa, 0xaa, 0x00, 0x00);

const ANSWER_LENGTH = 388;

export function isLanProbe(bytes: Uint8Array): boolean {
  return equalBytes(bytes, PROBE);
}

/** What is between the fields has no known meaning, and is zero. */
export function encodeProbeAnswer({ kind, mac, address, name, uid }: ProbeAnswer): Uint8Array {
  if (!isIpv4(address)) {
    throw new RangeError(`Cannot encode probe answer as its address must be IPv4: "${address}"`);
  }
  const bytes = new Uint8Array(ANSWER_LENGTH);
  const macText = Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join(":");
  put(bytes, 58, 18, kind);
  bytes.set(mac.subarray(0, 6), 80);
  bytes.set(PROBE, 104);
  put(bytes, 108, 20, address);
  put(bytes, 132, 32, name);
  put(bytes, 164, 18, macText);
  put(bytes, 228, 32, uid);
  return bytes;
}

/** Text with at least one NUL behind it. */
function put(bytes: Uint8Array, at: number, room: number, text: string): void {
  bytes.set(new TextEncoder().encode(text).subarray(0, room - 1), at);
}
