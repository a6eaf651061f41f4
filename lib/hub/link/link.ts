/**
 * A connection to a camera, as the pool sees it: what the vendors' links have in common. Types only.
 *
 * @module
 */

import type { Duration, Endpoint } from "../../machine.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import type { Way } from "../camera_status.ts";

/** How a link came to be open. */
export interface OpenWay {
  readonly way: Way;
  readonly peer: Endpoint;
}

/** Figures of one link, or of all links of a camera together. */
export interface LinkFigures {
  /** Round trip, smoothed, of what carries the streams now. */
  readonly rtt: Duration | undefined;
  /** Share of what the camera sent that was lost at first, as far as can be seen, 0 to 1. */
  readonly loss: number | undefined;
  /** Datagrams sent again by us. */
  readonly retransmits: number;
  /** Bytes of streams received, by the way they took. */
  readonly received: Readonly<Partial<Record<Way, number>>>;
}

/**
 * One connection to a camera. `Request` names what it is asked for, `Stream` is what one gets: of a
 * Dahua device a port and a byte stream, of a Reolink camera a preview or a command and its session.
 */
export interface Link<Request, Stream> {
  /** Resolves once streams can be opened, or with `undefined` when it ended before that. */
  readonly opened: Promise<OpenWay | undefined>;
  /** Resolves once it is over; rejects on a bug of ours. */
  readonly ended: Promise<TunnelEnd>;
  /** Whether streams can be opened now. */
  readonly isOpen: boolean;
  /** May be read after its end, too. */
  readonly figures: LinkFigures;
  /** Begins a stream at once. Throws `LinkError` when the link has just ended. */
  openStream(request: Request): Stream;
  /** Begins to end it in good order. */
  close(): void;
}

/** Begins to open a link; `onStreams` hears how many streams it has whenever that changes. */
export type StartLink<Request, Stream> = (
  signal: AbortSignal,
  onStreams: (count: number) => void,
) => Promise<Link<Request, Stream>>;

/** The figures of several links together; round trip and loss are the last one's that has them. */
export function sumFigures(figures: readonly LinkFigures[]): LinkFigures {
  const received: Partial<Record<Way, number>> = {};
  for (const one of figures) {
    for (const [way, bytes] of Object.entries(one.received) as [Way, number][]) {
      received[way] = (received[way] ?? 0) + bytes;
    }
  }
  return {
    rtt: figures.findLast(({ rtt }) => rtt !== undefined)?.rtt,
    loss: figures.findLast(({ loss }) => loss !== undefined)?.loss,
    retransmits: figures.reduce((sum, { retransmits }) => sum + retransmits, 0),
    received,
  };
}
