/** Session descriptions (SDP, RFC 4566), as much of them as RTP streams need. @module */

/** One stream of a session. */
export interface MediaDescription {
  readonly kind: "video" | "audio" | "application";
  readonly payloadType: number;
  /** Further ones that may be used instead. */
  readonly otherPayloadTypes?: readonly number[];
  /** Further attributes in order, `name` or `name:value`, without `a=`. */
  readonly attributes: readonly string[];
}

export interface SessionDescription {
  /** IPv4 address of whoever made the description. */
  readonly origin: string;
  readonly name: string;
  /** Attributes of the whole session, without `a=`. */
  readonly attributes: readonly string[];
  readonly media: readonly MediaDescription[];
}

/** The description as text. Throws `RangeError` for values that would break out of their line. */
export function encodeSessionDescription(description: SessionDescription): string {
  const lines = [
    "v=0",
    `o=- 0 0 IN IP4 ${description.origin}`,
    `s=${description.name}`,
    "c=IN IP4 0.0.0.0",
    "t=0 0",
    ...description.attributes.map((attribute) => `a=${attribute}`),
    ...description.media.flatMap((media) => [
      // Port 0: where to send is agreed by RTSP, RFC 2326 appendix C.1.2.
      `m=${media.kind} 0 RTP/AVP ${
        [media.payloadType, ...media.otherPayloadTypes ?? []].join(" ")
      }`,
      ...media.attributes.map((attribute) => `a=${attribute}`),
    ]),
  ];
  const broken = lines.find((line) => /[\r\n\0]/.test(line));
  if (broken !== undefined) {
    throw new RangeError(
      `Cannot encode SDP as a line holds no line end: ${JSON.stringify(broken)}`,
    );
  }
  return lines.map((line) => `${line}\r\n`).join("");
}
