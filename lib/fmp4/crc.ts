/** The checksums of FLAC frames (RFC 9639 sections 9.1.8 and 9.3). @module */

const CRC8_TABLE = table(0x07, 8);
const CRC16_TABLE = table(0x8005, 16);

/** Polynomial x⁸ + x² + x + 1, from 0. */
export function crc8(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = CRC8_TABLE[crc ^ byte] ?? 0;
  return crc;
}

/** Polynomial x¹⁶ + x¹⁵ + x² + 1, from 0. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ (CRC16_TABLE[(crc >>> 8) ^ byte] ?? 0);
  return crc;
}

function table(polynomial: number, width: 8 | 16): Uint16Array {
  const top = 1 << (width - 1);
  const mask = (1 << width) - 1;
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let value = byte << (width - 8);
    for (let bit = 0; bit < 8; bit++) {
      value = ((value << 1) ^ ((value & top) === 0 ? 0 : polynomial)) & mask;
    }
    return value;
  });
}
