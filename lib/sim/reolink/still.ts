/**
 * The picture a simulated camera takes: the time of day in large digits, as a JPEG.
 *
 * Every block of 8 × 8 pixels is of one shade of grey, so only the mean of each block is coded: the
 * smallest subset of baseline JPEG (ITU-T T.81) that every decoder understands.
 *
 * @module
 */

import { concatBytes, fromHex } from "../../bytes/bytes.ts";

export const STILL_WIDTH = 640;
export const STILL_HEIGHT = 360;

const BLOCK = 8;
const COLUMNS = STILL_WIDTH / BLOCK;
const ROWS = STILL_HEIGHT / BLOCK;

/** Rows of three dots, from the top, for the digits and a colon. */
const GLYPHS: ReadonlyMap<string, string> = new Map([
  ["0", "###|#.#|#.#|#.#|###"],
  ["1", "..#|..#|..#|..#|..#"],
  ["2", "###|..#|###|#..|###"],
  ["3", "###|..#|###|..#|###"],
  ["4", "#.#|#.#|###|..#|..#"],
  ["5", "###|#..|###|..#|###"],
  ["6", "###|#..|###|#.#|###"],
  ["7", "###|..#|..#|..#|..#"],
  ["8", "###|#.#|###|#.#|###"],
  ["9", "###|#.#|###|..#|###"],
  [":", "...|.#.|...|.#.|..."],
]);

/** Blocks a dot measures, and those from one glyph to the next. */
const DOT = 2;
const ADVANCE = 4 * DOT;

const TEXT_LEFT = (COLUMNS - (8 * ADVANCE - DOT)) / 2;
const TEXT_TOP = (ROWS - 5 * DOT) >> 1;

/** Draws the time of day of `time`, milliseconds since 1970 in the camera's own time zone. */
export function drawStill(time: number): Uint8Array {
  const text = new Date(time).toISOString().slice(11, 19);
  const bits = new BitWriter();
  let previous = 0;
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const mean = shadeAt(text, row, column) - 128;
      writeBlock(bits, mean - previous);
      previous = mean;
    }
  }
  return concatBytes([HEADERS, bits.finish(), fromHex("ffd9")]);
}

function shadeAt(text: string, row: number, column: number): number {
  const at = column - TEXT_LEFT;
  const glyph = GLYPHS.get(text[Math.floor(at / ADVANCE)] ?? "")?.split("|") ?? [];
  const line = glyph[Math.floor((row - TEXT_TOP) / DOT)];
  const isSet = at >= 0 && line?.[Math.floor((at % ADVANCE) / DOT)] === "#";
  return isSet ? 235 : 24 + row;
}

/**
 * Start of image, JFIF 1.1, quantisation by 8 throughout, one 8-bit component, the usual table for
 * means (T.81 table K.3), a table for everything else that knows only the end of a block, and the
 * start of the scan.
 */
const HEADERS = concatBytes([
  fromHex("ffd8 ffe00010 4a46494600 0101 00 0001 0001 00 00 ffdb0043 00"),
  new Uint8Array(64).fill(8),
  fromHex("ffc0000b 08"),
  Uint8Array.of(STILL_HEIGHT >> 8, STILL_HEIGHT & 255, STILL_WIDTH >> 8, STILL_WIDTH & 255),
  fromHex("01 01 11 00"),
  fromHex("ffc4001f 00 00010501010101010100000000000000 000102030405060708090a0b"),
  fromHex("ffc40014 10 01000000000000000000000000000000 00"),
  fromHex("ffda0008 01 01 00 00 3f 00"),
]);

/** Code and length for the number of bits that a difference takes, 0 to 8. */
const CATEGORIES = [
  [0b00, 2],
  [0b010, 3],
  [0b011, 3],
  [0b100, 3],
  [0b101, 3],
  [0b110, 3],
  [0b1110, 4],
  [0b11110, 5],
  [0b111110, 6],
] as const;

/** The difference of the block's mean from that of the block before, and the end of the block. */
function writeBlock(bits: BitWriter, difference: number): void {
  const size = difference === 0 ? 0 : 32 - Math.clz32(Math.abs(difference));
  const [code, length] = CATEGORIES[size] ?? CATEGORIES[0];
  bits.write(code, length);
  bits.write(difference < 0 ? difference + (1 << size) - 1 : difference, size);
  bits.write(0, 1);
}

class BitWriter {
  readonly #bytes: number[] = [];
  #held = 0;
  #heldBits = 0;

  /** The lowest `length` bits of `value`, highest first. */
  write(value: number, length: number): void {
    for (let bit = length - 1; bit >= 0; bit--) {
      this.#held = (this.#held << 1) | ((value >> bit) & 1);
      if (++this.#heldBits === 8) this.#flush();
    }
  }

  /** Fills the last byte with ones, as the format wants. */
  finish(): Uint8Array {
    while (this.#heldBits > 0) this.write(1, 1);
    return Uint8Array.from(this.#bytes);
  }

  #flush(): void {
    this.#bytes.push(this.#held);
    // A byte of ones would look like a marker.
    if (this.#held === 0xff) this.#bytes.push(0);
    this.#held = 0;
    this.#heldBits = 0;
  }
}
