/**
 * Pulls a stream over RTSP from whatever a byte stream leads to: describes, sets up what can be
 * passed on, plays, and turns packets into access units on one timeline.
 *
 * @module
 */

import type { TunnelEnd } from "../dahua/tunnel_event.ts";
import type { ByteStream, Clock } from "../io/types.ts";
import type { Entropy } from "../machine.ts";
import type { AccessUnit, PackedTrack, Track } from "../media/track.ts";
import { tryDecode } from "../bytes/try_decode.ts";
import { AccessUnitTracker, type PackedUnit } from "../rtp/access_unit_tracker.ts";
import { describedTrack } from "../rtp/described_track.ts";
import { MediaClock } from "../rtp/media_clock.ts";
import { decodeRtpPacket } from "../rtp/packet.ts";
import { decodeRtcp, decodeSenderReport, RTCP_TYPE } from "../rtp/rtcp.ts";
import type { ClientEnd, ClientEvent, SetUpTrack } from "../rtsp/client_events.ts";
import { ClientSession } from "../rtsp/client_session.ts";
import type { Credentials } from "../rtsp/credentials.ts";
import type { ParsedSession } from "../sdp/parsed.ts";
import { LinkError } from "./link_error.ts";
import type { Pull } from "./media_path.ts";

/** Tracks of one camera that are passed on; more are not asked for. */
const MAX_TRACKS = 4;

export interface RtspPullOptions {
  readonly stream: ByteStream;
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
  const onAbort = () => pull.close();
  options.signal.addEventListener("abort", onAbort, { once: true });
  if (options.signal.aborted) onAbort();
  void pull.ended.then(() => options.signal.removeEventListener("abort", onAbort));
  await pull.playing;
  return pull;
}

/** What becomes of the packets of one track. */
interface Lane {
  readonly track: PackedTrack;
  readonly tracker: AccessUnitTracker;
}

class RtspPull implements Pull {
  tracks: readonly Track[] = [];
  readonly #options: RtspPullOptions;
  readonly #session: ClientSession;
  readonly #playing = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<TunnelEnd>();
  readonly #lanes = new Map<number, Lane>();
  #mediaClock = new MediaClock([]);
  #writing: Promise<void> = Promise.resolve();
  #cancelTimer = () => {};
  #isOver = false;

  constructor(options: RtspPullOptions) {
    this.#options = options;
    const { url, credentials, clock, entropy } = options;
    this.#session = new ClientSession(clock.now(), { url, credentials, entropy });
    this.#drain();
    void this.#read();
  }

  /** Resolves once packets come; rejects with `LinkError` when they never will. */
  get playing(): Promise<void> {
    return this.#playing.promise;
  }

  get ended(): Promise<TunnelEnd> {
    return this.#ended.promise;
  }

  close(): void {
    this.#session.close(this.#options.clock.now());
    this.#drain();
  }

  async #read(): Promise<void> {
    const { stream, clock } = this.#options;
    try {
      for (let bytes = await stream.read(); bytes && !this.#isOver; bytes = await stream.read()) {
        this.#session.handleBytes(clock.now(), bytes);
        this.#drain();
      }
    } catch {
      // Why the stream broke is known by the tunnel, which says so; here it is over.
    }
    this.#session.handleEnd();
    this.#drain();
  }

  #drain(): void {
    for (let bytes = this.#session.pollOutput(); bytes; bytes = this.#session.pollOutput()) {
      this.#write(bytes);
    }
    for (let event = this.#session.pollEvent(); event; event = this.#session.pollEvent()) {
      this.#handle(event);
    }
    for (let bytes = this.#session.pollOutput(); bytes; bytes = this.#session.pollOutput()) {
      this.#write(bytes);
    }
    this.#setTimer();
  }

  #write(bytes: Uint8Array): void {
    const { stream } = this.#options;
    // A stream that breaks under a write ends the reading side, too, which tells the session.
    this.#writing = this.#writing.then(() => stream.write(bytes)).catch(() => {});
  }

  #setTimer(): void {
    this.#cancelTimer();
    const at = this.#isOver ? undefined : this.#session.pollTimeout();
    if (at === undefined) return;
    const { clock } = this.#options;
    this.#cancelTimer = clock.setTimer(Math.max(0, at - clock.now()), () => {
      this.#session.handleTimeout(clock.now());
      this.#drain();
    });
  }

  #handle(event: ClientEvent): void {
    switch (event.type) {
      case "described":
        return this.#setUp(event.session);
      case "playing":
        return this.#startPlaying(event.tracks);
      case "packet":
        return event.kind === "rtp"
          ? this.#handlePacket(event.track, event.bytes)
          : this.#handleReport(event.track, event.bytes);
      case "closed":
        return this.#finish(event);
    }
  }

  #setUp({ media }: ParsedSession): void {
    media.forEach((one, index) => {
      const track = describedTrack(index, one);
      const [format] = one.formats;
      if (track === undefined || format === undefined || this.#lanes.size >= MAX_TRACKS) return;
      if (track.kind === "application") return;
      this.#lanes.set(index, { track, tracker: new AccessUnitTracker(track.kind, format) });
    });
    if (this.#lanes.size > 0) {
      return this.#session.setUp(this.#options.clock.now(), [...this.#lanes.keys()]);
    }
    this.#fail({ reason: "protocol", detail: "the camera offers nothing that can be passed on" });
    this.close();
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

  #handleUnit({ track, tracker }: Lane, unit: PackedUnit): void {
    // Over a tunnel nothing is lost; a camera that loses packets itself is better not shown so.
    if (unit.damaged) return;
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

  #fail({ reason, detail }: ClientEnd): void {
    const advice = reason === "auth" ? "Check user name and password of the camera." : "";
    const end = { reason, stage: "starting", detail, advice };
    this.#playing.reject(new LinkError(end));
    this.#ended.resolve(end);
  }

  #finish(end: ClientEnd): void {
    this.#isOver = true;
    this.#cancelTimer();
    this.#fail(end);
    const { stream } = this.#options;
    void this.#writing.then(() => stream.abort());
  }
}

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
