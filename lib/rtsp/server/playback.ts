import { toHex } from "../../bytes/bytes.ts";
import type { Entropy } from "../../machine.ts";
import type { Loudspeaker, Source } from "../../media/source.ts";
import type { Track } from "../../media/track.ts";
import { RtpSender } from "../../rtp/sender.ts";
import { payloadTypeOf } from "./describe.ts";
import { baseUrl, type RequestUrl, trackControl } from "./request_url.ts";
import type { ChannelPair, PortPair, TransportSpec } from "../transport_header.ts";

/** A track a client has set up. */
export interface PlayedTrack {
  readonly track: Track;
  /** No two tracks of a session share one. */
  readonly channels: ChannelPair;
  /** Where its packets go by UDP; `undefined` where they go as interleaved frames. */
  readonly clientPorts: PortPair | undefined;
  readonly sender: RtpSender;
}

/** The way from a client to the loudspeaker, once the client has set it up. */
export interface Backchannel {
  readonly loudspeaker: Loudspeaker;
  /** As those of a {@link PlayedTrack}, for packets of the client's. */
  readonly channels: ChannelPair;
  readonly clientPorts: PortPair | undefined;
}

/** What RTSP calls a session: the tracks a client has set up, between SETUP and TEARDOWN. */
export class Playback {
  readonly id: string;
  readonly url: RequestUrl;
  readonly source: Source;
  /** Where the client asked for it. */
  readonly loudspeaker: Loudspeaker | undefined;
  playing = false;
  #backchannel: Backchannel | undefined;
  readonly #entropy: Entropy;
  readonly #played = new Map<number, PlayedTrack>();

  constructor(
    url: RequestUrl,
    source: Source,
    entropy: Entropy,
    loudspeaker?: Loudspeaker,
  ) {
    this.id = toHex(entropy(8));
    this.url = url;
    this.source = source;
    this.loudspeaker = loudspeaker;
    this.#entropy = entropy;
  }

  /** The tracks set up so far. */
  get played(): PlayedTrack[] {
    return [...this.#played.values()];
  }

  /** The backchannel, once it is set up. */
  get backchannel(): Backchannel | undefined {
    return this.#backchannel;
  }

  /** How many tracks there are, the backchannel among them. */
  get size(): number {
    return this.#ways.length;
  }

  /** Whether the track at `index` is set up. */
  has(index: number): boolean {
    return this.isBackchannel(index) ? this.#backchannel !== undefined : this.#played.has(index);
  }

  /** Whether `index` is that of the backchannel, the last of all. */
  isBackchannel(index: number): boolean {
    return this.loudspeaker !== undefined && index === this.source.tracks.length;
  }

  /** How packets go; `undefined` while nothing is set up. */
  get transport(): "tcp" | "udp" | undefined {
    const [first] = this.#ways;
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

  /** Sets up the way to the loudspeaker; `undefined` where there is none. */
  setUpBackchannel(
    { interleaved, clientPorts }: Pick<TransportSpec, "interleaved" | "clientPorts">,
  ): Backchannel | undefined {
    const { loudspeaker } = this;
    if (loudspeaker === undefined) return undefined;
    this.#backchannel = undefined;
    const channels = this.#freeChannels(interleaved);
    this.#backchannel = { loudspeaker, channels, clientPorts };
    return this.#backchannel;
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

  get #ways(): readonly Pick<PlayedTrack, "channels" | "clientPorts">[] {
    return this.#backchannel === undefined ? this.played : [...this.played, this.#backchannel];
  }

  /** The channels wanted, or the lowest pair free where they are taken or none were named. */
  #freeChannels(wanted: ChannelPair | undefined): ChannelPair {
    const taken = new Set(this.#ways.flatMap(({ channels }) => [channels.rtp, channels.rtcp]));
    const isFree = (pair: ChannelPair) => !taken.has(pair.rtp) && !taken.has(pair.rtcp);
    if (wanted !== undefined && isFree(wanted)) return wanted;
    let pair = { rtp: 0, rtcp: 1 };
    while (!isFree(pair)) pair = { rtp: pair.rtp + 2, rtcp: pair.rtcp + 2 };
    return pair;
  }
}
