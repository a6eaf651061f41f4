/**
 * Schema errors in words: which rule is broken, what is there instead, and what may be meant. Used
 * for files, where each mistake has a line, and for the bodies of requests.
 *
 * @module
 */

import type { z } from "zod";
import { REDACTED } from "./secret.ts";
import { redactAddress } from "./redact_address.ts";
import { closest } from "./suggest.ts";

const MAX_SHOWN = 100;

/** Settings whose value is never shown, whatever is wrong with it: a file for `ca` may be a key. */
const SECRETS: ReadonlySet<PropertyKey> = new Set(["password", "token", "secret", "ca"]);

/** A broken rule, at the setting it is about. */
export interface Finding {
  readonly path: readonly PropertyKey[];
  /** A clause that follows the path: `must be …: is "30"`. */
  readonly text: string;
  /** Whether it is the key that is wrong. */
  readonly at: "key" | "value";
}

export interface FindingsOptions {
  /** The schema as JSON Schema, for the names it knows. */
  readonly jsonSchema: unknown;
  /** How to show the value at a path instead of as it is: as it was written, before expansion. */
  readonly templateOf?: (path: readonly PropertyKey[]) => string | undefined;
  /** What is at a path, for issues that do not have it: the parse was without `reportInput`. */
  readonly inputOf?: (path: readonly PropertyKey[]) => unknown;
}

/** All that `issues` have to say. */
export function findingsOf(
  issues: readonly z.core.$ZodIssue[],
  options: FindingsOptions,
): readonly Finding[] {
  return issues.flatMap((issue): readonly Finding[] => {
    if (issue.code === "unrecognized_keys") return unknownKeys(issue.path, issue.keys, options);
    return [{ path: issue.path, text: textOf(issue, options), at: "value" }];
  });
}

function unknownKeys(
  path: readonly PropertyKey[],
  keys: readonly string[],
  { jsonSchema, inputOf }: FindingsOptions,
): readonly Finding[] {
  const known = knownKeys(jsonSchema, path, inputOf?.(path));
  return keys.map((key) => {
    return { path: [...path, key], text: `is no setting${hint(key, known)}`, at: "key" };
  });
}

function hint(key: string, known: readonly string[]): string {
  if (known.length === 0) return "; there are none here";
  const meant = closest(key, known);
  return meant === undefined ? `; there are ${known.join(", ")}` : `; did you mean ${meant}?`;
}

function textOf(issue: z.core.$ZodIssue, { templateOf, inputOf }: FindingsOptions): string {
  const { path } = issue;
  const input = "input" in issue ? issue.input : inputOf?.(path);
  if (input === undefined) return "is missing";
  const template = templateOf?.(path);
  const rule = ruleOf(issue);
  // The rule may quote a part of the value, which came from a variable.
  if (template !== undefined) return `must ${rule.split(": has ", 1)[0]}: is ${quoted(template)}`;
  const value = SECRETS.has(path.at(-1) ?? "") ? REDACTED : shown(input, issue);
  return `must ${rule}: is ${value}${suggestion(issue, input)}`;
}

function ruleOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return TYPE_RULES[issue.expected] ?? issue.message;
    case "invalid_value":
      return `be one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return issue.origin === "string" ? "not be empty" : `be at least ${issue.minimum}`;
    case "too_big":
      if (issue.origin === "number") return `be at most ${issue.maximum}`;
      return `have at most ${issue.maximum} ${issue.origin === "array" ? "entries" : "characters"}`;
    default:
      return issue.message;
  }
}

const TYPE_RULES: Readonly<Record<string, string>> = {
  object: "be a section with settings of its own",
  record: "be a section with settings of its own",
  array: "be a list",
};

function suggestion(issue: z.core.$ZodIssue, input: unknown): string {
  if (issue.code !== "invalid_value" || typeof input !== "string") return "";
  const meant = closest(input, issue.values.map(String));
  return meant === undefined ? "" : `; did you mean ${meant}?`;
}

function shown(input: unknown, issue: z.core.$ZodIssue): string {
  if (input === null) return "empty";
  if (Array.isArray(input)) return "a list";
  if (typeof input === "object") return "a section";
  // Where settings belong, a secret may stand alone.
  if (issue.code === "invalid_type" && issue.expected in TYPE_RULES) return "a single value";
  return typeof input === "string" ? quoted(input) : String(input);
}

function quoted(text: string): string {
  const safe = redactAddress(text);
  return JSON.stringify(safe.length > MAX_SHOWN ? `${safe.slice(0, MAX_SHOWN)}…` : safe);
}

/** The settings that a section, which is `input` now, may have. */
function knownKeys(
  root: unknown,
  path: readonly PropertyKey[],
  input: unknown,
): readonly string[] {
  const section = path.reduce<unknown>(
    (at, part) =>
      typeof part === "number"
        ? inner(root, at, "items")
        : get(inner(root, at, "properties"), part) ?? inner(root, at, "additionalProperties"),
    root,
  );
  return Object.keys(inner(root, kindOf(root, section, input), "properties") ?? {});
}

/** Of a section that has several kinds, the one whose `type` the input has. */
function kindOf(root: unknown, section: unknown, input: unknown): unknown {
  const kinds = inner(root, section, "oneOf");
  if (!Array.isArray(kinds) || typeof input !== "object" || input === null) return section;
  return kinds.find((kind) => {
    const type = get(get(kind, "properties"), "type");
    return type !== undefined && "const" in type && "type" in input && type.const === input.type;
  });
}

/** A member of a schema, which may be defined elsewhere in the same document. */
function inner(root: unknown, schema: unknown, key: string): object | undefined {
  const reference = typeof schema === "object" && schema !== null && "$ref" in schema
    ? String(schema.$ref)
    : undefined;
  if (reference === undefined) return get(schema, key);
  return get(reference.split("/").slice(1).reduce<unknown>(get, root), key);
}

function get(value: unknown, key: PropertyKey): object | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  const member: unknown = Reflect.get(value, key);
  return typeof member === "object" && member !== null ? member : undefined;
}
