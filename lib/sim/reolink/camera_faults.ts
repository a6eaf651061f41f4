import type { Duration } from "../../machine.ts";

/** Codes with which a login is refused [observed]: the usual one, and those of newer firmware. */
export const LOGIN_REFUSALS = [400, 401, 406, 417] as const;

/** What goes wrong with a camera. */
export interface CameraFaults {
  /** It is never switched on: the cloud has not heard of it. */
  readonly off: boolean;
  /** It takes calls of the register and then answers no client. */
  readonly silent: boolean;
  /** It goes dark for good, without a word, so long after its first session has opened. */
  readonly vanishAfter?: Duration | undefined;
  /** On battery, it falls asleep in spite of everybody so long after a session has opened. */
  readonly dropOffAfter?: Duration | undefined;
  /** It ends every session so long after it was opened … */
  readonly disconnectAfter?: Duration | undefined;
  /** … and up to so much later, at random. */
  readonly disconnectJitter: Duration;
  /** It sends from another port so long after a session has opened. */
  readonly movePortAfter?: Duration | undefined;
  /** Share of datagrams with nothing but an acknowledgement that are lost, both ways. */
  readonly ackLoss: number;
  /** After data has begun to flow, it repeats its confirmation so many times, one a second. */
  readonly lateConfirmations: number;
  /** So long into a session it knocks again, and ends it unless that is answered within 8 s. */
  readonly lateKnockAfter?: Duration | undefined;
  /** So many logins are refused, whatever they are, with `refuseLoginWith`. */
  readonly refuseLogins: number;
  readonly refuseLoginWith: typeof LOGIN_REFUSALS[number];
  /** Once so much of a preview is sent, the magic of one frame is broken. */
  readonly corruptMediaAfter?: Duration | undefined;
  /** Once so much of a preview is sent, key frames alone are left: one picture a second. */
  readonly slowAfter?: Duration | undefined;
}

export const NO_CAMERA_FAULTS: CameraFaults = {
  off: false,
  silent: false,
  disconnectJitter: 0,
  ackLoss: 0,
  lateConfirmations: 0,
  refuseLogins: 0,
  refuseLoginWith: 400,
};

/** Sizes of the additional header of a frame [capture]. */
export const EXTRA_LENGTHS = [0, 8, 16] as const;

/** How snapshots are taken: not at all, as usual, or under the magic of recorders [observed]. */
export const SNAPSHOT_KINDS = ["none", "usual", "recorder"] as const;

/** Digits of a nonce: of older firmware, and of newer [capture]. */
export const NONCE_LENGTHS = [16, 22] as const;

/** What a firmware does differently. */
export interface CameraQuirks {
  readonly nonceLength: typeof NONCE_LENGTHS[number];
  /** Additional header of key frames and of the others. */
  readonly keyExtra: typeof EXTRA_LENGTHS[number];
  readonly interExtra: typeof EXTRA_LENGTHS[number];
  /** Value of the bytes that pad a frame. */
  readonly padding: number;
  /** How long it has been up at the beginning: its media clock wraps every 71.6 min. */
  readonly uptime: Duration;
  /** Sound begins so long after the picture. */
  readonly audioAfter: Duration;
  /** Ids of messages that it obeys and never answers. */
  readonly unanswered: readonly number[];
  readonly snapshot: typeof SNAPSHOT_KINDS[number];
  /** Its byte stream is handed to the network in pieces of up to so many bytes, cut anywhere. */
  readonly maxPiece?: number | undefined;
  /** For so long after it was woken it refuses what it is not ready for. */
  readonly notReadyFor: Duration;
  /** It raises an alarm 8 to 10 s after each session. */
  readonly alarmAfterSession: boolean;
  /** Asleep, it answers a search on the LAN after so many repetitions, and wakes. */
  readonly answersAsleepAfter?: number | undefined;
}

export const NO_CAMERA_QUIRKS: CameraQuirks = {
  nonceLength: 22,
  keyExtra: 8,
  interExtra: 0,
  padding: 0,
  uptime: 0,
  audioAfter: 0,
  unanswered: [],
  snapshot: "usual",
  notReadyFor: 3_000,
  alarmAfterSession: false,
};
