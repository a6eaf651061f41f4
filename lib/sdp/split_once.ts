/**
 * What stands before and behind the first `separator`, both without white space around them; one
 * part only where there is none. No regular expression: white space of a peer's own length in
 * front of `\s*$` takes time that grows with its square.
 */
export function splitOnce(
  text: string,
  separator: string,
): readonly [before: string, behind?: string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text.trim()] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}
