/** Streams as hex and what is in them; for tests and as seeds of the fuzzer. @module */

export interface AnnexBVector {
  readonly name: string;
  readonly hex: string;
  /** The NAL units, as hex. */
  readonly units: readonly string[];
}

export const ANNEX_B_VECTORS: readonly AnnexBVector[] = [
  { name: "a start code and nothing else", hex: "000001", units: [] },
  { name: "a short start code", hex: "000001 65aabb", units: ["65aabb"] },
  { name: "a long start code", hex: "00000001 65aabb", units: ["65aabb"] },
  { name: "more zeros in front", hex: "000000000001 65", units: ["65"] },
  {
    name: "three units, start codes of both lengths",
    hex: "00000001 0910 000001 67640c 00000001 68ee",
    units: ["0910", "67640c", "68ee"],
  },
  { name: "an empty unit between two", hex: "000001 000001 65", units: ["65"] },
  { name: "zeros at the end, which belong to no unit", hex: "000001 6588 0000", units: ["6588"] },
  { name: "a one inside, after one zero", hex: "000001 65 00 01 88", units: ["65000188"] },
  { name: "emulation prevention kept as it is", hex: "000001 65 000003 01", units: ["6500000301"] },
];

/** Byte streams that must be refused. */
export const BAD_ANNEX_B: readonly { readonly name: string; readonly hex: string }[] = [
  { name: "nothing", hex: "" },
  { name: "no start code", hex: "65aabbccdd" },
  { name: "bytes before the first start code", hex: "65 000001 65" },
  { name: "half a start code", hex: "0000" },
];

export interface AdtsVector {
  readonly name: string;
  readonly hex: string;
  readonly frames: readonly {
    readonly objectType: number;
    readonly sampleRate: number;
    readonly channels: number;
    readonly payload: string;
  }[];
}

const LC_16K_MONO = { objectType: 2, sampleRate: 16_000, channels: 1 };

export const ADTS_VECTORS: readonly AdtsVector[] = [
  { name: "no frame", hex: "", frames: [] },
  {
    // sync fff, MPEG-4, no CRC · LC, index 8, 1 channel · length 10 · fullness 7ff, one block
    name: "AAC-LC, 16 kHz, mono",
    hex: "fff1 6040 015ffc aabbcc",
    frames: [{ ...LC_16K_MONO, payload: "aabbcc" }],
  },
  {
    name: "a frame with CRC, whose header is two bytes longer",
    hex: "fff0 6040 019ffc 1234 aabbcc",
    frames: [{ ...LC_16K_MONO, payload: "aabbcc" }],
  },
  {
    name: "two frames, the second AAC-LC 48 kHz stereo with the MPEG-2 flag",
    hex: "fff1 6040 011ffc 01 fff9 4c80 013ffc 0203",
    frames: [
      { ...LC_16K_MONO, payload: "01" },
      { objectType: 2, sampleRate: 48_000, channels: 2, payload: "0203" },
    ],
  },
];

/** ADTS streams that must be refused. */
export const BAD_ADTS: readonly { readonly name: string; readonly hex: string }[] = [
  { name: "a header cut short", hex: "fff1 6040 015f" },
  { name: "a payload cut short", hex: "fff1 6040 015ffc aabb" },
  { name: "no sync word", hex: "eff1 6040 015ffc aabbcc" },
  { name: "a layer other than 0", hex: "fff3 6040 015ffc aabbcc" },
  { name: "a reserved sample rate", hex: "fff1 7440 015ffc aabbcc" },
  { name: "a length shorter than the header", hex: "fff1 6040 00bffc" },
  { name: "two raw blocks in one frame", hex: "fff1 6040 015ffd aabbcc" },
  { name: "rubbish after a frame", hex: "fff1 6040 015ffc aabbcc 00" },
];
