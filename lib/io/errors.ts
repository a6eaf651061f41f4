import type { Endpoint } from "../machine.ts";
import { formatEndpoint, isIpv4 } from "../endpoint.ts";

/** Why the operating system refused something, in one word. */
export type IoErrorCode =
  | "bad-address"
  | "in-use"
  | "not-available"
  | "denied"
  | "refused"
  | "unreachable"
  | "timed-out"
  | "reset"
  | "closed"
  | "aborted"
  | "exhausted"
  | "not-found"
  | "too-large"
  | "not-text"
  | "failed";

/** An error of the world around us: told in one sentence, and in one word. */
export class IoError extends Error {
  override readonly name: string = "IoError";
  readonly code: IoErrorCode;

  constructor(code: IoErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
  }
}

/** A UDP or TCP port could not be had. */
export class ListenError extends IoError {
  override readonly name = "ListenError";
}

/** A TCP connection could not be opened. */
export class DialError extends IoError {
  override readonly name = "DialError";
}

/** An open TCP connection broke. */
export class StreamError extends IoError {
  override readonly name = "StreamError";
}

/** A host name has no IPv4 address, or none could be asked for. */
export class ResolveError extends IoError {
  override readonly name = "ResolveError";
}

/** A file could not be read or written, or standard input not read. */
export class FileError extends IoError {
  override readonly name = "FileError";
}

/** Codes of the operating system, as `error.code` carries them on both runtimes. */
const REASONS: Readonly<Record<string, readonly [IoErrorCode, string]>> = {
  EADDRINUSE: ["in-use", "the port is already in use"],
  EADDRNOTAVAIL: ["not-available", "this machine does not have that address"],
  // Deno's `node:net` reports it when told to listen on an address of another machine.
  EINVAL: ["not-available", "this machine does not have that address"],
  EACCES: ["denied", "permission is denied"],
  EPERM: ["denied", "permission is denied"],
  ECONNREFUSED: ["refused", "nothing listens there"],
  ENETUNREACH: ["unreachable", "there is no route to it"],
  EHOSTUNREACH: ["unreachable", "there is no route to it"],
  ETIMEDOUT: ["timed-out", "it did not answer in time"],
  ECONNRESET: ["reset", "the other side dropped the connection"],
  EPIPE: ["reset", "the other side dropped the connection"],
  // What Deno makes of a write the connection broke under.
  ECANCELED: ["reset", "the other side dropped the connection"],
  ECONNABORTED: ["reset", "the connection was dropped"],
  EMFILE: ["exhausted", "too many files and sockets are open"],
  ENFILE: ["exhausted", "too many files and sockets are open"],
  ENOENT: ["not-found", "there is no such file"],
  ENOTDIR: ["not-found", "a part of the path is no folder"],
  ENOSPC: ["exhausted", "the disk is full"],
  EROFS: ["denied", "the file system is read-only"],
  EISDIR: ["failed", "it is a directory"],
};

/** Our word for what a runtime threw, and the clause that tells it. */
export function reasonOf(error: unknown): readonly [IoErrorCode, string] {
  const code = codeOf(error);
  return (code === undefined ? undefined : REASONS[code]) ?? ["failed", textOf(error)];
}

/** `error.code` where there is one, e.g. `"EADDRINUSE"`. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Throws `ListenError` unless `at` is an IPv4 address with a port from 0 to 65535. */
export function checkListenEndpoint(protocol: "TCP" | "UDP", at: Endpoint): void {
  if (isIpv4(at.address) && isPort(at.port)) return;
  const rule = "it must be an IPv4 address and a port from 0 to 65535";
  throw new ListenError("bad-address", `${listenAction(protocol, at)} as ${rule}`);
}

/** What a runtime threw when asked to listen, as our own error. */
export function listenError(protocol: "TCP" | "UDP", at: Endpoint, error: unknown): ListenError {
  const [code, reason] = reasonOf(error);
  return new ListenError(code, `${listenAction(protocol, at)} as ${reason}`, error);
}

/** Whether `port` can be in a datagram or segment, or 0. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65535;
}

function listenAction(protocol: string, at: Endpoint): string {
  return `Cannot listen on ${protocol} ${formatEndpoint(at)}`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
