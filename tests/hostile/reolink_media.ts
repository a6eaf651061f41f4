/** What of Reolink's media takes bytes of a camera, to be attacked. @module */

import { concatBytes, fromHex } from "../../lib/bytes/bytes.ts";
import { decodeAdpcm } from "../../lib/media/ima_adpcm.ts";
import { groupH265, isH265Keyframe } from "../../lib/media/h265.ts";
import { splitAnnexB } from "../../lib/media/annex_b.ts";
import { BCMEDIA_VECTORS } from "../../lib/reolink/bcmedia/bcmedia_vectors.ts";
import { encodeFrame } from "../../lib/reolink/bcmedia/encode.ts";
import { posixTimeOf, type VideoFrame } from "../../lib/reolink/bcmedia/frame.ts";
import { readHead } from "../../lib/reolink/bcmedia/head.ts";
import { readPicture } from "../../lib/reolink/bcmedia/picture.ts";
import { PreviewSource } from "../../lib/reolink/source.ts";
import type { DecoderTarget, MachineTarget, Victim } from "./target.ts";

const FRAMES = BCMEDIA_VECTORS.map(({ hex }) => fromHex(hex));

const PICTURES = [
  "00000001 6764003311 00000001 68ee3c30 00000001 6588aa 000001 6546bb",
  "00000001 40010c01ff 00000001 42010101 00000001 4401c0f2 00000001 2601af 000001 7c01aa",
].map(fromHex);

/** Frames that get further than those of the vectors, as there are pictures in them. */
const PLAYABLE = PICTURES.flatMap((payload, i) => {
  const frame: VideoFrame = {
    type: "video",
    keyframe: true,
    channel: 0,
    codec: i === 0 ? "H264" : "H265",
    microseconds: 0xffff_0000,
    microsecondsHigh: 0,
    extra: fromHex("f09b0a61 29010000"),
    payload,
  };
  return [frame, { ...frame, microseconds: 40_000 }].map((one) => encodeFrame(one));
});

export const REOLINK_MEDIA_DECODERS: readonly DecoderTarget[] = [
  decoder("BcMedia frame", FRAMES, (input) => {
    const head = readHead(input);
    const frame = head?.finish(input.subarray(head.length));
    if (frame?.type === "video") posixTimeOf(frame);
    if (frame?.type === "adpcm") decodeAdpcm(frame, frame.nibbles);
  }),
  decoder("H.265 access unit", PICTURES, (input) => {
    groupH265(splitAnnexB(input)).filter(isH265Keyframe);
  }),
  decoder("picture of H.264", PICTURES, (input) => readPicture("H264", input)),
  decoder("picture of H.265", PICTURES, (input) => readPicture("H265", input)),
];

export const REOLINK_MEDIA_MACHINES: readonly MachineTarget[] = [{
  type: "machine",
  name: "PreviewSource",
  seeds: [...FRAMES, ...PLAYABLE, concatBytes(PLAYABLE), concatBytes(FRAMES)],
  make: previewVictim,
}];

function previewVictim(): Victim {
  const source = new PreviewSource({ limits: { heldBytes: 10_000, heldUnits: 50 } });
  return {
    closed: false,
    handleDatagram: (now, bytes) => source.handleMessage(now, bytes),
    handleTimeout: (now) => source.handleTimeout(now),
    pollTimeout: () => source.pollTimeout(),
    pollOutput(now) {
      const event = source.pollEvent();
      if (event?.type === "stuck") source.restart(now);
      void source.report;
      return event !== undefined;
    },
  };
}

function decoder(
  name: string,
  seeds: readonly Uint8Array[],
  decode: (input: Uint8Array) => unknown,
): DecoderTarget {
  return { type: "decoder", name, seeds, decode };
}
