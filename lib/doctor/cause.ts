/**
 * Every cause the doctor can name, with what to say of it, what to do about it, and the exit code.
 *
 * @module
 */

import type { Way } from "../hub/camera_status.ts";
import type { Duration } from "../machine.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import type { NameFinding } from "./findings.ts";

export type Cause =
  /** A key frame is in hand, and nothing is wrong. */
  | { readonly type: "works"; readonly way: Way }
  /** A key frame is in hand. Of what follows, each is a remark on a camera that works. */
  | { readonly type: "works-relay-only"; readonly way: Way }
  | { readonly type: "works-lan-only"; readonly end: TunnelEnd }
  | { readonly type: "works-without-relay"; readonly way: Way; readonly end: TunnelEnd }
  | { readonly type: "works-lossy"; readonly way: Way; readonly loss: number }
  | { readonly type: "works-breaking"; readonly way: Way; readonly end: TunnelEnd }
  | { readonly type: "works-wrong-clock"; readonly ahead: Duration }
  | { readonly type: "works-wrong-server-clock"; readonly server: string; readonly off: Duration }
  | { readonly type: "works-silent-servers"; readonly servers: readonly string[] }
  | { readonly type: "works-garbled-servers"; readonly servers: readonly string[] }
  | { readonly type: "works-slow-server"; readonly server: string; readonly after: Duration }
  | { readonly type: "works-slow-camera"; readonly after: Duration }
  /** Nothing is wrong as far as was looked: the camera was not called, as that might wake it. */
  | { readonly type: "spared" }
  /** The way the address asks for does not lead there, though another one does. */
  | { readonly type: "pinned-way"; readonly wanted: Way; readonly open: readonly Way[] }
  /** A name of the servers cannot be resolved. */
  | { readonly type: "unresolved"; readonly name: NameFinding }
  /** Not a single datagram came back from anybody. */
  | { readonly type: "nothing-answers"; readonly servers: readonly string[] }
  /** A server does not answer, though others do. */
  | { readonly type: "server-silent"; readonly end: TunnelEnd }
  /** Something answers in a server's place that speaks another language. */
  | {
    readonly type: "server-garbled";
    /** Those who are known to speak it. */
    readonly servers: readonly string[];
    readonly end: TunnelEnd;
  }
  | { readonly type: "server-refuses"; readonly end: TunnelEnd }
  /** A server does not take the account of the client, or its time. */
  | { readonly type: "client-refused"; readonly end: TunnelEnd }
  | { readonly type: "unknown-camera"; readonly end: TunnelEnd }
  | { readonly type: "other-cloud"; readonly server: string }
  /** The relay servers do not do their work, and no way does without. */
  | { readonly type: "relay-down"; readonly end: TunnelEnd }
  /** The cloud knows the camera; the camera itself does not answer. */
  | { readonly type: "camera-silent"; readonly end: TunnelEnd }
  | { readonly type: "password-missing"; readonly end: TunnelEnd }
  | { readonly type: "password-refused"; readonly end: TunnelEnd }
  /** The right password may have been mixed with the wrong salt. */
  | { readonly type: "salt-unknown"; readonly end: TunnelEnd }
  /** Every way was tried, and none of them leads to the camera. */
  | { readonly type: "no-way"; readonly end: TunnelEnd }
  /** It was reached, and then it was gone. */
  | { readonly type: "lost"; readonly end: TunnelEnd }
  | { readonly type: "login-failed"; readonly end: TunnelEnd }
  /** It is reached, and does not answer where its stream should be. */
  | { readonly type: "stream-silent"; readonly end: TunnelEnd }
  | { readonly type: "no-stream"; readonly end: TunnelEnd }
  /** There was a picture, and soon after nothing more, on whichever way. */
  | { readonly type: "stream-breaks"; readonly end: TunnelEnd }
  | { readonly type: "no-keyframe"; readonly end: TunnelEnd }
  /** Not even a beginning could be made on this machine. */
  | { readonly type: "not-started"; readonly end: TunnelEnd };

export type CauseType = Cause["type"];

/** As the program's exit codes: see README. */
export type DoctorExitCode = 0 | 3 | 4 | 5 | 7;

export interface CauseRow<One extends Cause = Cause> {
  readonly exitCode: DoctorExitCode;
  /** One sentence: what is wrong. */
  readonly says: (cause: One) => string;
  /** One sentence: what to do about it. */
  readonly remedy: (cause: One) => string;
}

type Rows = { readonly [Type in CauseType]: CauseRow<Extract<Cause, { readonly type: Type }>> };

const ROUTER = "If that is a problem, allow UDP from this machine to the internet in the router.";

const NOTHING_TO_DO = "Nothing has to be done.";

/** The exit codes are those with which `open` ends for the same reason. */
export const CAUSES: Rows = {
  "works": {
    exitCode: 0,
    says: ({ way }) => `Everything works: a key frame came over ${wayWords(way)}.`,
    remedy: () => NOTHING_TO_DO,
  },
  "works-relay-only": {
    exitCode: 0,
    says: () =>
      "It works, but only over the vendor's relay: one of the two networks does not let hole punching through, as behind a symmetric NAT.",
    remedy: () =>
      "The relay is slower: a router without symmetric NAT in front of this machine or of the camera would give the direct way.",
  },
  "works-lan-only": {
    exitCode: 0,
    says: ({ end }) => `It works inside this network, but not through the cloud: ${end.detail}.`,
    remedy: ({ end }) => end.advice || NOTHING_TO_DO,
  },
  "works-without-relay": {
    exitCode: 0,
    says: ({ way, end }) =>
      `It works over ${wayWords(way)}, but the vendor's relay does not: ${end.detail}.`,
    remedy: () => "Nothing has to be done unless that way is needed: try again later.",
  },
  "works-lossy": {
    exitCode: 0,
    says: ({ way, loss }) =>
      `It works, but ${percent(loss)} of what the camera sends over ${wayWords(way)} is lost.`,
    remedy: () =>
      "Check the camera's Wi-Fi and its upload: a sub stream or a lower bit rate needs less of it.",
  },
  "works-breaking": {
    exitCode: 0,
    says: ({ way, end }) => `It works, but not for long over ${wayWords(way)}: ${end.detail}.`,
    remedy: () =>
      "Nothing has to be done while another way holds: streams change over by themselves.",
  },
  "works-wrong-clock": {
    exitCode: 0,
    says: ({ ahead }) =>
      `It works, but this machine's clock is ${seconds(Math.abs(ahead))} ${
        ahead > 0 ? "ahead of" : "behind"
      } the server's, which has to be corrected for each time.`,
    remedy: () => "Set this machine's clock, best by NTP.",
  },
  "works-wrong-server-clock": {
    exitCode: 0,
    says: ({ server, off }) =>
      `It works, but the clock of the server ${server} is ${seconds(Math.abs(off))} ${
        off > 0 ? "behind" : "ahead"
      }, which had to be corrected for.`,
    remedy: () => NOTHING_TO_DO,
  },
  "works-silent-servers": {
    exitCode: 0,
    says: ({ servers }) =>
      `It works, though ${servers.length} of the vendor's servers did not answer: ${few(servers)}.`,
    remedy: () => "Nothing has to be done: others stood in for them.",
  },
  "works-garbled-servers": {
    exitCode: 0,
    says: ({ servers }) => `It works, though what ${few(servers)} sends cannot be understood.`,
    remedy: () => "Check the names and ports of the servers, if you have set them yourself.",
  },
  "works-slow-server": {
    exitCode: 0,
    says: ({ server, after }) =>
      `It works, but is slow to begin: the server ${server} took ${seconds(after)} to answer.`,
    remedy: () =>
      "Keep the camera open, as with mode always, so that its servers are seldom asked.",
  },
  "works-slow-camera": {
    exitCode: 0,
    says: ({ after }) =>
      `It works, but is slow to begin: the camera took ${seconds(after)} to answer.`,
    remedy: () => "Keep the camera open, as with mode always; restart it if it used to be faster.",
  },
  "spared": {
    exitCode: 0,
    says: () =>
      "The cloud knows the camera; it was not called, as that wakes a camera that runs on a battery.",
    remedy: () => "Run it again with --wake to test the rest.",
  },
  "pinned-way": {
    exitCode: 5,
    says: ({ wanted, open }) =>
      `The address asks for way=${wanted}, which does not lead to the camera, though ${
        open.join(" and ")
      } would.`,
    remedy: ({ open }) => `Leave way at auto, or set way=${open[0] ?? "auto"}.`,
  },
  "unresolved": {
    exitCode: 5,
    says: ({ name }) => sentence(name.detail),
    remedy: () => "Check that this machine is online, its name server, and the server's name.",
  },
  "nothing-answers": {
    exitCode: 5,
    says: ({ servers }) => `Not a single answer came back over UDP: asked ${few(servers)}.`,
    remedy: () =>
      `Check that the firewall and router let UDP out to the internet, and server= where you set it.`,
  },
  "server-silent": failing(5),
  "server-garbled": {
    exitCode: 5,
    says: ({ servers, end }) =>
      servers.length > 0
        ? `What ${few(servers)} answers cannot be understood.`
        : sentence(end.detail),
    remedy: () => "Check server=, if you have set it: something else seems to listen there.",
  },
  "server-refuses": failing(5),
  "client-refused": failing(4),
  "unknown-camera": failing(3),
  "other-cloud": {
    exitCode: 3,
    says: ({ server }) => `This cloud does not know the camera, but ${server} does.`,
    remedy: ({ server }) => `Write ?server=${server} into the camera's address.`,
  },
  "relay-down": failing(5),
  "camera-silent": {
    exitCode: 5,
    says: ({ end }) =>
      `The cloud knows the camera, but the camera itself does not answer: ${end.detail}.`,
    remedy: ({ end }) =>
      end.advice || "Check the camera's power and network: it may be off, asleep or restarting.",
  },
  "password-missing": {
    exitCode: 4,
    says: ({ end }) => sentence(end.detail),
    remedy: () =>
      "Give user name and password of an account on the camera itself, not of the vendor's app.",
  },
  "password-refused": failing(4),
  "salt-unknown": failing(4),
  "no-way": {
    exitCode: 5,
    says: ({ end }) => `The camera is online, but no way leads to it: ${end.detail}.`,
    remedy: ({ end }) => end.advice || ROUTER,
  },
  "lost": {
    exitCode: 5,
    says: ({ end }) => `The camera was reached, and then it was gone: ${end.detail}.`,
    remedy: () => "Check the camera's power and network: it may restart or lose its Wi-Fi.",
  },
  "login-failed": failing(5, "Try again in a minute: the camera may be restarting."),
  "stream-silent": failing(
    5,
    "Check that RTSP is enabled in the camera, on its usual port; restart it if it is.",
  ),
  "no-stream": failing(
    5,
    "Check channel and stream in the address, and that RTSP is enabled in the camera.",
  ),
  "stream-breaks": {
    exitCode: 5,
    says: ({ end }) => `The stream begins, but does not last: ${end.detail}.`,
    remedy: () => "Restart the camera; if it stays so, look for its newest firmware.",
  },
  "no-keyframe": failing(7, "Check the camera's stream settings: it sends no picture."),
  "not-started": failing(5),
};

/** Every type, in the order of the table. */
export const CAUSE_TYPES: readonly CauseType[] = Object.keys(CAUSES) as CauseType[];

/** The row of a cause, whichever it is. */
export function rowOf(cause: Cause): CauseRow {
  // Every row takes the causes of its own type, by which it is found.
  return CAUSES[cause.type] as CauseRow;
}

/** A cause that is as good as the end it was found by. */
function failing(
  exitCode: DoctorExitCode,
  remedy = "Try again in a minute.",
): CauseRow<Extract<Cause, { readonly end: TunnelEnd }>> {
  return {
    exitCode,
    says: ({ end }) => sentence(end.detail),
    remedy: ({ end }) => end.advice || remedy,
  };
}

/** A clause as the sentence it is when it stands alone. */
function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}${/[.!?]$/.test(clause) ? "" : "."}`;
}

export function seconds(duration: Duration): string {
  const value = duration / 1_000;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

const WAY_WORDS: Readonly<Record<Way, string>> = {
  lan: "the LAN",
  direct: "the direct way",
  map: "the direct way",
  relay: "the vendor's relay",
  tcp: "TCP",
};

export function wayWords(way: Way): string {
  return WAY_WORDS[way];
}

/** The first of them, and how many more there are. */
function few(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
