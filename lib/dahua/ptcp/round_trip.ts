import type { Duration, Instant } from "../../machine.ts";
import type { Flight } from "./sender.ts";

/**
 * The round trip an acknowledgement of `head` tells, if it tells one.
 *
 * A segment sent once tells it by itself. For one sent again the echo must be of its last sending:
 * peers go on echoing an older time when they acknowledge what they had already, and a round trip
 * taken from that would push the retransmission timeout up to many seconds.
 */
export function roundTrip(
  now: Instant,
  head: Flight | undefined,
  sinceEcho: Duration | undefined,
): Duration | undefined {
  if (head === undefined) return undefined;
  const sinceSent = now - head.sentAt;
  if (head.transmissions === 1) return sinceSent;
  // Stamps are whole milliseconds, rounded down.
  return sinceEcho !== undefined && sinceEcho <= sinceSent + 1 ? sinceEcho : undefined;
}
