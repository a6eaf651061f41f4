import { concatBytes, toHex } from "../../bytes/bytes.ts";
import type { Entropy } from "../../machine.ts";
import type { AccessUnit } from "../../media/track.ts";
import { encodeGoodbye, encodeSenderReport } from "../../rtp/rtcp.ts";
import { Framer } from "./framer.ts";
import { encodeMessage } from "../message.ts";
import type { PlayedTrack } from "./playback.ts";

/** What may wait for a client that reads too slowly, in bytes: a second or so of a 4K camera. */
export const MAX_MEDIA_BYTES = 2 * 1024 * 1024;

export interface ViewerOptions {
  /** Media that may wait for the client, in bytes. */
  readonly maxBytes?: number;
  /** Where frames are put: so many bytes, with anything in them. */
  readonly allocate?: (length: number) => Uint8Array;
}

/** Seconds of media between two sender reports of a track (RFC 3550 section 6.2). */
const REPORT_INTERVAL = 5;

/** The second one comes sooner: GStreamer lines tracks up by the first that follows a packet. */
const FIRST_REPORT_INTERVAL = 1;

/** What is known of one track while it is sent. */
interface Lane {
  readonly played: PlayedTrack;
  readonly framer: Framer;
  /** No unit goes out before the next key frame. */
  waiting: boolean;
  /** Timestamp of the next sender report; `undefined` before the first. */
  reportAt: number | undefined;
}

/**
 * Turns access units into the interleaved frames of one client. It begins with a key frame; when
 * too much waits it leaves out whole access units up to the next key frame, and since each client
 * has its own sequence numbers, what a player sees then is a jump in time and not a loss.
 */
export class Viewer {
  readonly #lanes: ReadonlyMap<number, Lane>;
  readonly #hasVideo: boolean;
  readonly #maxBytes: number;
  readonly #allocate: (length: number) => Uint8Array;
  readonly #canonicalName: string;
  readonly #firstTimestamps = new Map<number, number>();
  #videoStarted = false;
  /** Wall clock of timestamp 0 on all tracks, in milliseconds; taken at the first unit. */
  #epoch: number | undefined;
  /** Access units handed out. */
  sent = 0;
  /** Access units left out since the client was too slow. */
  dropped = 0;

  constructor(tracks: readonly PlayedTrack[], entropy: Entropy, options: ViewerOptions = {}) {
    const { maxBytes = MAX_MEDIA_BYTES, allocate = (length) => new Uint8Array(length) } = options;
    this.#lanes = new Map(tracks.map((played) => [played.track.id, lane(played)]));
    this.#hasVideo = tracks.some(({ track }) => track.kind === "video");
    this.#canonicalName = toHex(entropy(8));
    this.#maxBytes = maxBytes;
    this.#allocate = allocate;
  }

  /** The timestamp of the first unit of each track that has begun, by track id. */
  get firstTimestamps(): ReadonlyMap<number, number> {
    return this.#firstTimestamps;
  }

  /**
   * The frames of `unit`, or `undefined` when it is left out. `waitingBytes` is how much media
   * waits to be written; `wallClock` is in milliseconds since 1970.
   */
  push(unit: AccessUnit, waitingBytes: number, wallClock: number): Uint8Array | undefined {
    const lane = this.#lanes.get(unit.trackId);
    if (lane === undefined || !this.#mayBegin(lane, unit)) return undefined;
    const framed = lane.framer.frame(unit);
    if (!this.#hasRoom(lane, unit, waitingBytes, framed.byteLength)) {
      lane.waiting = lane.played.track.kind === "video";
      this.dropped++;
      return undefined;
    }
    lane.waiting = false;
    this.#videoStarted ||= lane.played.track.kind === "video";
    if (!this.#firstTimestamps.has(unit.trackId)) {
      this.#firstTimestamps.set(unit.trackId, unit.timestamp);
    }
    this.sent++;
    const report = this.#dueReport(lane, unit, wallClock);
    const reportLength = report?.byteLength ?? 0;
    const bytes = this.#allocate(reportLength + framed.byteLength);
    if (report !== undefined) bytes.set(report);
    framed.copyFor(lane.played, unit.timestamp, bytes.subarray(reportLength));
    return bytes;
  }

  /** The frames that tell the client that nothing more comes on any of its tracks. */
  goodbye(): Uint8Array {
    const played = [...this.#lanes.values()].map((lane) => lane.played);
    return concatBytes(played.map(({ channels, sender }) => {
      const payload = encodeGoodbye(sender.ssrc, this.#canonicalName);
      return encodeMessage({ type: "interleaved", channel: channels.rtcp, payload });
    }));
  }

  /** Pictures begin with a key frame, and sound with the picture, so that both begin together. */
  #mayBegin(lane: Lane, unit: AccessUnit): boolean {
    if (this.#firstTimestamps.has(unit.trackId)) return true;
    if (lane.played.track.kind === "video") return unit.keyframe;
    return this.#videoStarted || !this.#hasVideo;
  }

  /** A client that was too slow begins again with half of its room free, not at the very brim. */
  #hasRoom(lane: Lane, unit: AccessUnit, waitingBytes: number, length: number): boolean {
    if (lane.waiting && !unit.keyframe) return false;
    if (waitingBytes === 0) return true; // or a unit larger than all the room would never pass
    if (lane.waiting) return waitingBytes <= this.#maxBytes / 2;
    return waitingBytes + length <= this.#maxBytes;
  }

  /** A sender report comes before the first packet: players need it to line the tracks up. */
  #dueReport(lane: Lane, unit: AccessUnit, wallClock: number): Uint8Array | undefined {
    const { track, channels, sender } = lane.played;
    const { reportAt } = lane;
    if (reportAt !== undefined && unit.timestamp < reportAt) return undefined;
    const interval = reportAt === undefined ? FIRST_REPORT_INTERVAL : REPORT_INTERVAL;
    lane.reportAt = unit.timestamp + interval * track.clockRate;
    const mediaTime = 1000 * unit.timestamp / track.clockRate;
    this.#epoch ??= wallClock - mediaTime;
    const report = sender.report(unit.timestamp, this.#epoch + mediaTime);
    const payload = encodeSenderReport(report, this.#canonicalName);
    return encodeMessage({ type: "interleaved", channel: channels.rtcp, payload });
  }
}

function lane(played: PlayedTrack): Lane {
  const framer = Framer.of(played.track);
  return { played, framer, waiting: played.track.kind === "video", reportAt: undefined };
}
