/** Parameter sets that encoders wrote, and what they say; for tests and as seeds of the fuzzer. @module */

export interface SpsVector {
  readonly name: string;
  readonly hex: string;
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly chroma: number;
  readonly bitDepth: number;
}

/** Written by x264. */
export const H264_SPS_VECTORS: readonly SpsVector[] = [
  {
    name: "High, eight lines cropped",
    hex: "67640028acd940780227e5c044000003000400000300783c60c658",
    codec: "avc1.640028",
    ...{ width: 1920, height: 1080, chroma: 1, bitDepth: 8 },
  },
  {
    name: "Baseline, which says nothing of colours",
    hex: "6742c01ed900b0126c0440000003004000000783c58b92",
    codec: "avc1.42c01e",
    ...{ width: 704, height: 576, chroma: 1, bitDepth: 8 },
  },
  {
    name: "interlaced: map units of two lines",
    hex: "67640028acd94078044fde0220000003002000000303c3e2c5b2c0",
    codec: "avc1.640028",
    ...{ width: 1920, height: 1080, chroma: 1, bitDepth: 8 },
  },
  {
    name: "High 10",
    hex: "676e0032a6cd9402800b5b0110000003001000000301e0f1831960",
    codec: "avc1.6e0032",
    ...{ width: 2560, height: 1440, chroma: 1, bitDepth: 10 },
  },
  {
    name: "4:4:4, cropped in single pixels",
    hex: "67f4000c919b282a33c7c5e0220000030002000003003c1e28532c",
    codec: "avc1.f4000c",
    ...{ width: 322, height: 182, chroma: 3, bitDepth: 8 },
  },
  {
    name: "4:2:2 in 10 bits",
    hex: "677a0016b6cd940a02ff89c044000003000400000300783c58b658",
    codec: "avc1.7a0016",
    ...{ width: 640, height: 360, chroma: 2, bitDepth: 10 },
  },
  {
    name: "grey",
    hex: "6764000cf3650507ec05b20000030002000003003c1e28532c",
    codec: "avc1.64000c",
    ...{ width: 320, height: 240, chroma: 0, bitDepth: 8 },
  },
];

/** Written by x265. */
export const H265_SPS_VECTORS: readonly SpsVector[] = [
  {
    name: "Main, eight lines cropped",
    hex: "420101016000000300900000030000030078a003c08010e596566924caf0168080000003008000000784",
    codec: "hvc1.1.6.L120.90",
    ...{ width: 1920, height: 1080, chroma: 1, bitDepth: 8 },
  },
  {
    name: "Main 10, high tier",
    hex: "420101222000000300900000030000030099a001e020021c4d96566924caf0168080000003008000000784",
    codec: "hvc1.2.4.H153.90",
    ...{ width: 3840, height: 2160, chroma: 1, bitDepth: 10 },
  },
  {
    name: "range extensions: 4:4:4 and a second byte of constraints",
    hex: "4201010408000003009e0800000300003c90014901739ef2cacd24995e02d010000003001000000300f080",
    codec: "hvc1.4.10.L60.9E.8",
    ...{ width: 322, height: 182, chroma: 3, bitDepth: 8 },
  },
  {
    name: "two temporal layers",
    hex:
      "42010201600000030090000003000003003f0000a005020169659598acd24995e02d010000030001000003000f08",
    codec: "hvc1.1.6.L63.90",
    ...{ width: 640, height: 360, chroma: 1, bitDepth: 8 },
  },
];

/** Parameter sets that must be refused. */
export const BAD_SPS: readonly { readonly name: string; readonly hex: string }[] = [
  { name: "nothing", hex: "" },
  { name: "a picture parameter set", hex: "68ebe3cb22c0" },
  { name: "an SPS of H.264 without an end", hex: "67640028acd940" },
  { name: "a number with too many zeros", hex: "6742c01e 00000000 00000000 00000000" },
  // Numbers 0, 0, order 2, no references, no gaps; 2048 macroblocks wide and one high
  { name: "a picture too wide", hex: "6742c01e dc00200300" },
  { name: "an SPS of H.265 without an end", hex: "420101016000000300900000030000030078a003" },
];
