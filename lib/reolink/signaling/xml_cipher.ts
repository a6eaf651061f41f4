/**
 * The cipher over the XML of signaling datagrams: a keystream of 32 bytes, repeated, made of eight
 * fixed words and the datagram's `tid` [capture]. There is no secret in it.
 *
 * @module
 */

const WORDS = [
  0x1f2d3c4b,
  0x5a6c7f8d,
  0x38172e4b,
  0x8271635a,
  0x863f1a2b,
  0xa5c6f7d8,
  0x8371e1b4,
  0x17f2d3a5,
] as const;

const PERIOD = 4 * WORDS.length;

/** The 32 bytes that repeat. The addition wraps at 2³² [capture]. */
export function xmlKeystream(tid: number): Uint8Array {
  const stream = new Uint8Array(PERIOD);
  const view = new DataView(stream.buffer);
  WORDS.forEach((word, index) => view.setUint32(4 * index, word + tid, true));
  return stream;
}

/** Encrypts or decrypts, which is the same operation. Returns new bytes. */
export function cryptXml(tid: number, bytes: Uint8Array): Uint8Array {
  const stream = xmlKeystream(tid);
  return bytes.map((byte, index) => byte ^ (stream[index % PERIOD] ?? 0));
}
