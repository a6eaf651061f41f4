/**
 * Every way a request can fail: the word for programs, the status, and the title for people. The
 * words are part of the contract; the command line has an exit code for each.
 */
export const PROBLEM_KINDS = {
  "invalid-request": { status: 400, title: "The request is not understood" },
  "unauthorized": { status: 401, title: "A valid token is needed" },
  "forbidden-host": { status: 403, title: "The daemon does not answer to this host name" },
  "forbidden-origin": { status: 403, title: "Web pages of other origins may not call" },
  "not-found": { status: 404, title: "There is nothing at this path" },
  "unknown-camera": { status: 404, title: "There is no such camera" },
  "no-picture": { status: 404, title: "There is no picture" },
  "method-not-allowed": { status: 405, title: "This path has no such method" },
  "refused": { status: 409, title: "The daemon does not do this" },
  "too-large": { status: 413, title: "The body is too large" },
  "unsupported-media-type": { status: 415, title: "The body must be JSON" },
  "too-many-requests": { status: 429, title: "Too many requests" },
  "wake-budget": { status: 429, title: "The camera's wake budget is spent" },
  "internal": { status: 500, title: "A bug of ours" },
  "closing": { status: 503, title: "The daemon is ending" },
  "not-ready": { status: 503, title: "The daemon is not ready" },
  "camera-offline": { status: 504, title: "The camera is unknown or offline" },
  "credentials-refused": { status: 504, title: "The camera refused user name or password" },
  "no-path": { status: 504, title: "There is no path to the camera" },
  "camera-failed": { status: 504, title: "The camera failed" },
  "timed-out": { status: 504, title: "No key frame came in time" },
} as const;

export type ProblemKind = keyof typeof PROBLEM_KINDS;

const PREFIX = "urn:sightline:problem:";

/** The `type` of a problem. */
export function problemType(kind: ProblemKind): string {
  return PREFIX + kind;
}

/** The kind a `type` stands for, or `undefined` when it is none of ours. */
export function problemKind(type: unknown): ProblemKind | undefined {
  if (typeof type !== "string" || !type.startsWith(PREFIX)) return undefined;
  const kind = type.slice(PREFIX.length);
  return Object.hasOwn(PROBLEM_KINDS, kind) ? kind as ProblemKind : undefined;
}
