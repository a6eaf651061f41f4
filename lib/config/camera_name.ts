/** How cameras may be named, so that a name is one segment of a URL and of a topic, as it is. */

const SYNTAX = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/;

/** Words with a meaning of their own in the paths of streams and in topics. */
const RESERVED = /^(?:main|sub|third|extern|ch\d+|cam|status|availability)$/i;

/** The names there may be, for schemas; `nameProblem()` knows the rest. */
export const CAMERA_NAME_PATTERN = SYNTAX.source;

/** Why a camera cannot be named so, as a clause, or `undefined` when it can. */
export function nameProblem(name: string): string | undefined {
  if (!SYNTAX.test(name)) {
    return "must be a name of 1 to 64 letters, digits, -, _ or ., with a letter or digit at both ends";
  }
  if (RESERVED.test(name)) {
    return "must have another name: this word has a meaning of its own in the paths of streams";
  }
  return undefined;
}
