/** One stream of a Dahua device. */
export interface DahuaStream {
  /** From 1. */
  readonly channel: number;
  /** 0 main, 1 sub, 2 third. */
  readonly subtype: number;
}

const WORDS: readonly string[] = ["main", "sub", "third"];

/**
 * The stream that words behind a camera's name stand for, or `undefined` when they name none:
 *
 *     (nothing)      the camera's own channel and stream
 *     main           main stream of that channel
 *     sub            sub stream
 *     chN            main stream of channel N, from 1
 *     chN/sub        sub stream of channel N
 */
export function parseDahuaStream(
  words: readonly string[],
  own: DahuaStream,
): DahuaStream | undefined {
  const channel = /^ch([1-9]\d{0,2})$/.exec(words[0] ?? "")?.[1];
  const rest = channel === undefined ? words : words.slice(1);
  const [word] = rest;
  if (rest.length > 1) return undefined;
  if (word === undefined) {
    return channel === undefined ? own : { channel: Number(channel), subtype: 0 };
  }
  const subtype = WORDS.indexOf(word);
  if (subtype < 0) return undefined;
  return { channel: channel === undefined ? own.channel : Number(channel), subtype };
}

/** The one name of a stream, which `parseDahuaStream()` reads; the camera's own is `""`. */
export function formatDahuaStream({ channel, subtype }: DahuaStream, own: DahuaStream): string {
  if (channel === own.channel && subtype === own.subtype) return "";
  const word = WORDS[subtype] ?? "";
  return channel === own.channel ? word : subtype === 0 ? `ch${channel}` : `ch${channel}/${word}`;
}
