/** Options, events and figures of a PTCP session. */

import type { CloseReason, Duration, Entropy } from "../../machine.ts";
import type { ConnectionOptions, ConnectionStats } from "./connection_options.ts";
import type { ControlMessage } from "./message.ts";

export interface SessionOptions extends Omit<ConnectionOptions, "atMessageBoundary"> {
  /** Chooses realm ids. */
  readonly entropy: Entropy;
  /** Heartbeat interval. Default 5000, which keeps NAT mappings open; 0 sends none. */
  readonly heartbeatEvery?: Duration;
  /** Silence after which the path is taken as dead. Default 12 000. */
  readonly silenceLimit?: Duration;
  /** Bytes a realm may keep for a reader that does not read. Default 4 MiB. */
  readonly realmBuffer?: number;
}

export type SessionEvent =
  | { readonly type: "connected" }
  | { readonly type: "control"; readonly message: ControlMessage }
  /** The peer asks for a TCP connection: answer with `acceptRealm` or `closeRealm`. */
  | {
    readonly type: "bind";
    readonly realm: number;
    readonly port: number;
    readonly address: string;
  }
  | { readonly type: "realmOpen"; readonly realm: number }
  /** There is something to read where there was nothing: read until `undefined`. */
  | { readonly type: "realmReadable"; readonly realm: number }
  /** A writer that found no room may go on. */
  | { readonly type: "realmWritable"; readonly realm: number }
  | {
    readonly type: "realmClosed";
    readonly realm: number;
    readonly reason: CloseReason;
    readonly detail: string;
  }
  | { readonly type: "closed"; readonly reason: CloseReason; readonly detail: string };

export interface SessionStats extends ConnectionStats {
  /** Messages for realms we do not know: closed a moment ago, or never opened. */
  readonly stray: number;
  /** Messages of unknown type. */
  readonly unknown: number;
  /** Times framing was lost and taken up again. */
  readonly desynchronised: number;
}
