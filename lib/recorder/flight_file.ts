/**
 * Flights as files that may be shown to anybody: one JSON object a line, the first of which says what
 * the flight is of.
 *
 * @module
 */

import { encodeBase64 } from "../bytes/base64.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import type { Flight, FlightLine, FlightSubject } from "./flight_recorder.ts";
import { bytesOf, type Identities, Redactor } from "./redactor.ts";

const VERSION = 1;

/** The longest file that is read. */
export const MAX_FLIGHT_FILE = 64 << 20;

/** Why a flight was written. */
export interface FlightCause {
  readonly type: "failure" | "stall" | "request";
  readonly reason?: string;
  readonly stage?: string;
  readonly detail?: string;
}

/** A flight as a file has it, and what it was written for. */
export interface FlightFile {
  readonly flight: Flight;
  readonly cause: FlightCause;
}

/** The text of a file, everything in it that tells who somebody is replaced. */
export function writeFlight(
  { flight, cause }: FlightFile,
  identities: Identities,
  more: readonly object[] = [],
): string {
  const redactor = new Redactor(identities);
  const { subject, now, wallClock, began, hosts, localAddresses, broadcastAddresses, lines } =
    flight;
  const head = {
    flight: VERSION,
    cause: redactor.value(cause),
    subject: redactor.value({ ...subject, address: hideHosts(subject.address, redactor) }),
    now,
    wallClock,
    began,
    hosts: Object.fromEntries(
      Object.entries(hosts).map(([host, addresses]) => [
        redactor.host(host),
        addresses.map((address) => redactor.address(address)),
      ]),
    ),
    localAddresses: localAddresses.map((address) => redactor.address(address)),
    broadcastAddresses: broadcastAddresses.map((address) => redactor.address(address)),
  };
  return [
    head,
    ...lines.map((line) => hide(line, redactor)),
    ...more.map((one) => redactor.value(one)),
  ].map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** Reads a file. Lines of kinds not known are left out. Throws `DecodeError`. */
export function readFlight(text: string): FlightFile {
  const [first = "", ...rest] = text.split("\n").filter((line) => line !== "");
  const head = parse(first, 1);
  if (head["flight"] !== VERSION || !isRecord(head["subject"]) || !isRecord(head["hosts"])) {
    throw new DecodeError("Cannot read the flight as its first line must say what it is of");
  }
  const { vendor, address, hasAccount } = head["subject"];
  if (typeof address !== "string" || (vendor !== "dahua" && vendor !== "reolink")) {
    throw new DecodeError("Cannot read the flight as its subject must be a camera's address");
  }
  const subject: FlightSubject = { vendor, address, hasAccount: hasAccount === true };
  return {
    cause: causeOf(head["cause"]),
    flight: {
      subject,
      now: numberOf(head["now"]),
      wallClock: numberOf(head["wallClock"]),
      began: numberOf(head["began"]),
      hosts: Object.fromEntries(
        Object.entries(head["hosts"]).map(([host, found]) => [host, textsOf(found)]),
      ),
      localAddresses: textsOf(head["localAddresses"]),
      broadcastAddresses: textsOf(head["broadcastAddresses"]),
      lines: rest.flatMap((line, i) => lineOf(parse(line, i + 2))),
    },
  };
}

function hide(line: FlightLine, redactor: Redactor): object {
  switch (line.type) {
    case "in":
    case "out": {
      const before = bytesOf(line.head);
      const after = redactor.datagram(before);
      return {
        ...line,
        remote: redactor.endpoint(line.remote),
        // What is whole stays whole.
        length: line.length === before.byteLength ? after.byteLength : line.length,
        head: encodeBase64(after),
      };
    }
    case "event":
      return { ...line, event: redactor.value(line.event) };
    case "entropy":
    case "socket":
      return line;
  }
}

/** The servers an address names. */
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
  const { type, socket, remote, length, head, hex, port, event } = line;
  switch (type) {
    case "in":
    case "out":
      if (typeof remote !== "string" || typeof head !== "string") return [];
      return [{ type, at, socket: numberOf(socket), remote, length: numberOf(length), head }];
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
