import type { StreamName } from "./dahua_camera.ts";

/**
 * The stream an RTSP path names, or `undefined` when it names none:
 *
 *     /NAME              the camera's own channel and stream
 *     /NAME/main         main stream of that channel
 *     /NAME/sub          sub stream
 *     /NAME/chN          main stream of channel N, from 1
 *     /NAME/chN/sub      sub stream of channel N
 *
 * The name is compared without regard to case. A query is ignored.
 */
export function parseStreamPath(
  path: string,
  name: string,
  byDefault: StreamName,
): StreamName | undefined {
  const [, own = "", ...rest] = (path.split("?", 1)[0] ?? "").replace(/\/$/, "").split("/");
  if (own.toLowerCase() !== name.toLowerCase()) return undefined;
  const channel = /^ch([1-9]\d{0,2})$/.exec(rest[0] ?? "")?.[1];
  const words = channel === undefined ? rest : rest.slice(1);
  const [word] = words;
  if (words.length > 1) return undefined;
  const subtype = word === undefined
    ? (channel === undefined ? byDefault.subtype : 0)
    : SUBTYPES.get(word);
  if (subtype === undefined) return undefined;
  return { channel: channel === undefined ? byDefault.channel : Number(channel), subtype };
}

const SUBTYPES: ReadonlyMap<string, number> = new Map([["main", 0], ["sub", 1], ["third", 2]]);
