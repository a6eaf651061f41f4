import { flag, int, optional, record, text, type ValueOf, VERSION } from "./xml_record.ts";

/**
 * What stands in front of a payload: whom the message is for, and how its payload is to be read.
 *
 * - `binary`: the payload is not XML
 * - `checkValue`: the signed little-endian word at `checkPosition` of the deciphered payload
 * - `encryptLength`: how many bytes of a binary payload are enciphered, from its beginning
 */
export const EXTENSION = record({
  binary: optional("binaryData", flag()),
  userName: optional("userName", text()),
  token: optional("token", text()),
  channel: optional("channelId", int()),
  rfId: optional("rfId", int()),
  checkPosition: optional("checkPos", int()),
  checkValue: optional("checkValue", int()),
  encryptLength: optional("encryptLen", int()),
}, VERSION);

export type Extension = ValueOf<typeof EXTENSION>;

/** The extension of a binary payload of which the first `encryptLength` bytes are enciphered. */
export function sealedExtension(payload: Uint8Array, encryptLength: number): Extension {
  const checkValue = wordAt(payload, 0);
  return {
    binary: true,
    ...(checkValue === undefined ? {} : { checkPosition: 0, checkValue }),
    encryptLength: Math.min(encryptLength, payload.byteLength),
  };
}

/** The signed little-endian word at `at`, or `undefined` where the bytes end before. */
export function wordAt(bytes: Uint8Array, at: number): number | undefined {
  if (at < 0 || at + 4 > bytes.byteLength) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset + at, 4).getInt32(0, true);
}
