/**
 * YAML as plain values, each with its place in the file, its variables expanded, and every mistake
 * collected instead of the first one thrown.
 *
 * A file may be hostile or just huge: values are counted as they are read, aliases each time they
 * are followed, so that a few lines cannot grow into gigabytes. No text of a mistake quotes a value,
 * which may be a password.
 *
 * @module
 */

import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { formatPath, type Mistake } from "./config_mistakes.ts";
import { expandVariables } from "./expand_variables.ts";
import { YAML_RULES } from "./yaml_rules.ts";

/** Values in one file, counting what an alias stands for each time. */
export const MAX_VALUES = 20_000;

/** Values within values; the deepest setting there is has six. */
export const MAX_DEPTH = 16;

export type Path = readonly (string | number)[];

/** What stands at one path. */
interface Place {
  /** Offset of the key, or of the value where it has none. */
  readonly key: number;
  readonly value: number;
  /** The value as written, where variables were expanded in it. */
  readonly template?: string;
}

export class YamlTree {
  readonly value: unknown;
  /** Mistakes of the file as YAML, and of its variables. */
  readonly mistakes: Mistake[] = [];
  /** Whether the rest can be looked at nevertheless. */
  readonly usable: boolean;
  readonly #lines = new LineCounter();
  readonly #anchors = new Map<string, unknown>();
  readonly #places = new Map<string, Place>();
  readonly #unknown = new Set<string>();
  readonly #env: Readonly<Record<string, string | undefined>>;
  #values = 0;
  /** Within how many `<<`: what those bring in gives way to what a section has itself. */
  #merging = 0;

  constructor(text: string, env: Readonly<Record<string, string | undefined>>) {
    this.#env = env;
    const document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      // Told by ourselves, with the line of the first one.
      uniqueKeys: false,
    });
    for (const { code, pos } of [...document.errors, ...document.warnings]) {
      this.#complain(pos[0], [], YAML_RULES[code]);
    }
    this.usable = this.mistakes.length === 0;
    this.value = this.usable ? this.#readRoot(document) : undefined;
  }

  /** A mistake at the value of `path`, or at its key; where there is neither, at what holds it. */
  mistakeAt(path: readonly PropertyKey[], text: string, at: "key" | "value" = "value"): Mistake {
    return { ...this.#position(this.#nearest(path)[at]), path: formatPath(path), text };
  }

  /** The value of `path` as it was written, where it has variables in it. */
  templateOf(path: readonly PropertyKey[]): string | undefined {
    return this.#places.get(keyOf(path))?.template;
  }

  /** Whether a mistake at `path` has been told already, so that what follows from it need not be. */
  isUnknown(path: readonly PropertyKey[]): boolean {
    return path.some((_, i) => this.#unknown.has(keyOf(path.slice(0, i + 1))));
  }

  /** An empty file, and an empty section in it, are as if left out. */
  #readRoot({ contents }: Document): unknown {
    const root = contents === null ? {} : this.#read(contents, [], 0);
    if (!isRecord(root)) return root ?? {};
    return Object.fromEntries(Object.entries(root).filter(([, value]) => value !== null));
  }

  #read(node: unknown, path: Path, depth: number): unknown {
    this.#values += 1;
    if (this.#values > MAX_VALUES) return this.#overflow();
    if (depth > MAX_DEPTH) return this.#refuse(path, "has too many values within values");
    if (isAlias(node)) return this.#readAlias(node.source, path, depth);
    if (isNode(node) && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isMap(node)) return this.#readMap(node, path, depth);
    if (isSeq(node)) {
      return node.items.map((item, i) => {
        const own = [...path, i];
        this.#note(own, offsetOf(item), offsetOf(item));
        return this.#read(item, own, depth + 1);
      });
    }
    if (!isScalar(node)) return null;
    return typeof node.value === "string" ? this.#expand(node.value, path) : node.value;
  }

  #readAlias(anchor: string, path: Path, depth: number): unknown {
    const target = this.#anchors.get(anchor);
    if (target !== undefined) return this.#read(target, path, depth + 1);
    return this.#refuse(path, "begins with *, which has a meaning in YAML: put it in quotes");
  }

  #readMap(map: YAMLMap, path: Path, depth: number): Record<string, unknown> {
    const own: Record<string, unknown> = {};
    const merged: Record<string, unknown>[] = [];
    for (const pair of map.items) {
      const key = this.#readKey(pair, path);
      if (key === undefined) continue;
      if (key === "<<") {
        merged.push(...this.#readMerge(pair.value, path, depth));
        continue;
      }
      const inner = [...path, key];
      const first = Object.hasOwn(own, key) ? this.#places.get(keyOf(inner)) : undefined;
      if (first !== undefined) {
        const { line } = this.#position(first.key);
        this.#complain(offsetOf(pair.key), inner, `is there already, on line ${line}`);
        continue;
      }
      this.#note(inner, offsetOf(pair.key), offsetOf(pair.value ?? pair.key));
      own[key] = this.#read(pair.value, inner, depth + 1);
    }
    return Object.assign({}, ...merged.toReversed(), own);
  }

  #readKey({ key }: Pair, path: Path): string | undefined {
    const text = isScalar(key) && key.value !== null ? String(key.value) : undefined;
    if (text !== undefined && text !== "__proto__") return text;
    this.#complain(offsetOf(key), path, "has a key that is no plain word");
    return undefined;
  }

  /** `<<: *defaults` or `<<: [*one, *other]`: the first one that has a key wins, after the map itself. */
  #readMerge(node: unknown, path: Path, depth: number): Record<string, unknown>[] {
    this.#merging += 1;
    const read = this.#read(node, path, depth + 1);
    this.#merging -= 1;
    const maps = Array.isArray(read) ? read : [read];
    const good = maps.filter(isRecord);
    if (good.length < maps.length) {
      this.#complain(offsetOf(node), path, "has << without an alias of a section behind it");
    }
    return good;
  }

  #expand(text: string, path: Path): unknown {
    if (!text.includes("${")) return text;
    const expansion = expandVariables(text, this.#env);
    for (const problem of expansion.problems) this.#refuse(path, problem);
    const place = this.#places.get(keyOf(path));
    if (place !== undefined && expansion.fromVariable) {
      this.#places.set(keyOf(path), { ...place, template: text });
    }
    return expansion.text;
  }

  /** Complains of the value at `path`, which is taken as not known from here on. */
  #refuse(path: Path, text: string): undefined {
    this.mistakes.push(this.mistakeAt(path, text));
    this.#unknown.add(keyOf(path));
    return undefined;
  }

  /** Told once, whatever more there is. */
  #overflow(): undefined {
    if (this.#values === MAX_VALUES + 1) {
      this.#complain(0, [], `has more than ${MAX_VALUES} values, counting aliases`);
    }
    return undefined;
  }

  #complain(offset: number, path: Path, text: string): void {
    this.mistakes.push({ ...this.#position(offset), path: formatPath(path), text });
  }

  #note(path: Path, key: number, value: number): void {
    if (this.#merging > 0 && this.#places.has(keyOf(path))) return;
    this.#places.set(keyOf(path), { key, value });
  }

  #nearest(path: readonly PropertyKey[]): Place {
    for (let length = path.length; length > 0; length--) {
      const place = this.#places.get(keyOf(path.slice(0, length)));
      if (place === undefined) continue;
      return length === path.length ? place : { key: place.key, value: place.key };
    }
    return { key: 0, value: 0 };
  }

  #position(offset: number): { readonly line: number; readonly column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

/** Whether it is a map of a YAML or JSON file. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Numbers and words that look like them are told apart. */
function keyOf(path: readonly PropertyKey[]): string {
  return JSON.stringify(path);
}

function offsetOf(node: unknown): number {
  const range = (node as { readonly range?: readonly number[] } | null)?.range;
  return range?.[0] ?? 0;
}
