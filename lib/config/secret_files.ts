/**
 * Secrets kept in files of their own: `password_file: /run/secrets/front` beside `password`.
 *
 * @module
 */

import { isRecord } from "./yaml_tree.ts";

/** Where a secret may be, and what it is called. `*` is every entry. */
const SECRETS: readonly { path: readonly string[]; key: string; required: boolean }[] = [
  { path: ["api", "tokens", "*"], key: "token", required: true },
  { path: ["rtsp", "users", "*"], key: "password", required: true },
  { path: ["cameras", "*"], key: "password", required: false },
  { path: ["webhooks", "*"], key: "secret", required: false },
  { path: ["mqtt"], key: "password", required: false },
];

export interface SecretFilesOptions {
  /** The text of a file. Rejects with an error that names it. */
  readonly read: (path: string) => Promise<string>;
  /** Hears of what is wrong with the setting at `path`, as a clause. */
  readonly complain: (path: readonly (string | number)[], text: string) => void;
}

/** A copy of the file's value with every secret from a file in its place. */
export async function withSecretsFromFiles(
  value: unknown,
  { read, complain }: SecretFilesOptions,
): Promise<unknown> {
  const copy = structuredClone(value);
  for (const { path, key, required } of SECRETS) {
    for (const { path: at, section } of sections(copy, path)) {
      const file = section[`${key}_file`];
      if (file === undefined) {
        if (required && section[key] === undefined) {
          complain([...at, key], `is missing, as is ${key}_file`);
        }
      } else if (section[key] !== undefined) {
        complain([...at, `${key}_file`], `must be alone: there is ${key}, too`);
      } else if (typeof file === "string") {
        try {
          section[key] = (await read(file)).replace(/\r?\n$/, "");
        } catch (error) {
          complain([...at, `${key}_file`], `cannot be used: ${(error as Error).message}`);
        }
      }
    }
  }
  return copy;
}

interface Section {
  readonly path: readonly (string | number)[];
  readonly section: Record<string, unknown>;
}

/** Every section a pattern names. */
function sections(
  value: unknown,
  [head, ...rest]: readonly string[],
  path: readonly (string | number)[] = [],
): readonly Section[] {
  if (head === undefined) return isRecord(value) ? [{ path, section: value }] : [];
  if (Array.isArray(value)) {
    return head === "*" ? value.flatMap((item, i) => sections(item, rest, [...path, i])) : [];
  }
  if (!isRecord(value)) return [];
  const keys = head === "*" ? Object.keys(value) : Object.hasOwn(value, head) ? [head] : [];
  return keys.flatMap((key) => sections(value[key], rest, [...path, key]));
}
