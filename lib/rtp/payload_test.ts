import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex, toHex } from "../bytes/bytes.ts";
import { MAX_AAC_FRAME, packetizeAac } from "./aac_payload.ts";
import { packetizeH264 } from "./h264_payload.ts";
import { packetizeH265 } from "./h265_payload.ts";
import { type Packetize, payloadLength } from "./payload.ts";

interface Case {
  readonly name: string;
  readonly packetize: Packetize;
  readonly parts: readonly string[];
  readonly limit: number;
  /** Payloads as hex, their pieces joined. */
  readonly payloads: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: "packetizeH264() sends short NAL units as they are",
    packetize: packetizeH264,
    parts: ["67640c1e", "68ee", "658801"],
    limit: 4,
    payloads: ["67640c1e", "68ee", "658801"],
  },
  {
    // indicator 7c: reference bits of 65, type 28 · FU header 85, 05, 45: start, middle, end of 5
    name: "packetizeH264() cuts a long NAL unit into FU-A",
    packetize: packetizeH264,
    parts: ["65 0102 0304 05"],
    limit: 4,
    payloads: ["7c85 0102", "7c05 0304", "7c45 05"],
  },
  {
    name: "packetizeH264() makes two fragments of a NAL unit one byte too long",
    packetize: packetizeH264,
    parts: ["41 01020304"],
    limit: 4,
    payloads: ["5c81 0102", "5c41 0304"],
  },
  {
    name: "packetizeH265() sends short NAL units as they are",
    packetize: packetizeH265,
    parts: ["4001 0c", "4201 01"],
    limit: 4,
    payloads: ["40010c", "420101"],
  },
  {
    // 2601 is an IDR_W_RADL (19); 6201 has type 49 in its place · FU header 93, 13, 53
    name: "packetizeH265() cuts a long NAL unit into FU",
    packetize: packetizeH265,
    parts: ["2601 0102 0304 05"],
    limit: 5,
    payloads: ["620193 0102", "620113 0304", "620153 05"],
  },
  {
    // 16 bits of AU headers · size 3 in 13 bits, index 0
    name: "packetizeAac() puts one frame behind one AU header",
    packetize: packetizeAac,
    parts: ["aabbcc", "dd"],
    limit: 100,
    payloads: ["0010 0018 aabbcc", "0010 0008 dd"],
  },
  {
    name: "packetizeAac() repeats the size of the whole frame in each piece",
    packetize: packetizeAac,
    parts: ["0102030405"],
    limit: 6,
    payloads: ["0010 0028 0102", "0010 0028 0304", "0010 0028 05"],
  },
];

for (const { name, packetize, parts, limit, payloads } of CASES) {
  test(name, () => {
    const cut = packetize(parts.map(fromHex), limit);
    assert.deepEqual(cut.map((pieces) => toHex(concatBytes(pieces))), payloads.map(plain));
    assert.ok(cut.every((payload) => payloadLength(payload) <= limit));
  });
}

test("packetizeAac() leaves out a frame whose size its header cannot hold", () => {
  assert.equal(packetizeAac([new Uint8Array(MAX_AAC_FRAME)], 1200).length, 7);
  assert.deepEqual(packetizeAac([new Uint8Array(MAX_AAC_FRAME + 1)], 1200), []);
});

for (const packetize of [packetizeH264, packetizeH265]) {
  test(`${packetize.name}() copies no byte of a NAL unit`, () => {
    const unit = new Uint8Array(5000);
    const bodies = packetize([unit], 1200).map((pieces) => pieces.at(-1));
    assert.ok(bodies.length > 1 && bodies.every((body) => body?.buffer === unit.buffer));
  });
}

function plain(hex: string): string {
  return hex.replaceAll(" ", "");
}
