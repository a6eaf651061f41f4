import { isIpv4, sameEndpoint } from "../endpoint.ts";
import type { Endpoint } from "../machine.ts";

/**
 * What kind of address a candidate is (RFC 8445 section 4).
 *
 * - `host`: an address of the peer's own, good inside its network
 * - `srflx`: the public address of a mapping in the peer's NAT, as seen by a server
 * - `relay`: an address at a relay that forwards to the peer
 */
export type CandidateKind = "host" | "srflx" | "relay";

/** An endpoint at which a peer may be reached. */
export interface Candidate {
  readonly kind: CandidateKind;
  readonly endpoint: Endpoint;
}

/** Higher is preferred: the shortest path. */
const PREFERENCE: Readonly<Record<CandidateKind, number>> = { host: 2, srflx: 1, relay: 0 };

/** Orders candidates: negative when `a` is to be preferred. */
export function comparePreference(a: Candidate, b: Candidate): number {
  return PREFERENCE[b.kind] - PREFERENCE[a.kind];
}

/** The candidates with these endpoints: unusable ones and repetitions left out, the rest in order. */
export function toCandidates(kind: CandidateKind, endpoints: readonly Endpoint[]): Candidate[] {
  const usable = endpoints.filter(isUsable);
  return usable
    .filter((endpoint, i) => usable.findIndex((other) => sameEndpoint(other, endpoint)) === i)
    .map((endpoint) => ({ kind, endpoint }));
}

/**
 * Whether datagrams may be sent there at a peer's word: one machine, one port. Multicast, broadcast
 * and "this network" (RFC 1122 section 3.2.1.3) are out; loopback is for simulations.
 */
export function isUsable({ address, port }: Endpoint): boolean {
  const first = Number(address.split(".")[0]);
  return isIpv4(address) && first > 0 && first < 224 && Number.isInteger(port) && port > 0 &&
    port < 65536;
}

/** Whether an address is for use inside a network: RFC 1918, RFC 3927, loopback. */
export function isPrivateAddress(address: string): boolean {
  return /^(?:10|127|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))\./.test(address);
}
