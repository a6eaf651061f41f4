import type { Duration } from "../../machine.ts";

/** What any server does to clients. Cameras are always treated well. */
export interface ServerFaults {
  /** It never answers. */
  readonly silent: boolean;
  /** It answers with random bytes. */
  readonly garbage: boolean;
  /** It answers this much later. */
  readonly delay: Duration;
}

export interface MiddlemanFaults extends ServerFaults {
  /** No camera registers with it: it says of every UID that it does not know it. */
  readonly stranger: boolean;
}

/**
 * - `usual`: `R2C_T`, and a little later `R2C_C_R`
 * - `reversed`: the other way round
 * - `withoutT`: no `R2C_T` at all
 */
export const REGISTER_ORDERS = ["usual", "reversed", "withoutT"] as const;

export type RegisterOrder = typeof REGISTER_ORDERS[number];

/** Codes with which a register refuses: both were seen, what sets them apart is not known. */
export const REFUSALS = [-1, -3] as const;

export interface RegisterFaults extends ServerFaults {
  /** This many attempts to reach a camera are refused at first. */
  readonly refuseFirst: number;
  readonly refuseWith: typeof REFUSALS[number];
  /** A refusal has a valid address in it, without which one public client waits on in vain. */
  readonly refusalHasAddress: boolean;
  readonly order: RegisterOrder;
}

export interface RelayFaults extends Pick<ServerFaults, "silent"> {
  /** It forgets a session this long after its client came, without a word. */
  readonly forgetAfter?: Duration | undefined;
}

/** The faults of a whole cloud. */
export interface CloudFaults {
  /** By the place of the middleman in the list of them. */
  readonly middlemen: readonly MiddlemanFaults[];
  readonly register: RegisterFaults;
  readonly relay: RelayFaults;
}

export const NO_SERVER_FAULTS: ServerFaults = { silent: false, garbage: false, delay: 0 };

export const NO_MIDDLEMAN_FAULTS: MiddlemanFaults = { ...NO_SERVER_FAULTS, stranger: false };

export const NO_REGISTER_FAULTS: RegisterFaults = {
  ...NO_SERVER_FAULTS,
  refuseFirst: 0,
  refuseWith: -1,
  refusalHasAddress: false,
  order: "usual",
};

export const NO_RELAY_FAULTS: RelayFaults = { silent: false };

export const NO_CLOUD_FAULTS: CloudFaults = {
  middlemen: [],
  register: NO_REGISTER_FAULTS,
  relay: NO_RELAY_FAULTS,
};
