/** How dissections are shown: for people, and for programs. @module */

import { formatEndpoint } from "../endpoint.ts";
import type { CapturedDatagram, Dissection } from "./dissection.ts";

/** One line; `start` is the time of the first datagram. */
export function dissectionLine(
  { frame, time, from, to }: CapturedDatagram,
  { protocol, summary, notes, errors }: Dissection,
  start: number | undefined,
): string {
  const seconds = time === undefined || start === undefined
    ? "?"
    : ((time - start) / 1000).toFixed(6);
  const told = [
    ...notes.map((note) => `  * ${note}`),
    ...errors.map(({ offset, rule }) => `  ! at byte ${offset}: ${rule}`),
  ];
  const ends = `${formatEndpoint(from)} > ${formatEndpoint(to)}`;
  return printable(`${frame}  ${seconds}  ${ends}  ${protocol}  ${summary}${told.join("")}`);
}

/** The same as an object for `JSON.stringify()`. */
export function dissectionJson(datagram: CapturedDatagram, dissection: Dissection): object {
  const { frame, time, from, to, payload } = datagram;
  return {
    frame,
    ...(time !== undefined && { time: time / 1000 }),
    from: formatEndpoint(from),
    to: formatEndpoint(to),
    length: payload.byteLength,
    ...dissection,
  };
}

/** What strangers wrote must not move the cursor of a terminal. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}
