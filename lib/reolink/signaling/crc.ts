/** CRC-32 as Reolink uses it: reflected, initial value 0, no final XOR [capture]. @module */

/** The usual polynomial 0x04c11db7, bits reversed. */
const POLYNOMIAL = 0xedb88320;

const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : shifted(value);
  return value;
});

function shifted(value: number): number {
  return (value >>> 1) ^ POLYNOMIAL;
}

/** The checksum as an unsigned number. Leading zero bytes do not change it. */
export function crcOf(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return crc >>> 0;
}
