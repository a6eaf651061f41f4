import { type ThinCodec, thinRtpPayload } from "./media_thin.ts";

/** Replaces what is somebody's own in a text, by as many characters. */
export type SameLength = (text: string) => string;

const DOLLAR = 0x24;
const INTERLEAVED_HEADER = 4;
const RTP_HEADER = 12;

/** Of a report: its header, who sends, and which time it is. The rest names senders. */
const REPORT_HEAD = 28;

const MAX_HEAD = 65_536;

/** Values that a server makes of itself: of a challenge, and names of a session. */
const OWN_VALUES: readonly RegExp[] = [
  /(?:realm|opaque)="([^"]*)"/gi,
  /^(?:s|i|u|e|p)=([^\r\n]*)/gim,
  /^o=(\S+)/gim,
  /^(?:Set-Cookie|X-[\w-]+):\s*([^\r\n]*)/gim,
];

/** What an RTSP server has sent on one connection, from its beginning on; changed in place. */
export function recastRtsp(bytes: Uint8Array, sameLength: SameLength): void {
  const codecs = new Map<number, ThinCodec>();
  for (let at = 0; at < bytes.byteLength;) {
    const used = bytes[at] === DOLLAR
      ? recastFrame(bytes.subarray(at), codecs)
      : recastResponse(bytes.subarray(at), codecs, sameLength);
    if (used === undefined) return void bytes.fill(0, at);
    at += used;
  }
}

/** RFC 2326 section 10.12. */
function recastFrame(
  rest: Uint8Array,
  codecs: ReadonlyMap<number, ThinCodec>,
): number | undefined {
  if (rest.byteLength < INTERLEAVED_HEADER) return undefined;
  const length = (rest[2] ?? 0) << 8 | (rest[3] ?? 0);
  const packet = rest.subarray(INTERLEAVED_HEADER, INTERLEAVED_HEADER + length);
  const second = packet[1] ?? 0;
  // RFC 5761 section 4: types of reports.
  if (second >= 192 && second <= 223) packet.fill(0, REPORT_HEAD);
  else thinRtpPayload(codecs.get(second & 0x7f) ?? "other", packet.subarray(payloadStart(packet)));
  return INTERLEAVED_HEADER + length;
}

function payloadStart(packet: Uint8Array): number {
  const flags = packet[0] ?? 0;
  const start = RTP_HEADER + 4 * (flags & 0x0f);
  if ((flags & 0x10) === 0) return start;
  const words = (packet[start + 2] ?? 0) << 8 | (packet[start + 3] ?? 0);
  return start + 4 + 4 * words;
}

/** Returns how many bytes a response has; `undefined` for what is none, or not whole. */
function recastResponse(
  rest: Uint8Array,
  codecs: Map<number, ThinCodec>,
  sameLength: SameLength,
): number | undefined {
  // One character a byte, so that places in the text are places in the bytes.
  const text = new TextDecoder("latin1").decode(rest.subarray(0, MAX_HEAD));
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd < 0 || !/^(?:RTSP\/1|[A-Z_]+ )/.test(text)) return undefined;
  const head = text.slice(0, headEnd);
  const bodyLength = Number(/^content-length:\s*(\d{1,9})\s*$/im.exec(head)?.[1] ?? 0);
  const end = Math.min(rest.byteLength, headEnd + 4 + bodyLength);
  const whole = new TextDecoder("latin1").decode(rest.subarray(0, end));
  for (const [, type, codec = ""] of whole.matchAll(/^a=rtpmap:(\d+) (H26[45])\//gim)) {
    codecs.set(Number(type), codec.toUpperCase() as ThinCodec);
  }
  writeLatin1(rest, hideOwn(sameLength(whole)));
  return end;
}

function hideOwn(text: string): string {
  return OWN_VALUES.reduce(
    (result, pattern) =>
      result.replace(pattern, (match, value: string) => {
        const start = match.lastIndexOf(value);
        return match.slice(0, start) + "x".repeat(value.length) + match.slice(start + value.length);
      }),
    text,
  );
}

function writeLatin1(bytes: Uint8Array, text: string): void {
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
}
