/** What the doctor says, as JSON: the same in the API and on the command line. @module */

import type { Way } from "../hub/camera_status.ts";
import type { Duration } from "../machine.ts";
import type { Diagnosis } from "./diagnose.ts";
import type { Step, StepName, StepOutcome } from "./step.ts";

export interface StepJson {
  readonly event: "step";
  readonly step: StepName;
  readonly outcome: StepOutcome;
  /** Whole milliseconds, as `took`. */
  readonly at: Duration;
  readonly took?: Duration;
  readonly way?: Way;
  readonly detail: string;
}

export interface VerdictJson extends Diagnosis {
  readonly event: "verdict";
}

export function stepJson({ name, outcome, at, took, way, detail }: Step): StepJson {
  return {
    event: "step",
    step: name,
    outcome,
    at: Math.round(at),
    ...(took !== undefined && { took: Math.round(took) }),
    ...(way !== undefined && { way }),
    detail,
  };
}

export function verdictJson(diagnosis: Diagnosis): VerdictJson {
  return { event: "verdict", ...diagnosis };
}
