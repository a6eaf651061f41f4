import type { Duration } from "../../machine.ts";

/** What a device does about a connection more than a session can have. */
export const PAST_REALM_LIMIT = ["refuse", "ignore", "stall"] as const;

/**
 * - `refuse`: says so
 * - `ignore`: leaves the client without an answer
 * - `stall`: as that, and nothing moves any more in this session, though it lives
 */
export type PastRealmLimit = typeof PAST_REALM_LIMIT[number];

/** What goes wrong with a device. */
export interface DeviceFaults {
  /** It registers, and answers nobody. */
  readonly silent: boolean;
  /** It answers no punch, ever, or for this long after it has granted the channel. */
  readonly silentPunch: boolean | Duration;
  /** It falls silent for good this long after its first session has opened. */
  readonly vanishAfter: Duration | undefined;
  /** It ends every TCP connection this long after it was accepted … */
  readonly disconnectAfter: Duration | undefined;
  /** … and up to this much later, at random. */
  readonly disconnectJitter: Duration;
  /** It answers channel requests this much later. */
  readonly answerDelay: Duration;
  /** TCP connections in one session, beyond which it does `pastRealmLimit`. */
  readonly realmLimit: number;
  readonly pastRealmLimit: PastRealmLimit;
  /** Share of datagrams with nothing but a heartbeat that are lost, both ways. */
  readonly heartbeatLoss: number;
}

export const NO_DEVICE_FAULTS: DeviceFaults = {
  silent: false,
  silentPunch: false,
  vanishAfter: undefined,
  disconnectAfter: undefined,
  disconnectJitter: 0,
  answerDelay: 0,
  realmLimit: Infinity,
  pastRealmLimit: "refuse",
  heartbeatLoss: 0,
};
