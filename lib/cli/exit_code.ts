import type { TunnelEnd } from "../tunnel_end.ts";

/** Exit codes of the program, as scripts may rely on them. */
export const ExitCode = {
  done: 0,
  unexpected: 1,
  usage: 2,
  unknownCamera: 3,
  refusedCredentials: 4,
  noPath: 5,
  daemon: 6,
  timedOut: 7,
} as const;

/** For help texts. */
export const EXIT_CODES_HELP = [
  "Exit codes: 0 done, 1 unexpected, 2 usage or config, 3 camera unknown or offline,",
  "  4 credentials refused, 5 no path to the camera, 6 daemon unreachable, 7 timed out",
];

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A failure that ends the program with a message, an advice and a code of its own. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: ExitCode;
  readonly advice: string;

  constructor(code: ExitCode, message: string, advice = "") {
    super(message);
    this.code = code;
    this.advice = advice;
  }
}

/** The failure a tunnel's end amounts to, or `undefined` when we ended it ourselves. */
export function failureOf(end: TunnelEnd): Failure | undefined {
  if (end.reason === "local") return undefined;
  return new Failure(codeOf(end), `${end.stage}: ${end.detail}`, end.advice);
}

function codeOf({ reason, stage }: TunnelEnd): ExitCode {
  if (reason === "auth") return ExitCode.refusedCredentials;
  const isMet = stage === "punching" || stage === "starting";
  if (reason === "unreachable" && !isMet) return ExitCode.unknownCamera;
  return ExitCode.noPath;
}
