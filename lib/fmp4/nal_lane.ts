import { tryDecode } from "../bytes/try_decode.ts";
import { H264_NAL, h264NalType } from "../media/h264.ts";
import { H265_NAL, h265NalType } from "../media/h265.ts";
import type { AccessUnit, Track } from "../media/track.ts";
import {
  joinNalUnits,
  readH264Payload,
  readH265Payload,
  type ReadNalPayload,
} from "../rtp/nal_payload.ts";
import { ParameterSets, spropParameterSets } from "../rtp/parameter_sets.ts";
import { parseFormatParameters } from "../sdp/media_format.ts";
import { h264Entry, h265Entry, type VideoEntry } from "./video_entry.ts";

/** What differs between H.264 and H.265. */
interface NalCodec {
  readonly typeOf: (unit: Uint8Array) => number;
  readonly read: ReadNalPayload;
  /** In the order decoders want them. */
  readonly parameterSets: readonly number[];
  /** What belongs in no sample: delimiters, ends and padding. */
  readonly noise: readonly number[];
  readonly entry: (sets: readonly Uint8Array[]) => VideoEntry;
}

const CODECS: Readonly<Record<string, NalCodec>> = {
  H264: {
    typeOf: h264NalType,
    read: readH264Payload,
    parameterSets: [H264_NAL.sps, H264_NAL.pps],
    noise: [H264_NAL.aud, 10, 11, 12],
    entry: h264Entry,
  },
  H265: {
    typeOf: h265NalType,
    read: readH265Payload,
    parameterSets: [H265_NAL.vps, H265_NAL.sps, H265_NAL.pps],
    noise: [H265_NAL.aud, 36, 37, 38],
    entry: h265Entry,
  },
};

/**
 * Splits the access units of one video track into NAL units of pictures and parameter sets, which
 * MP4 has in its header.
 */
export class NalLane {
  readonly track: Track;
  readonly #codec: NalCodec;
  readonly #sets: ParameterSets;

  private constructor(track: Track, codec: NalCodec) {
    this.track = track;
    this.#codec = codec;
    this.#sets = new ParameterSets(codec.parameterSets);
    for (const unit of describedSets(track)) this.#sets.add(codec.typeOf(unit), unit);
    this.#sets.commit();
  }

  /** The lane for a track, or `undefined` for one that is not H.264 or H.265. */
  static of(track: Track): NalLane | undefined {
    const codec = CODECS[track.codec === "packed" ? track.encoding : track.codec];
    return track.kind === "video" && codec !== undefined ? new NalLane(track, codec) : undefined;
  }

  /** How MP4 describes it; `undefined` while no parameter sets are known that can be read. */
  get entry(): VideoEntry | undefined {
    if (!this.#sets.isComplete) return undefined;
    return tryDecode(() => this.#codec.entry(this.#sets.all));
  }

  /** The NAL units of a picture, and whether other parameter sets came with them. */
  take({ parts }: AccessUnit): { readonly units: readonly Uint8Array[]; readonly isNew: boolean } {
    const { typeOf, read, noise } = this.#codec;
    const all = this.track.codec === "packed" ? joinNalUnits(parts, read) : parts;
    const units: Uint8Array[] = [];
    for (const unit of all) {
      const type = typeOf(unit);
      if (this.#sets.has(type)) this.#sets.add(type, unit);
      else if (unit.byteLength > 0 && !noise.includes(type)) units.push(unit);
    }
    return { units, isNew: this.#sets.commit() };
  }
}

function describedSets(track: Track): readonly Uint8Array[] {
  switch (track.codec) {
    case "H264":
      return [track.sps, track.pps];
    case "H265":
      return [track.vps, track.sps, track.pps];
    case "packed":
      return spropParameterSets(parseFormatParameters(track.fmtp ?? ""));
    default:
      return [];
  }
}
