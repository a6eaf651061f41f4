/**
 * The body of a connect segment: control code 0, then options in TCP's style except that the length
 * counts the value only. Kind 0 ends the list, kind 1 is a one-byte no-op.
 *
 * @module
 */

const CONNECT_CODE = 0;
const END_OF_OPTIONS = 0;
const NO_OP = 1;
const WINDOW_SCALE = 3;

/** Larger shifts are taken as this one, as in RFC 7323. */
const MAX_SHIFT = 14;

export interface ConnectOptions {
  /** Window scale of the sender of the option, or `undefined` when it sent none. */
  readonly shift: number | undefined;
}

/** `00 03 01 SHIFT`, the one form every party has been seen to send. */
export function encodeConnectBody(shift: number): Uint8Array {
  return Uint8Array.of(CONNECT_CODE, WINDOW_SCALE, 1, shift);
}

/**
 * Reads a control body, or returns `undefined` for anything but a connect.
 *
 * Unknown kinds are skipped; an option that overruns the body ends the list and the connect is
 * accepted all the same, as libnice does.
 */
export function decodeConnectBody(body: Uint8Array): ConnectOptions | undefined {
  if (body[0] !== CONNECT_CODE) return undefined;
  let shift: number | undefined;
  let at = 1;
  while (at < body.byteLength) {
    const kind = body[at];
    if (kind === END_OF_OPTIONS) break;
    if (kind === NO_OP) {
      at += 1;
      continue;
    }
    const length = body[at + 1];
    if (length === undefined || at + 2 + length > body.byteLength) break;
    if (kind === WINDOW_SCALE && length === 1) shift = Math.min(body[at + 2] ?? 0, MAX_SHIFT);
    at += 2 + length;
  }
  return { shift };
}
