import type { Duration, Endpoint, Entropy } from "../machine.ts";
import type { DahuaWay } from "./leg.ts";
import type { DeviceAccount } from "./signaling/device_auth.ts";
import type { DhDialect } from "./signaling/message.ts";
import type { DhAccount } from "./signaling/wsse.ts";

export interface DahuaTunnelOptions {
  readonly serial: string;
  /** The main rendezvous server. */
  readonly server: Endpoint;
  /** Which ways may be taken; `auto` prefers the LAN, then a punched one, then the relay. */
  readonly way: DahuaWay | "auto";
  readonly account?: DhAccount;
  readonly dialect?: DhDialect;
  /** An account of the device, for firmware that wants authentication for a channel. */
  readonly credentials?: DeviceAccount;
  /** Our own addresses, with the port of socket `device`. */
  readonly localCandidates: readonly Endpoint[];
  readonly entropy: Entropy;
  /** To be added to an instant to get milliseconds since 1970. */
  readonly wallClockOffset: Duration;
}
