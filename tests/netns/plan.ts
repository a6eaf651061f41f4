/** What all programs in the namespaces know. Nobody else can reach them there. @module */

import type { Endpoint } from "../../lib/machine.ts";
import { Rng } from "../../lib/sim/rng.ts";
import type { Masquerade } from "./internet.ts";

export const CLOUD_ADDRESS = "198.51.100.10";

const AGENTS = 8;

export const CLOUD = {
  main: { address: CLOUD_ADDRESS, port: 8800 },
  p2p: { address: CLOUD_ADDRESS, port: 8801 },
  relay: { address: CLOUD_ADDRESS, port: 8802 },
  agents: Array.from({ length: AGENTS }, (_, i): Endpoint => {
    return { address: CLOUD_ADDRESS, port: 9000 + i };
  }),
} as const;

export const BACKSTAGE_KEY = "the only simulation in these namespaces";

/** By the router in front of the camera. */
export const SERIALS: Readonly<Record<Masquerade, string>> = {
  preserving: "PRESERVING000001",
  random: "RANDOM0000000001",
};

/** Ports of every camera. */
export const PORTS = {
  rtsp: 554,
  /** Sends `FILE_BYTES`, as fast as it can. */
  file: 80,
  /** Sends `FEED_BYTES` with a pause after each piece, which takes 12 s. */
  feed: 37777,
} as const;

export const FILE_BYTES = 2_000_000;
export const FEED_BYTES = 1_500_000;

const PIECE_BYTES = 10_000;

/** In milliseconds. */
export const FEED_PAUSE = 80;

/** What the cameras send, piece by piece: the same bytes every time. */
export function* content(bytes: number): Generator<Uint8Array> {
  const rng = new Rng(1);
  for (let left = bytes; left > 0; left -= PIECE_BYTES) {
    yield rng.entropy(Math.min(PIECE_BYTES, left));
  }
}
