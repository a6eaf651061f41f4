/** What all programs of the Reolink tests in the namespaces know. @module */

import type { Endpoint } from "../../lib/machine.ts";
import type { Masquerade } from "./internet.ts";
import { CLOUD_ADDRESS } from "./plan.ts";

const at = (port: number): Endpoint => ({ address: CLOUD_ADDRESS, port });

/** Ports as the vendor's servers have them. */
export const REOLINK_CLOUD = {
  middlemen: [at(9999)],
  register: at(58_200),
  idle: at(58_100),
  relays: Array.from({ length: 8 }, (_, i) => at(51_130 + i)),
} as const;

/** By the router in front of the camera. */
export const UIDS: Readonly<Record<Masquerade, string>> = {
  preserving: "95270000PRESERVE",
  random: "95270000RANDOM00",
};
