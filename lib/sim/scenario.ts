/**
 * What is simulated: the scenario file as a schema with defaults, and its mistakes in words.
 *
 * The file is YAML or JSON; whoever reads it parses it and hands the value in.
 *
 * @module
 */

import { z } from "zod";
import { dahua } from "./scenario_dahua.ts";
import { reolink } from "./scenario_reolink.ts";

/** The scenario is not one; the message names each place, its rule and the value found there. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
}

const scenario = z.strictObject({
  /** The same seed gives the same weather. */
  seed: z.int().default(1),
  dahua: dahua.prefault({}),
  reolink: reolink.prefault({}),
});

export type Scenario = z.output<typeof scenario>;

export type DahuaCameraScenario = Scenario["dahua"]["cameras"][number];

export type ReolinkCameraScenario = Scenario["reolink"]["cameras"][number];

/** Reads a scenario from the value of its file; an empty file is the default. Throws `ScenarioError`. */
export function parseScenario(value: unknown): Scenario {
  const result = scenario.safeParse(value ?? {}, { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap(describe);
  throw new ScenarioError(`Cannot use scenario as ${problems.join("; ")}`);
}

/** Path, rule and value of a mistake: `dahua.cameras[0].nat must be one of …: is "cones"`. */
function describe(issue: z.core.$ZodIssue): readonly string[] {
  const path = issue.path.reduce<string>(
    (text, part) => typeof part === "number" ? `${text}[${part}]` : `${text}.${String(part)}`,
    "",
  ).slice(1) || "it";
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${path} has no setting named "${key}"`);
  }
  const value = path.endsWith("password") ? "***" : JSON.stringify(issue.input) ?? "missing";
  return [`${path} must ${ruleOf(issue)}: is ${value}`];
}

function ruleOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `be a value of type ${issue.expected}`;
    case "invalid_value":
      return `be one of ${issue.values.map(String).join(", ")}`;
    case "invalid_key":
      return issue.issues[0]?.message ?? issue.message;
    case "too_small":
      if (issue.origin === "array") return `have at least ${issue.minimum}`;
      return `be ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      if (issue.origin === "array") return `have at most ${issue.maximum}`;
      return `be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}
