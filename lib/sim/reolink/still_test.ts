import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../../bytes/bytes.ts";
import { drawStill, STILL_HEIGHT, STILL_WIDTH } from "./still.ts";

const BLOCKS = STILL_WIDTH * STILL_HEIGHT / 64;

/** Codes for how many bits a difference takes (ITU-T T.81 table K.3), as far as they are used. */
const LENGTHS = new Map([
  ...["00", "010", "011", "100", "101", "110", "1110", "11110", "111110"].entries(),
].map(([size, code]) => [code, size]));

/** Marker → what stands in its segment. */
function segmentsOf(jpeg: Uint8Array): Map<string, Uint8Array> {
  const segments = new Map<string, Uint8Array>();
  for (let at = 2; jpeg[at] === 0xff;) {
    const length = (jpeg[at + 2] ?? 0) * 256 + (jpeg[at + 3] ?? 0);
    const marker = toHex(jpeg.subarray(at, at + 2));
    segments.set(marker, jpeg.subarray(at + 4, at + 2 + length));
    at += 2 + length;
    if (marker === "ffda") segments.set("scan", jpeg.subarray(at, -2));
  }
  return segments;
}

/** The shade of each block. */
function shadesOf(scan: Uint8Array): number[] {
  const bits = [...scan].filter((byte, i) => byte !== 0 || scan[i - 1] !== 0xff)
    .map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const shades: number[] = [];
  let at = 0;
  for (let mean = 0; shades.length < BLOCKS; shades.push(mean + 128)) {
    let code = "";
    while (!LENGTHS.has(code)) code += bits[at++] ?? assert.fail("the scan is too short");
    const size = LENGTHS.get(code) ?? 0;
    const value = size === 0 ? 0 : parseInt(bits.slice(at, at + size), 2);
    mean += size > 0 && value < 2 ** (size - 1) ? value - 2 ** size + 1 : value;
    at += size;
    assert.equal(bits[at++], "0", "the end of the block");
  }
  assert.match(bits.slice(at), /^1{0,7}$/);
  return shades;
}

test("drawStill() makes a JPEG of one component with every block in it", () => {
  const jpeg = drawStill(Date.UTC(2025, 1, 12, 16, 5, 37));
  assert.equal(toHex(jpeg.subarray(0, 2)), "ffd8");
  assert.equal(toHex(jpeg.subarray(-2)), "ffd9");
  const segments = segmentsOf(jpeg);
  const frame = segments.get("ffc0");
  assert.equal(frame && toHex(frame), "08 0168 0280 01 01 11 00".replaceAll(" ", ""));
  const shades = shadesOf(segments.get("scan") ?? new Uint8Array(0));
  assert.equal(shades.length, BLOCKS);
  // The dots of 16:05:37, four blocks each.
  const dots = [5, 12, 2, 12, 11, 2, 11, 7].reduce((sum, count) => sum + 4 * count, 0);
  assert.equal(shades.filter((shade) => shade === 235).length, dots);
  assert.ok(shades.every((shade) => shade === 235 || (shade >= 24 && shade < 24 + 45)));
});

test("drawStill() makes another picture every second, and the same one within it", () => {
  const time = Date.UTC(2025, 1, 12, 23, 59, 59);
  assert.deepEqual(drawStill(time), drawStill(time + 999));
  assert.notDeepEqual(drawStill(time), drawStill(time + 1_000));
});
