import { fromHex } from "../../lib/bytes/bytes.ts";
import type { CloseReason } from "../../lib/machine.ts";
import type { Source, SourceReader } from "../../lib/media/source.ts";
import type { AacTrack, AccessUnit, H264Track } from "../../lib/media/track.ts";

export const VIDEO: H264Track = {
  id: 7,
  kind: "video",
  codec: "H264",
  clockRate: 90_000,
  sps: fromHex("67640c1e"),
  pps: fromHex("68ee3c80"),
};

export const AUDIO: AacTrack = {
  id: 8,
  kind: "audio",
  codec: "MPEG4-GENERIC",
  clockRate: 16_000,
  channels: 1,
  config: fromHex("1408"),
};

/** A picture of one NAL unit, `length` bytes long, shown after `seconds`. */
export function picture(seconds: number, keyframe: boolean, length = 100): AccessUnit {
  const unit = new Uint8Array(length);
  unit[0] = keyframe ? 0x65 : 0x41;
  return { trackId: VIDEO.id, timestamp: 90_000 * seconds, keyframe, parts: [unit] };
}

/** A frame of audio of 20 bytes, heard after `seconds`. */
export function sound(seconds: number): AccessUnit {
  const parts = [new Uint8Array(20)];
  return { trackId: AUDIO.id, timestamp: 16_000 * seconds, keyframe: true, parts };
}

/** A source that says what a test tells it to. */
export class FakeSource implements Source {
  readonly tracks = [VIDEO, AUDIO];
  /** Handed to a new reader at once. */
  group: readonly AccessUnit[] = [];
  readonly #readers = new Set<SourceReader>();

  get readers(): number {
    return this.#readers.size;
  }

  read(reader: SourceReader): () => void {
    for (const unit of this.group) reader.onUnit(unit);
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }

  send(...units: readonly AccessUnit[]): void {
    for (const unit of units) {
      for (const reader of this.#readers) reader.onUnit(unit);
    }
  }

  end(reason: CloseReason): void {
    for (const reader of this.#readers) reader.onEnd(reason);
  }
}
