import type { PackedTrack } from "../media/track.ts";
import type { ParsedMedia } from "../sdp/parsed.ts";

const KINDS = ["video", "audio", "application"] as const;

/**
 * The track a camera describes, to be passed on as it packs it, by its favourite format;
 * `undefined` for a medium of another kind, or one whose codec nobody can name.
 */
export function describedTrack(id: number, media: ParsedMedia): PackedTrack | undefined {
  const kind = KINDS.find((one) => one === media.kind);
  const [format] = media.formats;
  if (kind === undefined || format?.encoding === undefined) return undefined;
  const { encoding, clockRate, channels, fmtp } = format;
  return { id, kind, codec: "packed", encoding, clockRate, channels, fmtp };
}
