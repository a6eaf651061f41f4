import type { Clock } from "../../io/types.ts";
import type { CloseReason, Instant } from "../../machine.ts";
import type { Source, SourceReader } from "../../media/source.ts";
import type { AccessUnit, Track } from "../../media/track.ts";
import { GopCache } from "./gop_cache.ts";
import { Timeline } from "./timeline.ts";

/** The latest key frame, raw material for pictures. */
export interface Keyframe {
  readonly track: Track;
  readonly unit: AccessUnit;
  readonly at: Instant;
}

export interface SharedStreamOptions {
  readonly tracks: readonly Track[];
  readonly clock: Clock;
  /** What the current group of pictures may take up. */
  readonly groupBytes?: number;
  /** How many readers there are, whenever that changes. */
  readonly onReaders: (count: number) => void;
}

/**
 * What one pull after another brings, as one stream for any number of readers: on one timeline, and
 * with the current group of pictures for whoever comes late.
 */
export class SharedStream implements Source {
  readonly tracks: readonly Track[];
  readonly #clock: Clock;
  readonly #onReaders: (count: number) => void;
  readonly #timeline: Timeline;
  readonly #gop: GopCache;
  readonly #readers = new Set<SourceReader>();
  readonly #watchers = new Set<SourceReader>();
  #keyframe: Keyframe | undefined;
  #sent = 0;
  #ended: CloseReason | undefined;

  constructor({ tracks, clock, groupBytes, onReaders }: SharedStreamOptions) {
    this.tracks = tracks;
    this.#clock = clock;
    this.#onReaders = onReaders;
    this.#timeline = new Timeline(tracks);
    this.#gop = new GopCache(tracks, groupBytes);
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** The latest key frame, whatever became of the pull since. */
  get keyframe(): Keyframe | undefined {
    return this.#keyframe;
  }

  /** Bytes of media handed to readers. */
  get sent(): number {
    return this.#sent;
  }

  read(reader: SourceReader): () => void {
    if (!this.#join(this.#readers, reader)) return () => {};
    this.#onReaders(this.#readers.size);
    return () => {
      if (this.#readers.delete(reader)) this.#onReaders(this.#readers.size);
    };
  }

  /** As `read()`, for whoever takes what there is and does not count as a reader. */
  watch(reader: SourceReader): () => void {
    this.#join(this.#watchers, reader);
    return () => this.#watchers.delete(reader);
  }

  /** The pull is over: what another one brings has nothing to do with what was before. */
  restart(): void {
    this.#timeline.restart();
    this.#gop.clear();
  }

  /** Hands a unit of the pull on; returns whether it is of any track. */
  push(unit: AccessUnit): boolean {
    const now = this.#clock.now();
    const placed = this.#timeline.place(now, unit);
    if (placed === undefined) return false;
    this.#gop.push(placed);
    const track = this.tracks.find(({ id }) => id === unit.trackId);
    if (track?.kind === "video" && unit.keyframe) this.#keyframe = { track, unit: placed, at: now };
    for (const reader of this.#readers) this.#send(reader, placed);
    for (const watcher of this.#watchers) this.#send(watcher, placed);
    return true;
  }

  /** Ends every reader; new ones may come. */
  endReaders(reason: CloseReason): void {
    if (this.#readers.size === 0) return;
    endAll(this.#readers, reason);
    this.#onReaders(0);
  }

  /** Ends every reader and watcher, and every one that still comes. */
  end(reason: CloseReason): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.endReaders(reason);
    endAll(this.#watchers, reason);
  }

  #join(all: Set<SourceReader>, reader: SourceReader): boolean {
    if (this.#ended !== undefined) {
      reader.onEnd(this.#ended);
      return false;
    }
    for (const unit of this.#gop.units) this.#send(reader, unit);
    all.add(reader);
    return true;
  }

  #send(reader: SourceReader, unit: AccessUnit): void {
    for (const part of unit.parts) this.#sent += part.byteLength;
    reader.onUnit(unit);
  }
}

function endAll(readers: Set<SourceReader>, reason: CloseReason): void {
  const all = [...readers];
  readers.clear();
  for (const reader of all) reader.onEnd(reason);
}
