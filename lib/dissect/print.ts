/** How dissections are shown: for people, and for programs. @module */

import type { Endpoint } from "../machine.ts";
import type { FrameReport } from "./capture_dissector.ts";

/** Ends of IPv4 fill a column of this width, for most lines. */
const ENDS_WIDTH = 39;

/** Fields that hold the bodies of messages. */
const TEXT_FIELDS = ["dhhttp.body", "rls.xml", "bc.xml"];

/** Where the ends stand in a line. */
const TEXT_INDENT = 19;

/** One line; `start` is the time of the first frame. */
export function frameLine(report: FrameReport, start: number | undefined): string {
  const { frame, time, from, to, protocol, summary, notes, errors } = report;
  const seconds = time === undefined || start === undefined
    ? "?"
    : ((time - start) / 1000).toFixed(6);
  const ends = from === undefined || to === undefined ? "" : `${endText(from)} > ${endText(to)}`;
  const told = [
    ...notes.map((note) => `  * ${note}`),
    ...errors.map(({ offset, rule }) => `  ! at byte ${offset}: ${rule}`),
  ];
  return printable(
    [
      `${String(frame).padStart(5)} ${seconds.padStart(11)}  ${ends.padEnd(ENDS_WIDTH)}`,
      `${protocol.padEnd(8)}  ${summary}${told.join("")}`,
    ].join("  "),
  );
}

/** Text that came in it, a line for each. */
export function frameTexts({ fields }: FrameReport): string[] {
  return TEXT_FIELDS.flatMap((name) => fields[name] ?? [])
    .map((text) => `${" ".repeat(TEXT_INDENT)}${printable(String(text))}`);
}

/** The same as an object for `JSON.stringify()`. */
export function frameJson(report: FrameReport): object {
  const { frame, time, from, to, ...rest } = report;
  return {
    frame,
    ...(time !== undefined && { time: time / 1000 }),
    ...(from !== undefined && { from: endText(from) }),
    ...(to !== undefined && { to: endText(to) }),
    ...rest,
  };
}

/** With brackets around IPv6, as in URLs, and without a port where there is none. */
function endText({ address, port }: Endpoint): string {
  const isV6 = address.includes(":");
  if (port === 0) return address;
  return isV6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** What strangers wrote must not move the cursor of a terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "?");
}
