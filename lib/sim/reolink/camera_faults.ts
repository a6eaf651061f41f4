import type { Duration } from "../../machine.ts";

/** Codes with which a login is refused [observed]: the usual one, and those of newer firmware. */
export const LOGIN_REFUSALS = [400, 401, 406, 417] as const;

/** What goes wrong with a camera. */
export interface CameraFaults {
  /** It is never switched on: the cloud has not heard of it. */
  readonly off: boolean;
  /** It takes calls of the register and then answers no client. */
  readonly silent: boolean;
  /** It goes dark for good, without a word, this long after its first session has opened. */
  readonly vanishAfter?: Duration | undefined;
  /** On battery, it falls asleep this long after a session opened, whoever uses it. */
  readonly dropOffAfter?: Duration | undefined;
  /** It ends every session this long after it was opened … */
  readonly disconnectAfter?: Duration | undefined;
  /** … and up to this much later, at random. */
  readonly disconnectJitter: Duration;
  /** It sends from another port this long after a session has opened. */
  readonly movePortAfter?: Duration | undefined;
  /** Share of datagrams with nothing but an acknowledgement that are lost, both ways. */
  readonly ackLoss: number;
  /** After data has begun to flow, it repeats its confirmation this many times, one a second. */
  readonly lateConfirmations: number;
  /** This long into a session it knocks again, and ends it unless that is answered within 8 s. */
  readonly lateKnockAfter?: Duration | undefined;
  /** This many logins are refused, right or wrong, with `refuseLoginWith`. */
  readonly refuseLogins: number;
  readonly refuseLoginWith: typeof LOGIN_REFUSALS[number];
  /** After this much of a preview, the magic of one frame is broken. */
  readonly corruptMediaAfter?: Duration | undefined;
  /** After this much of a preview, key frames alone are left: one picture a second. */
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
  /** Sound begins this long after the picture. */
  readonly audioAfter: Duration;
  /** Ids of messages that it obeys and never answers. */
  readonly unanswered: readonly number[];
  readonly snapshot: typeof SNAPSHOT_KINDS[number];
  /** Its byte stream is handed to the network in pieces of up to this many bytes, cut anywhere. */
  readonly maxPiece?: number | undefined;
  /** For this long after it woke, it refuses what it is not ready for. */
  readonly notReadyFor: Duration;
  /** It raises an alarm 8 to 10 s after each session. */
  readonly alarmAfterSession: boolean;
  /** Asleep, it answers a search on the LAN after this many repetitions, and wakes. */
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
