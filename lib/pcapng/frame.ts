/** What capture files hold, whichever of the two formats they have. Types and numbers. @module */

/** How the bytes of a frame begin (the registry of the tcpdump project). */
export const LinkType = {
  /** 4 bytes of address family in the capturing machine's byte order, then IP. */
  null: 0,
  ethernet: 1,
  /** Raw IP as some systems' own numbers have it. */
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  /** As `null`, but big-endian. */
  loop: 108,
  linuxCooked: 113,
  ipv4: 228,
  linuxCooked2: 276,
} as const;

/** One packet of a capture. */
export interface CaptureFrame {
  /** Counts from 1 over the file, as other tools count. */
  readonly number: number;
  /** Milliseconds since 1970, or `undefined` where the file does not tell. May be fractional. */
  readonly time: number | undefined;
  readonly linkType: number;
  /** Owned by whoever reads. */
  readonly bytes: Uint8Array;
  /** How long it was on the wire: more than `bytes` where the capture was cut. */
  readonly wireLength: number;
  /** Where in the file `bytes` begin. */
  readonly fileOffset: number;
}
