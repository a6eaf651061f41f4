/** `1F 2D 3C 4B 5A 69 78 FF`: the same in every camera. */
const KEY = Uint8Array.of(0x1f, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78, 0xff);

/**
 * The simple cipher of Baichuan, which hides text from the eye and from nobody else: a fixed key of
 * eight bytes, shifted and changed by `offset`, byte 12 of the message's header. Enciphers and
 * deciphers alike. Extension and payload each begin anew. [capture]
 */
export function bcCipher(offset: number, bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.byteLength);
  for (let i = 0; i < bytes.byteLength; i++) {
    result[i] = (bytes[i] ?? 0) ^ (KEY[(offset + i) % KEY.byteLength] ?? 0) ^ offset;
  }
  return result;
}
