/** WWW-Authenticate and Authorization (RFC 7235, RFC 7616, RFC 7617). @module */

/** Challenges of one header, and parameters of one challenge. What comes after is not looked at. */
export const AUTH_LIMITS = { challenges: 8, parameters: 32 } as const;

/** A scheme and what belongs to it: what a challenge and an answer to one have in common. */
export interface AuthScheme {
  /** In small letters: `digest`. */
  readonly scheme: string;
  /** Names in small letters, values without quotes. */
  readonly parameters: ReadonlyMap<string, string>;
}

const SEPARATORS = /[\s,]*/y;
const TOKEN = /[^\s,="]+/y;
const EQUALS = /\s*=\s*/y;
const QUOTED = /"([^"\\]*(?:\\.[^"\\]*)*)"/y;
const BARE = /[^\s,"]*/y;

/** The challenges of one header, as far as they can be read: several may share a header. */
export function parseChallenges(value: string): AuthScheme[] {
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const match = pattern.exec(value);
    if (match === null) return undefined;
    at = pattern.lastIndex;
    return match[1] ?? match[0];
  }
  for (;;) {
    take(SEPARATORS);
    const name = take(TOKEN)?.toLowerCase();
    if (name === undefined) return found;
    const hasValue = take(EQUALS) !== undefined;
    const parameters = found.at(-1)?.parameters;
    if (!hasValue) {
      if (found.length === AUTH_LIMITS.challenges) return found;
      found.push({ scheme: name, parameters: new Map() });
      continue;
    }
    const text = take(QUOTED)?.replace(/\\(.)/g, "$1") ?? take(BARE) ?? "";
    if (parameters === undefined || parameters.has(name)) continue;
    if (parameters.size === AUTH_LIMITS.parameters) return found;
    parameters.set(name, text);
  }
}

/** What a client answered: a scheme with parameters, or with one word (`token68` of RFC 7235). */
export function parseAuthorization(value: string): AuthScheme & { readonly word: string } {
  const text = value.trim();
  const blank = text.search(/\s/);
  const scheme = (blank === -1 ? text : text.slice(0, blank)).toLowerCase();
  const word = blank === -1 ? "" : text.slice(blank).trim();
  const [parsed] = scheme === "basic" ? [] : parseChallenges(text);
  return { scheme, word, parameters: parsed?.parameters ?? new Map() };
}

/** `Scheme name="value", name=value`. Throws `RangeError` for a value that would end its line. */
export function formatAuth(
  scheme: string,
  quoted: Readonly<Record<string, string>>,
  bare: Readonly<Record<string, string>> = {},
): string {
  const parts = [
    ...Object.entries(quoted).map(([name, value]) => {
      return `${name}="${value.replace(/["\\]/g, "\\$&")}"`;
    }),
    ...Object.entries(bare).map(([name, value]) => `${name}=${value}`),
  ];
  return `${scheme} ${parts.join(", ")}`;
}
