import { toHex } from "../bytes/bytes.ts";
import type { Entropy } from "../machine.ts";
import type { Source } from "../media/source.ts";
import type { Track } from "../media/track.ts";
import { RtpSender } from "../rtp/sender.ts";
import { payloadTypeOf } from "./describe.ts";
import { baseUrl, type RequestUrl, trackControl } from "./request_url.ts";
import type { ChannelPair, PortPair, TransportSpec } from "./transport_header.ts";

/** A track a client has set up. */
export interface PlayedTrack {
  readonly track: Track;
  /** No two tracks of a session share one. */
  readonly channels: ChannelPair;
  /** Where its packets go by UDP; `undefined` where they go as interleaved frames. */
  readonly clientPorts: PortPair | undefined;
  readonly sender: RtpSender;
}

/** What RTSP calls a session: the tracks a client has set up, between SETUP and TEARDOWN. */
export class Playback {
  readonly id: string;
  readonly url: RequestUrl;
  readonly source: Source;
  playing = false;
  readonly #entropy: Entropy;
  readonly #played = new Map<number, PlayedTrack>();

  constructor(url: RequestUrl, source: Source, entropy: Entropy) {
    this.id = toHex(entropy(8));
    this.url = url;
    this.source = source;
    this.#entropy = entropy;
  }

  /** The tracks set up so far. */
  get played(): PlayedTrack[] {
    return [...this.#played.values()];
  }

  /** Whether the track at `index` is set up. */
  has(index: number): boolean {
    return this.#played.has(index);
  }

  /** How packets go to the client; `undefined` while nothing is set up. */
  get transport(): "tcp" | "udp" | undefined {
    const [first] = this.played;
    if (first === undefined) return undefined;
    return first.clientPorts === undefined ? "tcp" : "udp";
  }

  /** Sets up the track at `index`, again if it was before; `undefined` when there is none. */
  setUp(
    index: number,
    { interleaved, clientPorts }: Pick<TransportSpec, "interleaved" | "clientPorts">,
  ): PlayedTrack | undefined {
    const track = this.source.tracks[index];
    if (track === undefined) return undefined;
    this.#played.delete(index);
    const channels = this.#freeChannels(interleaved);
    const sender = new RtpSender(payloadTypeOf(index), this.#entropy);
    const played = { track, channels, clientPorts, sender };
    this.#played.set(index, played);
    return played;
  }

  /**
   * The RTP-Info header (RFC 2326 section 12.33): the first packet of each track.
   * `firstTimestamps` holds the timestamps known so far, by track id.
   */
  rtpInfo(
    sequenceNumbers: readonly number[],
    firstTimestamps: ReadonlyMap<number, number>,
  ): string {
    const entries = Array.from(this.#played, ([index, { track, sender }], i) => {
      const url = `url=${baseUrl(this.url)}${trackControl(index)};seq=${sequenceNumbers[i] ?? 0}`;
      const first = firstTimestamps.get(track.id);
      return first === undefined ? url : `${url};rtptime=${sender.rtpTimestamp(first)}`;
    });
    return entries.join(",");
  }

  /** The channels wanted, or the lowest pair free where they are taken or none were named. */
  #freeChannels(wanted: ChannelPair | undefined): ChannelPair {
    const taken = new Set(this.played.flatMap(({ channels }) => [channels.rtp, channels.rtcp]));
    const isFree = (pair: ChannelPair) => !taken.has(pair.rtp) && !taken.has(pair.rtcp);
    if (wanted !== undefined && isFree(wanted)) return wanted;
    let pair = { rtp: 0, rtcp: 1 };
    while (!isFree(pair)) pair = { rtp: pair.rtp + 2, rtcp: pair.rtcp + 2 };
    return pair;
  }
}
