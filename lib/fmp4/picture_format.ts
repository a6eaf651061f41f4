import { DecodeError } from "../bytes/decode_error.ts";

/** What a sequence parameter set says of its pictures. */
export interface PictureFormat {
  /** Pixels, without what is cropped. */
  readonly width: number;
  readonly height: number;
  /** `chroma_format_idc`: 0 is grey, 1 is 4:2:0. */
  readonly chroma: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
}

/** How colours are sampled, and in what steps a picture can be cropped because of it. */
export interface ChromaFormat {
  readonly idc: number;
  readonly stepX: number;
  readonly stepY: number;
}

/** Largest edge of a picture: level 6.2 of H.264 and H.265 stays below it. */
const MAX_EDGE = 16_384;

/** MP4 has three bits for what is more than 8. */
const MAX_DEPTH = 15;

const CHROMA_FORMATS: readonly ChromaFormat[] = [
  { idc: 0, stepX: 1, stepY: 1 },
  { idc: 1, stepX: 2, stepY: 2 },
  { idc: 2, stepX: 2, stepY: 1 },
  { idc: 3, stepX: 1, stepY: 1 },
];

/** The format of this `chroma_format_idc` (H.264 table 6-1). Throws `DecodeError`. */
export function chromaFormat(idc: number): ChromaFormat {
  const format = CHROMA_FORMATS[idc];
  if (format === undefined) {
    throw new DecodeError(`Cannot decode SPS as chroma_format_idc must be 0 to 3: is ${idc}`);
  }
  return format;
}

/** The format, unless it is none a picture can have. Throws `DecodeError`. */
export function checkedFormat(format: PictureFormat): PictureFormat {
  const { width, height, bitDepthLuma, bitDepthChroma } = format;
  if (![width, height].every((edge) => edge > 0 && edge <= MAX_EDGE)) {
    throw new DecodeError(
      `Cannot decode SPS as edges must be 1 to ${MAX_EDGE} pixels: are ${width} and ${height}`,
    );
  }
  const depth = Math.max(bitDepthLuma, bitDepthChroma);
  if (depth > MAX_DEPTH) {
    throw new DecodeError(
      `Cannot decode SPS as samples have ${MAX_DEPTH} bits at most: ${depth}`,
    );
  }
  return format;
}
