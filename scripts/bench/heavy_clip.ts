import { concatBytes } from "../../lib/bytes/bytes.ts";
import type { AccessUnit } from "../../lib/media/track.ts";
import { type Clip, loadClip } from "../../lib/sim/clip/clip.ts";

/**
 * The test picture at the rate of a real camera, in bits a second: each picture has supplemental
 * data in front, in proportion to its size, which decoders leave out.
 */
export function heavyClip(bitRate: number): Clip {
  const clip = loadClip();
  const video = clip.tracks.find(({ kind }) => kind === "video")?.id;
  const pictures = clip.units.filter(({ unit }) => unit.trackId === video);
  const bytes = pictures.reduce((sum, { unit }) => sum + length(unit), 0);
  const factor = bitRate / 8 * clip.duration / 1_000 / bytes - 1;
  const units = clip.units.map((timed) => {
    const { unit } = timed;
    if (unit.trackId !== video) return timed;
    const padding = supplement(Math.round(factor * length(unit)));
    return { ...timed, unit: { ...unit, parts: [padding, ...unit.parts] } };
  });
  return { ...clip, units };
}

/** A NAL unit of H.264 with user data that belongs to nobody (section D.1.7). */
function supplement(size: number): Uint8Array {
  const lengthBytes = new Uint8Array(Math.floor(size / 255) + 1).fill(255);
  lengthBytes[lengthBytes.length - 1] = size % 255;
  const data = new Uint8Array(size).fill(0x5a);
  return concatBytes([Uint8Array.of(6, 5), lengthBytes, data, Uint8Array.of(0x80)]);
}

function length({ parts }: AccessUnit): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
