import type { Duration, Endpoint } from "../../machine.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import type { Conn } from "./message.ts";
import type { ReolinkSocket, ReolinkWay } from "./signaling_options.ts";

/**
 * A step towards the camera, as reported while it happens.
 *
 * - `discover`: does it answer on the LAN?
 * - `lookup`: which register looks after this UID?
 * - `register`: have the register call the camera
 * - `local`, `map`, `relay`: shake hands with the camera on that path
 */
export type ReolinkStage = "discover" | "lookup" | "register" | Conn;

/** The stage a `TunnelEnd` names; `punching` is all handshakes together. */
export type ReolinkEndStage = "discover" | "lookup" | "register" | "punching" | "open";

/** What the layers above need to talk to the camera. */
export interface ReolinkContact {
  /** The socket it answers on. The other one is not needed any more. */
  readonly via: ReolinkSocket;
  readonly peer: Endpoint;
  readonly way: ReolinkWay;
  /** Which handshake won; absent when it was LAN discovery. */
  readonly conn?: Conn;
  /** Signed 32 bits: on every data and ack datagram to us. */
  readonly cid: number;
  /** Signed 32 bits: on every data and ack datagram to the camera. */
  readonly did: number;
  /** Unsigned 32 bits; absent on the pure LAN path. */
  readonly sid?: number;
}

export type ReolinkSignalingEvent =
  | {
    readonly type: "stage";
    readonly stage: ReolinkStage;
    /** `dropped`: not needed any more, as another way won or the attempt is over. */
    readonly status: "started" | "answered" | "failed" | "dropped";
    /** Which time through the cloud, from 1; 1 for `discover`. */
    readonly attempt: number;
    /** Since the stage began. */
    readonly elapsed: Duration;
    /** Datagrams sent for it. */
    readonly sends: number;
    /** Why it failed, as a clause; empty otherwise. */
    readonly detail: string;
  }
  /** The camera may be talked to. Comes once. */
  | { readonly type: "established" } & ReolinkContact
  /** The last event: no contact could be had, or there is none any more. */
  | { readonly type: "closed" } & TunnelEnd;

/** Datagrams that came to nothing, by cause. */
export interface ReolinkSignalingCounters {
  /** Not signaling, or not readable as such. */
  undecodable: number;
  /** Readable, but about no session of ours, or nothing a client is ever sent. */
  unmatched: number;
  /** Answers again to what was answered. */
  repeated: number;
}

/** What became of a datagram that could be read. */
export type Handled = "taken" | Exclude<keyof ReolinkSignalingCounters, "undecodable">;
