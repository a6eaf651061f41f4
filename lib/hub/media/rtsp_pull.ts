/**
 * Pulls a stream over RTSP from whatever a byte stream leads to: describes, sets up what can be
 * passed on, plays, and turns packets into access units on one timeline.
 *
 * @module
 */

import type { TunnelEnd } from "../../tunnel_end.ts";
import type { ByteStream, Clock } from "../../io/types.ts";
import type { CloseReason, Entropy } from "../../machine.ts";
import type { AccessUnit, PackedTrack, Track } from "../../media/track.ts";
import { tryDecode } from "../../bytes/try_decode.ts";
import { AccessUnitTracker, type PackedUnit } from "../../rtp/access_unit_tracker.ts";
import { describedTrack } from "../../rtp/described_track.ts";
import { MediaClock } from "../../rtp/media_clock.ts";
import { decodeRtpPacket } from "../../rtp/packet.ts";
import { decodeRtcp, decodeSenderReport, RTCP_TYPE } from "../../rtp/rtcp.ts";
import type { ClientEnd, SetUpTrack } from "../../rtsp/client/events.ts";
import type { Credentials } from "../../rtsp/credentials.ts";
import { pullRtsp } from "../../rtsp/client/pull.ts";
import type { ParsedSession } from "../../sdp/parsed.ts";
import { LinkError } from "../link/link_error.ts";
import type { Pull } from "./media_path.ts";

/** Tracks of one camera that are passed on; more are not asked for. */
const MAX_TRACKS = 4;

/** A stream that may know why it broke or could not be had: one that runs inside of a tunnel does. */
export type PulledStream = ByteStream & {
  readonly failure?: { readonly reason: CloseReason; readonly message: string } | undefined;
};

export interface RtspPullOptions {
  readonly stream: PulledStream;
  /** Of the camera's own stream, as the camera knows it. */
  readonly url: string;
  readonly credentials: Credentials | undefined;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly onUnit: (unit: AccessUnit) => void;
  /** Calls it off. */
  readonly signal: AbortSignal;
}

/** Begins to pull. Resolves once the camera plays; rejects with `LinkError` when it does not. */
export async function startRtspPull(options: RtspPullOptions): Promise<Pull> {
  const pull = new RtspPull(options);
  await pull.playing;
  return pull;
}

/** What becomes of the packets of one track. */
interface Lane {
  readonly track: PackedTrack;
  readonly tracker: AccessUnitTracker;
  /** Pictures are missing: what follows makes no sense before the next key frame. */
  waiting: boolean;
}

class RtspPull implements Pull {
  tracks: readonly Track[] = [];
  readonly ended: Promise<TunnelEnd>;
  readonly #options: RtspPullOptions;
  readonly #playing = Promise.withResolvers<void>();
  readonly #closing = new AbortController();
  readonly #lanes = new Map<number, Lane>();
  #mediaClock = new MediaClock([]);

  constructor(options: RtspPullOptions) {
    this.#options = options;
    const { stream, url, credentials, clock, entropy, signal } = options;
    this.ended = pullRtsp(stream, {
      url,
      credentials,
      entropy,
      clock,
      signal: AbortSignal.any([signal, this.#closing.signal]),
      choose: (session) => this.#choose(session),
      onPlaying: (tracks) => this.#startPlaying(tracks),
      onPacket: ({ kind, track, bytes }) => {
        if (kind === "rtp") this.#handlePacket(track, bytes);
        else this.#handleReport(track, bytes);
      },
    }).then((end) => this.#finish(end));
  }

  /** Resolves once packets come; rejects with `LinkError` when they never will. */
  get playing(): Promise<void> {
    return this.#playing.promise;
  }

  close(): void {
    this.#closing.abort();
  }

  #choose({ media }: ParsedSession): readonly number[] {
    media.forEach((one, index) => {
      const track = describedTrack(index, one);
      const [format] = one.formats;
      if (track === undefined || format === undefined || this.#lanes.size >= MAX_TRACKS) return;
      if (track.kind === "application") return;
      const tracker = new AccessUnitTracker(track.kind, format);
      this.#lanes.set(index, { track, tracker, waiting: false });
    });
    return [...this.#lanes.keys()];
  }

  #startPlaying(tracks: readonly SetUpTrack[]): void {
    const played = tracks.flatMap(({ index, info }) => {
      const track = this.#lanes.get(index)?.track;
      return track === undefined ? [] : [{ track, rtpTime: info?.timestamp }];
    });
    played.sort((a, b) => Number(b.track.kind === "video") - Number(a.track.kind === "video"));
    this.tracks = played.map(({ track }) => track);
    this.#mediaClock = new MediaClock(
      played.map(({ track: { id, clockRate }, rtpTime }) => ({ id, clockRate, rtpTime })),
    );
    this.#playing.resolve();
  }

  #handlePacket(index: number, bytes: Uint8Array): void {
    const lane = this.#lanes.get(index);
    const packet = tryDecode(() => decodeRtpPacket(bytes));
    if (lane === undefined || packet === undefined) return;
    for (const unit of lane.tracker.push(packet)) this.#handleUnit(lane, unit);
  }

  #handleUnit(lane: Lane, unit: PackedUnit): void {
    const { track, tracker } = lane;
    if (unit.restarted) this.#mediaClock.restart(track.id);
    if (unit.damaged || unit.lostBefore > 0) lane.waiting = track.kind === "video";
    if (unit.damaged || (lane.waiting && !unit.keyframe)) return;
    lane.waiting = false;
    const timestamp = this.#mediaClock.place(this.#options.clock.now(), track.id, unit.timestamp);
    if (timestamp === undefined) return;
    const isVideo = track.kind === "video";
    const keyframe = !isVideo || unit.keyframe;
    const parts = isVideo && keyframe
      ? withParameterSets(track.encoding, tracker.parameterSets, unit.payloads)
      : unit.payloads;
    this.#options.onUnit({ trackId: track.id, timestamp, keyframe, parts });
  }

  #handleReport(index: number, bytes: Uint8Array): void {
    for (const { type, body } of tryDecode(() => decodeRtcp(bytes)) ?? []) {
      if (type !== RTCP_TYPE.senderReport) continue;
      const report = tryDecode(() => decodeSenderReport(body));
      if (report === undefined) continue;
      this.#mediaClock.report(index, report.wallClock, report.rtpTimestamp);
    }
  }

  #finish(session: ClientEnd): TunnelEnd {
    const { reason, detail } = this.#causeOf(session);
    const stage = this.tracks.length > 0 ? "open" : "starting";
    const end = { reason, stage, detail, advice: ADVICE[reason] ?? "" };
    this.#playing.reject(new LinkError(end));
    return end;
  }

  /** To the session every end of its connection looks as if the camera had closed it. */
  #causeOf(session: ClientEnd): Pick<TunnelEnd, "reason" | "detail"> {
    const { failure } = this.#options.stream;
    const isClosed = session.reason === "peer" && session.status === undefined;
    if (!isClosed || failure === undefined || failure.reason === "local") return session;
    return { reason: failure.reason, detail: failure.message };
  }
}

const ADVICE: Readonly<Partial<Record<CloseReason, string>>> = {
  auth: "Check user name and password of the camera.",
};

/**
 * A key frame's payloads with the parameter sets in front, where the camera does not repeat them
 * there itself: viewers that join later may never have seen them.
 */
function withParameterSets(
  encoding: string,
  sets: readonly Uint8Array[],
  payloads: readonly Uint8Array[],
): readonly Uint8Array[] {
  const types = payloads.map((payload) => nalType(encoding, payload));
  const carrying = CARRYING_PARAMETERS[encoding];
  if (carrying === undefined || types.some((type) => carrying.includes(type))) return payloads;
  return [...sets, ...payloads];
}

/** Types of payloads that are, or may hold, parameter sets: SPS or STAP-A; VPS, SPS or AP. */
const CARRYING_PARAMETERS: Readonly<Record<string, readonly number[]>> = {
  H264: [7, 24],
  H265: [32, 33, 48],
};

function nalType(encoding: string, [first = 0]: Uint8Array): number {
  return encoding === "H264" ? first & 0x1f : (first >>> 1) & 0x3f;
}
