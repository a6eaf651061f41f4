/**
 * Tracks and access units: media in terms that belong to no vendor.
 *
 * @module
 */

interface TrackBase {
  /** Unique within its source. */
  readonly id: number;
  /** Units of `AccessUnit.timestamp` in one second. */
  readonly clockRate: number;
}

/** H.264 video. NAL units of access units carry no start code. */
export interface H264Track extends TrackBase {
  readonly kind: "video";
  readonly codec: "H264";
  /** Sequence parameter set, a NAL unit without start code. */
  readonly sps: Uint8Array;
  /** Picture parameter set, a NAL unit without start code. */
  readonly pps: Uint8Array;
}

/** H.265 video. NAL units of access units carry no start code. */
export interface H265Track extends TrackBase {
  readonly kind: "video";
  readonly codec: "H265";
  readonly vps: Uint8Array;
  readonly sps: Uint8Array;
  readonly pps: Uint8Array;
}

/** AAC audio, spelled as its RTP payload format is (RFC 3640). */
export interface AacTrack extends TrackBase {
  readonly kind: "audio";
  readonly codec: "MPEG4-GENERIC";
  readonly channels: number;
  /** AudioSpecificConfig (ISO/IEC 14496-3). */
  readonly config: Uint8Array;
}

/** A stream that arrives as RTP and is passed on unchanged: its access units are RTP payloads. */
export interface PackedTrack extends TrackBase {
  readonly kind: "video" | "audio" | "application";
  readonly codec: "packed";
  /** As SDP's `rtpmap` spells it, in capitals. */
  readonly encoding: string;
  /** Of sound. */
  readonly channels: number;
  /** Value of SDP's `fmtp`, without the payload type. */
  readonly fmtp: string | undefined;
}

/** One elementary stream; but for `packed`, `codec` is spelled as SDP's `rtpmap` does. */
export type Track = H264Track | H265Track | AacTrack | PackedTrack;

/** One picture, or one frame of audio. */
export interface AccessUnit {
  readonly trackId: number;
  /**
   * When it is to be shown, in units of its track's clock; grows without wrapping around. Zero is
   * the same moment on all tracks of a source.
   */
  readonly timestamp: number;
  /** Whether decoding can start here. True for every frame of audio. */
  readonly keyframe: boolean;
  /**
   * Video: the NAL units, without start codes. Audio: the raw frame alone. Of a packed track: the
   * RTP payloads. Never written to.
   */
  readonly parts: readonly Uint8Array[];
}
