import { type ProblemKind, problemKind } from "../../routes/problem_kinds.ts";
import { ExitCode, Failure } from "./exit_code.ts";

/** What each kind of problem is to a script. */
const EXIT_CODES: Readonly<Record<ProblemKind, ExitCode>> = {
  "invalid-request": ExitCode.usage,
  "unauthorized": ExitCode.daemon,
  "forbidden-host": ExitCode.daemon,
  "forbidden-origin": ExitCode.daemon,
  "not-found": ExitCode.daemon,
  "unknown-camera": ExitCode.unknownCamera,
  "no-picture": ExitCode.daemon,
  "method-not-allowed": ExitCode.daemon,
  "refused": ExitCode.daemon,
  "too-large": ExitCode.daemon,
  "unsupported-media-type": ExitCode.daemon,
  "too-many-requests": ExitCode.daemon,
  "wake-budget": ExitCode.daemon,
  "internal": ExitCode.daemon,
  "closing": ExitCode.daemon,
  "not-ready": ExitCode.daemon,
  "camera-offline": ExitCode.unknownCamera,
  "credentials-refused": ExitCode.refusedCredentials,
  "no-path": ExitCode.noPath,
  "camera-failed": ExitCode.noPath,
  "timed-out": ExitCode.timedOut,
};

/** What a daemon's answer of failure amounts to; `body` is what it said, parsed. */
export function daemonFailure(status: number, body: unknown): Failure {
  const { type, detail, camera, stage, advice } = members(body);
  const kind = problemKind(type);
  if (kind === undefined) {
    return new Failure(
      ExitCode.daemon,
      `The answer, HTTP ${status}, is none of a sightline daemon`,
      "Check --url or SIGHTLINE_URL: something else answers there.",
    );
  }
  const parts = [camera, stage].filter((part) => part !== undefined);
  const where = parts.length === 0 ? "" : `${parts.join(", ")}: `;
  return new Failure(EXIT_CODES[kind], `${where}${detail ?? kind}`, advice ?? "");
}

/** The members that are text, without what could move a terminal's cursor. */
function members(body: unknown): Readonly<Record<string, string | undefined>> {
  if (typeof body !== "object" || body === null) return {};
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) =>
      typeof value === "string" ? [[name, printable(value)]] : []
    ),
  );
}

/** Text of the daemon's, fit for a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}
