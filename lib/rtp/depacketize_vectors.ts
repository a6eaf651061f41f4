/** RTP payloads as hex and what they hold; for tests and as seeds of the fuzzer. @module */

export interface NalPayloadVector {
  readonly name: string;
  readonly codec: "H264" | "H265";
  readonly hex: string;
  readonly pieces: readonly {
    readonly type: number;
    readonly starts: boolean;
    readonly ends: boolean;
    /** Bytes of the unit, as hex. */
    readonly unit: string;
  }[];
}

export const NAL_PAYLOAD_VECTORS: readonly NalPayloadVector[] = [
  {
    name: "a single NAL unit of H.264",
    codec: "H264",
    hex: "6588aabb",
    pieces: [{ type: 5, starts: true, ends: true, unit: "6588aabb" }],
  },
  {
    name: "STAP-A with parameter sets, a picture and an empty unit",
    codec: "H264",
    // STAP-A · 4 bytes of SPS · 2 of PPS · none · 3 of IDR
    hex: "78 0004 67640c1e 0002 68ee 0000 0003 658801",
    pieces: [
      { type: 7, starts: true, ends: true, unit: "67640c1e" },
      { type: 8, starts: true, ends: true, unit: "68ee" },
      { type: 5, starts: true, ends: true, unit: "658801" },
    ],
  },
  {
    name: "FU-A, first piece: its header is made of indicator and type",
    codec: "H264",
    hex: "7c 85 8801",
    pieces: [{ type: 5, starts: true, ends: false, unit: "65 8801" }],
  },
  {
    name: "FU-A, a piece from the middle",
    codec: "H264",
    hex: "7c 05 0203",
    pieces: [{ type: 5, starts: false, ends: false, unit: "0203" }],
  },
  {
    name: "FU-A, the last piece",
    codec: "H264",
    hex: "7c 45 04",
    pieces: [{ type: 5, starts: false, ends: true, unit: "04" }],
  },
  {
    name: "a single NAL unit of H.265",
    codec: "H265",
    hex: "2601 af08",
    pieces: [{ type: 19, starts: true, ends: true, unit: "2601af08" }],
  },
  {
    name: "AP with the three parameter sets of H.265",
    codec: "H265",
    hex: "6001 0003 40010c 0003 420101 0003 4401c0",
    pieces: [
      { type: 32, starts: true, ends: true, unit: "40010c" },
      { type: 33, starts: true, ends: true, unit: "420101" },
      { type: 34, starts: true, ends: true, unit: "4401c0" },
    ],
  },
  {
    name: "FU, first piece",
    codec: "H265",
    hex: "6201 93 af08",
    pieces: [{ type: 19, starts: true, ends: false, unit: "2601 af08" }],
  },
  {
    name: "FU, last piece",
    codec: "H265",
    hex: "6201 53 0102",
    pieces: [{ type: 19, starts: false, ends: true, unit: "0102" }],
  },
];

/** Payloads that must be refused. */
export const BAD_NAL_PAYLOADS: readonly Pick<NalPayloadVector, "name" | "codec" | "hex">[] = [
  { name: "nothing", codec: "H264", hex: "" },
  { name: "type 0", codec: "H264", hex: "60aa" },
  { name: "STAP-B, of an interleaved mode", codec: "H264", hex: "79 0001 0001 65" },
  { name: "FU-B, of an interleaved mode", codec: "H264", hex: "7d 85 0001 65" },
  { name: "STAP-A whose unit is cut short", codec: "H264", hex: "78 0004 67640c" },
  { name: "STAP-A cut short in a length", codec: "H264", hex: "78 0001 67 00" },
  { name: "FU-A without its header", codec: "H264", hex: "7c" },
  { name: "half a header", codec: "H265", hex: "26" },
  { name: "PACI", codec: "H265", hex: "6401 0000" },
  { name: "AP whose unit is cut short", codec: "H265", hex: "6001 0004 40010c" },
];

export interface AacPayloadVector {
  readonly name: string;
  readonly hex: string;
  readonly parts: readonly string[];
  readonly pieceOf: number | undefined;
}

/** Of mode AAC-hbr: 13 bits of size, 3 of index. */
export const AAC_PAYLOAD_VECTORS: readonly AacPayloadVector[] = [
  { name: "one frame", hex: "0010 0018 aabbcc", parts: ["aabbcc"], pieceOf: undefined },
  {
    name: "three frames",
    hex: "0030 0010 0008 0018 aabb cc ddeeff",
    parts: ["aabb", "cc", "ddeeff"],
    pieceOf: undefined,
  },
  { name: "a piece of a frame", hex: "0010 0028 0102", parts: ["0102"], pieceOf: 5 },
  { name: "no frame", hex: "0000", parts: [], pieceOf: undefined },
  {
    name: "a frame, and bytes of nobody",
    hex: "0010 0008 aa ffff",
    parts: ["aa"],
    pieceOf: undefined,
  },
];

export const BAD_AAC_PAYLOADS: readonly { readonly name: string; readonly hex: string }[] = [
  { name: "nothing", hex: "" },
  { name: "headers cut short", hex: "0020 0018" },
  { name: "half a header", hex: "0018 0018 00 aabbcc" },
  { name: "two frames of which the second is cut short", hex: "0020 0008 0018 aa bb" },
  { name: "more headers than a payload can hold", hex: "ffff 0018" },
];
