/**
 * Secrets and certificates kept in files of their own: `password_file: /run/secrets/front` beside
 * `password`.
 *
 * @module
 */

import { isRecord } from "./yaml_tree.ts";

const MAX_SECRET_BYTES = 4_096;

/** All authorities of a system together have some 200 KiB. */
const MAX_CERTIFICATES_BYTES = 512 << 10;

interface FileSetting {
  /** Where it may be. `*` is every entry. */
  readonly path: readonly string[];
  readonly key: string;
  readonly required?: boolean;
  readonly maxBytes: number;
}

const SETTINGS: readonly FileSetting[] = [
  { path: ["api", "tokens", "*"], key: "token", required: true, maxBytes: MAX_SECRET_BYTES },
  { path: ["rtsp", "users", "*"], key: "password", required: true, maxBytes: MAX_SECRET_BYTES },
  { path: ["cameras", "*"], key: "password", maxBytes: MAX_SECRET_BYTES },
  { path: ["webhooks", "*"], key: "secret", maxBytes: MAX_SECRET_BYTES },
  { path: ["mqtt"], key: "password", maxBytes: MAX_SECRET_BYTES },
  { path: ["mqtt"], key: "ca", maxBytes: MAX_CERTIFICATES_BYTES },
];

export interface SecretFilesOptions {
  /** The text of a file, unless it has more bytes. Rejects with an error that names it. */
  readonly read: (path: string, maxBytes: number) => Promise<string>;
  /** Hears of what is wrong with the setting at `path`, as a clause. */
  readonly complain: (path: readonly (string | number)[], text: string) => void;
}

/** A copy of the file's value with what is in files of its own in its place. */
export async function withSecretsFromFiles(
  value: unknown,
  { read, complain }: SecretFilesOptions,
): Promise<unknown> {
  const copy = structuredClone(value);
  for (const { path, key, required, maxBytes } of SETTINGS) {
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
          section[key] = (await read(file, maxBytes)).replace(/\r?\n$/, "");
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
