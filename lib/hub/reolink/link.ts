/** A way to a Reolink camera that carries bytes, whichever it is. Types only. @module */

import type { ReolinkAddress } from "../../config/camera_address.ts";
import type { ByteStream, World } from "../../io/types.ts";
import type { Duration, Endpoint } from "../../machine.ts";
import type { ReolinkTunnelEvent } from "../../reolink/tunnel_event.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import type { LinkFigures, OpenWay } from "../link/link.ts";

/** A connection to a Reolink camera, as bytes. What they mean is for a Baichuan session to know. */
export interface ReolinkLink {
  /** Resolves once the camera is reached, or with `undefined` when it ended before that. */
  readonly opened: Promise<OpenWay | undefined>;
  /** Resolves with the reason once it is over; rejects on a bug of ours. */
  readonly ended: Promise<TunnelEnd>;
  /** Whether the stream can be written and read now. */
  readonly isOpen: boolean;
  /** May be read after its end, too. */
  readonly figures: LinkFigures;
  /** Both directions. Waits for `opened` by itself; ending it ends the link. */
  readonly stream: ByteStream;
  /** Begins to end it in good order: what was written still leaves. */
  close(): void;
}

/** What a link says while it lives: a tunnel's events, and of a camera by address the last two. */
export type ReolinkLinkEvent =
  | ReolinkTunnelEvent
  | { readonly type: "open"; readonly way: "tcp"; readonly peer: Endpoint };

export interface ReolinkLinkOptions {
  readonly address: ReolinkAddress;
  readonly world: World;
  /** Every event, for logs and states. */
  readonly onEvent: (event: ReolinkLinkEvent) => void;
  /**
   * How often the cloud may call the camera, each time of which may wake it: give 1 for one with a
   * battery. Left out: as often as signaling finds reasonable.
   */
  readonly calls?: number;
  /** Looks for it on the LAN alone, for so long: the cloud is not asked to call it. */
  readonly onLanFor?: Duration;
}
