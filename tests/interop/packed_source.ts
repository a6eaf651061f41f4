/** What ffmpeg packs into RTP, as a source that passes it on packet by packet. @module */

import { spawn } from "node:child_process";
import { systemWorld } from "../../lib/io/world.ts";
import type { Source, SourceReader } from "../../lib/media/source.ts";
import type { PackedTrack } from "../../lib/media/track.ts";
import { AccessUnitTracker, type PackedUnit } from "../../lib/rtp/access_unit_tracker.ts";
import { describedTrack } from "../../lib/rtp/described_track.ts";
import { decodeRtpPacket } from "../../lib/rtp/packet.ts";
import { parseSession } from "../../lib/sdp/parse_session.ts";

/** A test picture and a tone, packed by ffmpeg until `close()`. */
export class PackedSource implements Source {
  readonly tracks: readonly PackedTrack[];
  readonly trackers: readonly AccessUnitTracker[];
  readonly #readers = new Set<SourceReader>();
  readonly #firstTimestamps = new Map<number, number>();
  #close = () => {};

  private constructor(sdp: string) {
    const { media } = parseSession(sdp);
    this.tracks = media.map((one, id) => describedTrack(id, one)).filter((one) =>
      one !== undefined
    );
    this.trackers = media.flatMap(({ kind, formats: [format] }) =>
      format === undefined ? [] : [new AccessUnitTracker(kind, format)]
    );
  }

  /** Begins to pack with the encoders that these arguments of ffmpeg choose. */
  static async start(
    videoCodec: readonly string[],
    audioCodec: readonly string[],
  ): Promise<PackedSource> {
    const at = { address: "127.0.0.1", port: 0 };
    const sockets = [await systemWorld.openUdp(at), await systemWorld.openUdp(at)];
    const [video = "", audio = ""] = sockets.map(({ local }) => {
      return `rtp://127.0.0.1:${local.port}?pkt_size=1200`;
    });
    const ffmpeg = spawn("ffmpeg", [
      ...["-v", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25"],
      ...["-re", "-f", "lavfi", "-i", "sine=sample_rate=48000"],
      ...["-map", "0:v", ...videoCodec, "-f", "rtp", video],
      ...["-map", "1:a", ...audioCodec, "-f", "rtp", audio],
      ...["-sdp_file", "pipe:1"],
    ]);
    const sdp = await new Promise<string>((resolve, reject) => {
      let text = "";
      ffmpeg.stdout.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
        // It writes all of it at once.
        if (text.includes("m=audio")) resolve(text);
      });
      ffmpeg.on("close", () => reject(new Error("Cannot pack as ffmpeg must run on: it ended")));
    });
    const source = new PackedSource(sdp);
    sockets.forEach((socket, track) => {
      socket.receive((_from, bytes) => source.#receive(track, bytes.slice()));
    });
    source.#close = () => {
      ffmpeg.kill("SIGKILL");
      for (const socket of sockets) socket.close();
    };
    return source;
  }

  read(reader: SourceReader): () => void {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }

  close(): void {
    this.#close();
  }

  #receive(track: number, bytes: Uint8Array): void {
    for (const unit of this.trackers[track]?.push(decodeRtpPacket(bytes)) ?? []) {
      this.#passOn(track, unit);
    }
  }

  #passOn(trackId: number, { timestamp, keyframe, payloads }: PackedUnit): void {
    const first = this.#firstTimestamps.get(trackId) ?? timestamp;
    this.#firstTimestamps.set(trackId, first);
    const unit = { trackId, timestamp: timestamp - first, keyframe, parts: payloads };
    for (const reader of this.#readers) reader.onUnit(unit);
  }
}
