/** The RTP-Info header (RFC 2326 section 12.33). @module */

/** Where one track begins. */
export interface RtpInfo {
  readonly url: string;
  /** Sequence number of the first packet. */
  readonly sequenceNumber: number | undefined;
  /** Timestamp of the moment the range begins with, the same on all tracks. */
  readonly timestamp: number | undefined;
}

/** Entries with a URL, as far as they can be read; URLs may hold commas and semicolons. */
export function parseRtpInfo(value: string): RtpInfo[] {
  const entries = value.split(/,\s*(?=url\s*=)/i);
  return entries.map(parseEntry).filter((entry) => entry !== undefined);
}

function parseEntry(text: string): RtpInfo | undefined {
  const url = /^\s*url\s*=\s*"?([^\s"]+?)"?(?=;\s*(?:seq|rtptime|ssrc)\s*=|\s*$)/i.exec(text)?.[1];
  if (url === undefined) return undefined;
  return {
    url,
    sequenceNumber: numberIn(/;\s*seq\s*=\s*(\d{1,10})/i.exec(text)?.[1], 0xffff),
    timestamp: numberIn(/;\s*rtptime\s*=\s*(\d{1,10})/i.exec(text)?.[1], 0xffffffff),
  };
}

function numberIn(text: string | undefined, most: number): number | undefined {
  const number = Number(text ?? Number.NaN);
  return number <= most ? number : undefined;
}
