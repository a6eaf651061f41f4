import { ConfigError } from "./config_error.ts";

/** One mistake in a configuration, with its place. */
export interface Mistake {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Which setting, e.g. `cameras.front.idle`; empty where it is the file as such. */
  readonly path: string;
  /** What is wrong, as a clause that follows the path, and what is there instead. */
  readonly text: string;
}

/** Every mistake of a configuration, in the order of its lines. */
export class ConfigMistakes extends ConfigError {
  readonly file: string;
  readonly mistakes: readonly Mistake[];

  constructor(file: string, mistakes: readonly Mistake[]) {
    const sorted = mistakes.toSorted((a, b) => a.line - b.line || a.column - b.column);
    // A confused parser reports the same place over and over.
    const byWords = new Map(sorted.map((mistake) => [formatMistake(file, mistake), mistake]));
    super([...byWords.keys()].join("\n"));
    this.file = file;
    this.mistakes = [...byWords.values()];
  }
}

/** `sightline.yaml:12:5: cameras.front.idle must be …: is "30"`, as editors and terminals link it. */
function formatMistake(file: string, { line, column, path, text }: Mistake): string {
  return `${file}:${line}:${column}: ${[path, text].filter((part) => part !== "").join(" ")}`;
}

/** `cameras.front.forward[0]`; a key that is no plain word is quoted. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const key = /^[\w-]+$/.test(String(part)) ? String(part) : JSON.stringify(String(part));
    return text === "" ? key : `${text}.${key}`;
  }, "");
}
