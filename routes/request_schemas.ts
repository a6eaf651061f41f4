/** What requests have in common. @module */

import { z } from "@hono/zod-openapi";
import { CAMERA_NAME_PATTERN } from "../lib/config/camera_name.ts";
import { duration } from "../lib/config/setting_types.ts";
import { PROBLEM_KINDS, type ProblemKind } from "./problem_kinds.ts";
import { PROBLEM_MEDIA_TYPE, problemSchema } from "./problem.ts";

/** A camera there may be; whether there is one, the hub knows. */
export const cameraParams = z.object({
  name: z.string().max(64).meta({
    description: "Capitals make no difference",
    pattern: CAMERA_NAME_PATTERN,
    examples: ["front"],
  }),
});

/** Where nothing may be asked for: what is not understood is refused, never ignored. */
export const noQuery = z.strictObject({});

export const durationQuery = duration.optional();

/** Of a route that needs no token. */
export const OPEN: { security: [] } = { security: [] };

/** Failures every route can have. */
const EVERYWHERE: readonly ProblemKind[] = [
  "invalid-request",
  "forbidden-host",
  "forbidden-origin",
  "too-large",
  "too-many-requests",
  "internal",
];

/** Failures of routes that may have to reach a camera. */
export const REACHING: readonly ProblemKind[] = [
  "unknown-camera",
  "refused",
  "wake-budget",
  "closing",
  "timed-out",
  "camera-offline",
  "credentials-refused",
  "no-path",
  "camera-failed",
];

/** The failures of a route that needs a token, for its description. */
export function failures(...kinds: readonly ProblemKind[]) {
  return openFailures("unauthorized", ...kinds);
}

/** The failures of a route that needs none. */
export function openFailures(...kinds: readonly ProblemKind[]) {
  const titles = new Map<number, string[]>();
  for (const kind of [...EVERYWHERE, ...kinds]) {
    const { status, title } = PROBLEM_KINDS[kind];
    titles.set(status, [...titles.get(status) ?? [], title]);
  }
  return Object.fromEntries(
    [...titles].map(([status, all]) => [status, {
      description: all.join("; "),
      content: { [PROBLEM_MEDIA_TYPE]: { schema: problemSchema } },
    }]),
  );
}
