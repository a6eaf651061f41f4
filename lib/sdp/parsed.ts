/** What a session description says, once it is read: types only. @module */

/** `a=NAME:VALUE`; the name in small letters, the value `""` where there is none. */
export interface Attribute {
  readonly name: string;
  readonly value: string;
}

/** One way a stream may be packed, which its packets name by payload type. */
export interface MediaFormat {
  /** 0 to 127. */
  readonly payloadType: number;
  /** In capitals as `rtpmap` has it, e.g. `H264`; `undefined` where nothing tells. */
  readonly encoding: string | undefined;
  /** Hertz. What is usual for the kind of medium where nothing tells. */
  readonly clockRate: number;
  /** Of sound; 1 where nothing tells. */
  readonly channels: number;
  /** The value of `fmtp` as it came, without the payload type. */
  readonly fmtp: string | undefined;
  /** The parameters of `fmtp`, names in small letters. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** One stream on offer. */
export interface ParsedMedia {
  /** In small letters: `video`, `audio`, `application`, or what else the camera says. */
  readonly kind: string;
  /** In capitals: `RTP/AVP`, or what else the camera says. */
  readonly protocol: string;
  /** Favourite first; empty where the camera names none by number. */
  readonly formats: readonly MediaFormat[];
  /** URL to set the stream up by: absolute, relative, or `*`. */
  readonly control: string | undefined;
  /** Pictures a second. */
  readonly frameRate: number | undefined;
  /** `sendonly` and the like, seen from whoever wrote the description. */
  readonly direction: "sendrecv" | "sendonly" | "recvonly" | "inactive" | undefined;
  readonly attributes: readonly Attribute[];
}

export interface ParsedSession {
  readonly name: string | undefined;
  /** URL of the whole: absolute, relative, or `*`. */
  readonly control: string | undefined;
  /** What can be played, e.g. `npt=now-`. */
  readonly range: string | undefined;
  readonly attributes: readonly Attribute[];
  /** One at least. */
  readonly media: readonly ParsedMedia[];
  /** Lines that are no SDP. */
  readonly ignoredLines: number;
}
