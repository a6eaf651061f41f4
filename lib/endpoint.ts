import { DecodeError } from "./bytes/decode_error.ts";
import type { Endpoint } from "./machine.ts";

/** `address:port`, also good as a map key. */
export function formatEndpoint(endpoint: Endpoint): string {
  return `${endpoint.address}:${endpoint.port}`;
}

/** Whether both name the same address and port. */
export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && a.address === b.address;
}

/** Reads `1.2.3.4:567` as peers write it. Throws `DecodeError` for anything else. */
export function parseEndpoint(text: string): Endpoint {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})$/.exec(text.trim());
  const address = match?.[1];
  const port = Number(match?.[2]);
  if (address === undefined || !isIpv4(address) || port < 1 || port > 65535) {
    throw new DecodeError(`Cannot decode endpoint as it must be IPV4:PORT: "${text.slice(0, 64)}"`);
  }
  return { address, port };
}

/**
 * Whether `text` is a dotted IPv4 address. Leading zeros are refused: some systems read such a
 * number as octal, so that it would name another host than it seems to.
 */
export function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 &&
    parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
}

/** The four bytes of a dotted IPv4 address. */
export function ipv4Bytes(address: string): Uint8Array {
  return Uint8Array.from(address.split("."), Number);
}

/** The dotted form of four bytes. */
export function ipv4Text(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 4)).join(".");
}
