/**
 * Flights as files that may be shown to anybody: one JSON object a line, the first of which says what
 * the flight is of.
 *
 * @module
 */

import { DecodeError } from "../bytes/decode_error.ts";
import type { Flight, FlightLine, FlightSubject } from "./flight_recorder.ts";
import { recastStreams } from "./recast/recast.ts";
import { bytesOf, type Identities, Redactor } from "./redactor.ts";
import { type Gap, toSparse } from "./sparse.ts";

const VERSION = 2;

/** The longest file that is read. */
export const MAX_FLIGHT_FILE = 64 << 20;

/** Why a flight was written. */
export interface FlightCause {
  readonly type: "failure" | "stall" | "request";
  readonly reason?: string;
  readonly stage?: string;
  readonly detail?: string;
}

/** What the doctor was asked, and what it said, line by line, as objects. */
export interface FlightExamination {
  readonly mayWake: boolean;
  readonly clouds: readonly { readonly host: string; readonly port: number }[];
  readonly findings: readonly object[];
}

/** A flight as a file has it, and what it was written for. */
export interface FlightFile {
  readonly flight: Flight;
  readonly cause: FlightCause;
  /** Of a bundle: the flight is of all that the doctor did. */
  readonly examination?: FlightExamination;
}

/** The text of a file, everything in it that tells who somebody is replaced. */
export function writeFlight(
  { flight, cause, examination }: FlightFile,
  identities: Identities,
): string {
  const redactor = new Redactor(identities);
  const head = headOf(flight, cause, redactor);
  const streams = recastStreams(flight, {
    password: identities.account?.password.reveal(),
    sameLength: (text) => redactor.sameLength(text),
  });
  return [
    head,
    ...(examination === undefined ? [] : [examined(examination, redactor)]),
    ...flight.lines.map((line) => hide(line, redactor, streams.get(line))),
    ...(examination?.findings ?? []).map((finding) => {
      return { type: "finding", finding: redactor.value(finding) };
    }),
  ].map((line) => `${JSON.stringify(line)}\n`).join("");
}

function headOf(flight: Flight, cause: FlightCause, redactor: Redactor): object {
  const { subject, now, wallClock, began, hosts, unresolved, isWhole } = flight;
  const own = (addresses: readonly string[]) => addresses.map((one) => redactor.address(one));
  return {
    flight: VERSION,
    cause: redactor.value(cause),
    subject: redactor.value({ ...subject, address: hideHosts(subject.address, redactor) }),
    ...{ now, wallClock, began, isWhole },
    hosts: Object.fromEntries(
      Object.entries(hosts).map(([host, found]) => [redactor.host(host), own(found)]),
    ),
    unresolved: Object.fromEntries(
      Object.entries(unresolved).map(([host, why]) => [redactor.host(host), redactor.text(why)]),
    ),
    localAddresses: own(flight.localAddresses),
    broadcastAddresses: own(flight.broadcastAddresses),
  };
}

function examined({ mayWake, clouds }: FlightExamination, redactor: Redactor): object {
  const hidden = clouds.map(({ host, port }) => ({ host: redactor.host(host), port }));
  return { type: "examination", mayWake, clouds: hidden };
}

/** Reads a file. Lines of kinds not known are left out. Throws `DecodeError`. */
export function readFlight(text: string): FlightFile {
  const [first = "", ...rest] = text.split("\n").filter((line) => line !== "");
  const head = parse(first, 1);
  if (head["flight"] !== VERSION || !isRecord(head["subject"]) || !isRecord(head["hosts"])) {
    throw new DecodeError("Cannot read the flight as its first line must say what it is of");
  }
  const { vendor, address, hasAccount, userLength } = head["subject"];
  if (typeof address !== "string" || (vendor !== "dahua" && vendor !== "reolink")) {
    throw new DecodeError("Cannot read the flight as its subject must be a camera's address");
  }
  const subject: FlightSubject = {
    ...{ vendor, address },
    hasAccount: hasAccount === true,
    userLength: Math.min(MAX_USER, Math.max(0, Math.trunc(numberOf(userLength)))),
  };
  const lines = rest.map((line, i) => parse(line, i + 2));
  const examination = examinationIn(lines);
  return {
    cause: causeOf(head["cause"]),
    ...(examination && { examination }),
    flight: {
      subject,
      now: numberOf(head["now"]),
      wallClock: numberOf(head["wallClock"]),
      began: numberOf(head["began"]),
      hosts: Object.fromEntries(
        Object.entries(head["hosts"]).map(([host, found]) => [host, textsOf(found)]),
      ),
      localAddresses: textsOf(head["localAddresses"]),
      unresolved: Object.fromEntries(
        Object.entries(isRecord(head["unresolved"]) ? head["unresolved"] : {})
          .map(([host, why]) => [host, String(why)]),
      ),
      isWhole: head["isWhole"] === true,
      broadcastAddresses: textsOf(head["broadcastAddresses"]),
      lines: lines.flatMap(lineOf),
    },
  };
}

/** The longest user name an address has room for. */
const MAX_USER = 256;

function examinationIn(lines: readonly Json[]): FlightExamination | undefined {
  const line = lines.find(({ type }) => type === "examination");
  if (line === undefined) return undefined;
  const { mayWake, clouds } = line;
  return {
    mayWake: mayWake === true,
    clouds: (Array.isArray(clouds) ? clouds : []).filter(isRecord).map(({ host, port }) => {
      return { host: String(host), port: numberOf(port) };
    }),
    findings: lines.flatMap(({ type, finding }) =>
      type === "finding" && isRecord(finding) ? [finding] : []
    ),
  };
}

/** @param stream What the line holds of a stream, with nothing in it any more to be replaced. */
function hide(line: FlightLine, redactor: Redactor, stream: Uint8Array | undefined): object {
  switch (line.type) {
    case "in":
    case "out": {
      const before = bytesOf(line.head);
      const after = stream ?? redactor.datagram(before);
      return {
        ...line,
        remote: redactor.endpoint(line.remote),
        // What is whole stays whole.
        length: line.length === before.byteLength ? after.byteLength : line.length,
        ...toSparse(after),
      };
    }
    case "read":
    case "wrote":
      return { ...line, ...toSparse(stream ?? new Uint8Array(0)) };
    case "dial":
      return { ...line, remote: redactor.endpoint(line.remote) };
    case "undialed":
    case "ended":
      return { ...line, detail: redactor.text(line.detail) };
    case "event":
      return { ...line, event: redactor.value(line.event) };
    case "entropy":
    case "socket":
    case "dialed":
      return line;
  }
}

/** The servers an address names; a camera's own address is one that is replaced anyway. */
function hideHosts(address: string, redactor: Redactor): string {
  return address.replace(/([?&]server=)([^&]*)/, (_, name: string, servers: string) => {
    const hidden = servers.split(",").map((server) => {
      const [host = "", port = ""] = server.split(":");
      return `${redactor.host(host)}:${port}`;
    });
    return name + hidden.join();
  });
}

type Json = Readonly<Record<string, unknown>>;

function parse(line: string, number: number): Json {
  try {
    const value: unknown = JSON.parse(line);
    if (isRecord(value)) return value;
  } catch {
    // Said below, as for any other value that is no object.
  }
  throw new DecodeError(`Cannot read the flight as line ${number} must be a JSON object`);
}

function lineOf(line: Json): FlightLine[] {
  const at = line["at"];
  if (typeof at !== "number" || !Number.isFinite(at)) return [];
  const { type, socket, stream, remote, length, head, hex, port, event, detail } = line;
  switch (type) {
    case "in":
    case "out":
      if (typeof remote !== "string" || typeof head !== "string") return [];
      return [{
        ...{ type, at, remote, head },
        ...{ socket: numberOf(socket), length: numberOf(length) },
        ...gapsIn(line),
      }];
    case "read":
    case "wrote":
      if (typeof head !== "string") return [];
      return [{
        ...{ type, at, head },
        ...{ stream: numberOf(stream), length: numberOf(length) },
        ...gapsIn(line),
      }];
    case "dial":
      return typeof remote === "string" ? [{ type, at, stream: numberOf(stream), remote }] : [];
    case "dialed":
      return [{ type, at, stream: numberOf(stream), port: numberOf(port) }];
    case "undialed":
    case "ended":
      return [{ type, at, stream: numberOf(stream), detail: String(detail ?? "") }];
    case "entropy":
      return typeof hex === "string" ? [{ type, at, hex }] : [];
    case "socket":
      return [{ type, at, socket: numberOf(socket), port: numberOf(port) }];
    case "event":
      return [{ type, at, event }];
    default:
      return [];
  }
}

function gapsIn({ gaps }: Json): { readonly gaps?: readonly Gap[] } {
  if (!Array.isArray(gaps)) return {};
  return {
    gaps: gaps.filter(Array.isArray).map(([at, length]): Gap => [
      Math.max(0, Math.trunc(numberOf(at))),
      Math.max(0, Math.trunc(numberOf(length))),
    ]),
  };
}

function causeOf(value: unknown): FlightCause {
  const { type, reason, stage, detail } = isRecord(value) ? value : {};
  return {
    type: type === "stall" || type === "request" ? type : "failure",
    ...(typeof reason === "string" && { reason }),
    ...(typeof stage === "string" && { stage }),
    ...(typeof detail === "string" && { detail }),
  };
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
