/**
 * The one place that turns a failure into a status and a body: `application/problem+json`, RFC 9457.
 *
 * @module
 */

import { z } from "@hono/zod-openapi";
import type { CameraError } from "../lib/hub/camera_status.ts";
import type { BudgetSpent, Refused, UnknownCamera } from "../lib/hub/hub.ts";
import type { Duration } from "../lib/machine.ts";
import { PROBLEM_KINDS, type ProblemKind, problemType } from "./problem_kinds.ts";

export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** How long a client waits for its turn where there are too many. */
const RETRY_WHEN_FULL: Duration = 30_000;

export const problemSchema = z.object({
  type: z.string().meta({
    description: "For programs: urn:sightline:problem: and a word",
    examples: [problemType("no-path")],
  }),
  title: z.string(),
  status: z.int(),
  detail: z.string().meta({ description: "What happened, in one sentence" }),
  camera: z.string().optional(),
  stage: z.string().optional().meta({ description: "How far it had come towards the camera" }),
  advice: z.string().optional().meta({ description: "What to do about it" }),
  errors: z.array(z.object({ in: z.string(), path: z.string(), text: z.string() })).optional()
    .meta({ description: "Each mistake of a request" }),
}).meta({ id: "Problem", description: "Why a request failed (RFC 9457)" });

/** Members a problem may have beyond those its kind has. */
export interface ProblemDetails extends
  Partial<
    Pick<z.output<typeof problemSchema>, "camera" | "stage" | "advice" | "errors">
  > {
  readonly detail: string;
  readonly retryAfter?: Duration;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request fails. Thrown by whoever finds out, answered in one place. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly kind: ProblemKind;
  readonly details: ProblemDetails;

  constructor(kind: ProblemKind, details: ProblemDetails) {
    super(details.detail);
    this.kind = kind;
    this.details = details;
  }
}

/** The answer to a request that failed so. */
export function problemResponse({ kind, details }: Problem): Response {
  const { status, title } = PROBLEM_KINDS[kind];
  const { detail, camera, stage, advice, errors, retryAfter, headers } = details;
  const body = {
    type: problemType(kind),
    title,
    status,
    detail,
    camera,
    stage,
    advice: advice === "" ? undefined : advice,
    errors,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      "Content-Type": PROBLEM_MEDIA_TYPE,
      ...(retryAfter !== undefined && { "Retry-After": retryAfterSeconds(retryAfter) }),
      ...headers,
    },
  });
}

/** What the hub did not do for a camera. */
export function refusal(
  camera: string,
  result: Refused | BudgetSpent | UnknownCamera,
): Problem {
  switch (result.type) {
    case "unknown":
      return new Problem("unknown-camera", {
        detail: `There is no camera named ${camera}`,
        camera,
      });
    case "budget":
      return budgetProblem(result, camera);
    case "refused": {
      const { why, detail, advice } = result;
      const kind = why === "closing" ? "closing" : why === "nothing" ? "no-picture" : "refused";
      return new Problem(kind, { detail: sentence(detail), advice, camera });
    }
  }
}

/** @param camera Its name, where it was asked for by that. */
export function budgetProblem(spent: BudgetSpent, camera: string | undefined): Problem {
  const { detail, advice, retryAfter } = spent;
  const named = camera === undefined ? {} : { camera };
  return new Problem("wake-budget", { detail: sentence(detail), advice, retryAfter, ...named });
}

/** Too many have something open already, which the next one has to wait for. */
export function tooManyOpen(detail: string): Problem {
  return new Problem("too-many-requests", { detail, retryAfter: RETRY_WHEN_FULL });
}

/** What stood between the hub and a camera. */
export function cameraProblem(camera: string, error: CameraError): Problem {
  const { stage, detail, advice } = error;
  return new Problem(kindOf(error), { detail: sentence(detail), stage, advice, camera });
}

function kindOf({ reason, stage }: CameraError): ProblemKind {
  if (reason === "auth") return "credentials-refused";
  if (reason !== "unreachable") return "camera-failed";
  return stage === "punching" ? "no-path" : "camera-offline";
}

/** A clause as the sentence it is when it stands alone. */
function sentence(clause: string): string {
  return clause.charAt(0).toUpperCase() + clause.slice(1);
}

/** Whole seconds, never too early; at most a day, as there may be no end in sight. */
function retryAfterSeconds(duration: Duration): string {
  return String(Math.min(86_400, Math.max(1, Math.ceil(duration / 1_000))));
}
