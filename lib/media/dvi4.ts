/** RTP's payload of IMA ADPCM, RFC 3551 section 4.5.1: the state, then the nibbles. @module */

import { Reader } from "../bytes/reader.ts";
import { Writer } from "../bytes/writer.ts";
import type { AdpcmState } from "./ima_adpcm.ts";

/** One payload: decoding begins with `state`, which is no sample itself. */
export interface Dvi4Payload {
  readonly state: AdpcmState;
  /** High nibble first. */
  readonly nibbles: Uint8Array;
}

export function encodeDvi4({ state, nibbles }: Dvi4Payload): Uint8Array {
  const writer = new Writer(4 + nibbles.byteLength);
  writer.u16(state.predictor & 0xffff).u8(state.stepIndex).u8(0);
  return writer.bytes(nibbles).finish();
}

/** `nibbles` is a view on `payload`. Throws `DecodeError` for one without its state. */
export function decodeDvi4(payload: Uint8Array): Dvi4Payload {
  const reader = new Reader(payload, "DVI4 payload");
  const state = { predictor: (reader.u16() << 16) >> 16, stepIndex: reader.u8() };
  reader.skip(1);
  return { state, nibbles: reader.rest() };
}
