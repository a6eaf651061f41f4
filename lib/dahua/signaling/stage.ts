import type { Duration } from "../../machine.ts";

/**
 * The steps towards a device, each one request, in the order in which they begin.
 *
 * - `main-probe`: does the rendezvous server answer?
 * - `locate`: which P2P server looks after this serial number?
 * - `device-probe`: does that server hear from the device?
 * - `device-info`: what has it been told about the device?
 * - `relay-lookup`: which relay server may we use?
 * - `channel`: ask the device for a channel, and where it is
 * - `authenticate`: ask again, with proof of an account of the device, as it refused without
 * - `relay-agent`: have the relay server allot an agent
 * - `relay-start`: have the agent get ready for us
 * - `relay-channel`: have the device come to the agent
 * - `unbind`: release the agent
 */
export type Stage =
  | "main-probe"
  | "locate"
  | "device-probe"
  | "device-info"
  | "relay-lookup"
  | "channel"
  | "authenticate"
  | "relay-agent"
  | "relay-start"
  | "relay-channel"
  | "unbind";

export interface StageTiming {
  /** Wait before the request is sent again. It doubles each time. */
  readonly firstWait: Duration;
  /** How long an answer may take, of whatever kind. */
  readonly deadline: Duration;
  /** How long the true answer may take once a 100 said that it will come. */
  readonly patience: Duration;
  /** How long a 100 puts off asking again: until then the true answer is late rather than lost. */
  readonly pause: Duration;
}

/** No request is sent again later than this after its first time. */
export const RESEND_FOR: Duration = 10_000;

const USUAL: StageTiming = {
  firstWait: 500,
  deadline: 10_000,
  patience: 10_000,
  // Devices are slow: with a shorter pause they would do the same thing twice.
  pause: 4000,
};

export const STAGE_TIMING: Readonly<Record<Stage, StageTiming>> = {
  "main-probe": USUAL,
  "locate": USUAL,
  "device-probe": USUAL,
  "device-info": { ...USUAL, deadline: 5000 },
  "relay-lookup": USUAL,
  // The device itself answers, up to tens of seconds later [wire].
  "channel": { ...USUAL, patience: 30_000 },
  // A device may count each datagram with a wrong password: seldom twice, and never soon.
  "authenticate": { firstWait: 2000, deadline: 10_000, patience: 30_000, pause: 8000 },
  // Some relay servers that are handed out never answer: better ask for another one soon.
  "relay-agent": { ...USUAL, deadline: 4000 },
  "relay-start": { ...USUAL, deadline: 4000 },
  // A second request confuses the agent, and devices are slow [impl].
  "relay-channel": { ...USUAL, firstWait: 2000, deadline: 20_000, patience: 30_000 },
  "unbind": { ...USUAL, deadline: 1500 },
};

/** Stages without which the device may still be reached directly, once its sign is known. */
export function isRelayStage(stage: Stage): boolean {
  return stage.startsWith("relay-");
}
