import type { ReolinkAddress } from "../../config/camera_address.ts";
import type { StreamKind } from "../../reolink/baichuan/commands/preview.ts";

const WORDS: Readonly<Record<string, StreamKind>> = {
  main: "main",
  sub: "sub",
  extern: "extern",
};

/**
 * The stream that words behind a camera's name stand for, or `undefined` when they name none:
 *
 *     (nothing)      the camera's own stream
 *     main           main stream
 *     sub            sub stream
 *     extern         the third one, of some models
 */
export function parseReolinkStream(
  words: readonly string[],
  { stream: own }: Pick<ReolinkAddress, "stream">,
): StreamKind | undefined {
  const [word, ...rest] = words;
  if (rest.length > 0) return undefined;
  return word === undefined ? own : Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
}

/** The one name of a stream, which `parseReolinkStream()` reads; the camera's own is `""`. */
export function formatReolinkStream(
  kind: StreamKind,
  { stream: own }: Pick<ReolinkAddress, "stream">,
): string {
  return kind === own ? "" : kind;
}
