/** A Reolink camera's media from its messages to a player: every codec, bit by bit. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { systemWorld } from "../../lib/io/world.ts";
import { silentLog } from "../../lib/log/log.ts";
import type { Source, SourceReader } from "../../lib/media/source.ts";
import type { AccessUnit, Track } from "../../lib/media/track.ts";
import { encodeFrame } from "../../lib/reolink/bcmedia/encode.ts";
import { type PreviewEvent, PreviewSource } from "../../lib/reolink/source.ts";
import { startRtspServer } from "../../lib/rtsp/server/server.ts";
import { type ClipOptions, loadClip } from "../../lib/sim/clip/clip.ts";
import clip from "../../lib/sim/clip/clip.json" with { type: "json" };
import clipH265 from "../../lib/sim/clip/clip_h265.json" with { type: "json" };
import { ClipSource } from "../../lib/sim/clip/clip_source.ts";
import { frameOf } from "../support/bcmedia_frames.ts";
import { missing, run } from "./players.ts";

const { clock } = systemWorld;

/** Longer than many frames, and shorter than key frames. */
const MESSAGE_LENGTH = 4_000;

/** A preview of the clip as source of an RTSP server. */
class PreviewedClip implements Source {
  tracks: readonly Track[] = [];
  /** Resolves once the tracks are known. */
  readonly started: Promise<void>;
  readonly #preview = new PreviewSource();
  readonly #clip: ClipSource;
  readonly #readers = new Set<SourceReader>();
  readonly #stop: () => void;
  #start = () => {};
  #group: AccessUnit[] = [];
  #cancelTimer = () => {};

  constructor(options: ClipOptions) {
    this.started = new Promise((resolve) => this.#start = resolve);
    this.#clip = new ClipSource(clock, loadClip(options));
    this.#stop = this.#clip.read({ onUnit: (unit) => this.#feed(unit), onEnd: () => {} });
  }

  read(reader: SourceReader): () => void {
    for (const unit of this.#group) reader.onUnit(unit);
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }

  close(): void {
    this.#stop();
    this.#cancelTimer();
  }

  #feed(unit: AccessUnit): void {
    const track = this.#clip.tracks.find(({ id }) => id === unit.trackId);
    assert.ok(track !== undefined);
    const made = Math.round(1_000_000 * unit.timestamp / track.clockRate);
    const bytes = encodeFrame(frameOf(track, unit, made), 0xee);
    for (let at = 0; at < bytes.byteLength; at += MESSAGE_LENGTH) {
      this.#preview.handleMessage(clock.now(), bytes.subarray(at, at + MESSAGE_LENGTH));
    }
    this.#drain();
  }

  #drain(): void {
    const { tracks } = this;
    for (let event = this.#preview.pollEvent(); event; event = this.#preview.pollEvent()) {
      this.#handle(event);
    }
    if (tracks !== this.tracks) this.#start();
    this.#cancelTimer();
    const at = this.#preview.pollTimeout();
    if (at === undefined) return;
    this.#cancelTimer = clock.setTimer(Math.max(0, at - clock.now()), () => {
      this.#preview.handleTimeout(clock.now());
      this.#drain();
    });
  }

  #handle(event: PreviewEvent): void {
    assert.ok(event.type !== "stuck");
    if (event.type === "tracks") {
      this.tracks = event.tracks;
      return;
    }
    const { unit } = event;
    if (unit.trackId === 0 && unit.keyframe) this.#group = [];
    this.#group.push(unit);
    for (const reader of this.#readers) reader.onUnit(unit);
  }
}

const MD5 = ["-f", "framemd5", "-"];

/** Checksums of the decoded frames of one stream, in the output of ffmpeg's framemd5. */
function checksums(framemd5: string, stream: number): string[] {
  const lines = framemd5.split("\n").filter((line) => line.startsWith(`${stream},`));
  return lines.map((line) => line.split(",").at(-1)?.trim() ?? "");
}

async function expected({ video }: ClipOptions): Promise<string[]> {
  const [format, { annexB }] = video === "h265" ? ["hevc", clipH265.video] : ["h264", clip.video];
  const { stdout } = await run("ffmpeg", ["-v", "error", "-f", format, "-i", "-", ...MD5], {
    stdin: Buffer.from(annexB, "base64"),
  });
  return checksums(stdout, 0);
}

const CAMERAS: readonly { clip: ClipOptions; codecs: string[] }[] = [
  { clip: { video: "h264", audio: "aac" }, codecs: ["h264", "aac"] },
  { clip: { video: "h265", audio: "aac" }, codecs: ["hevc", "aac"] },
  { clip: { video: "h264", audio: "adpcm" }, codecs: ["h264", "pcm_alaw"] },
  { clip: { video: "h265", audio: "none" }, codecs: ["hevc"] },
];

async function play({ clip, codecs }: (typeof CAMERAS)[number]): Promise<void> {
  const source = new PreviewedClip(clip);
  const server = await startRtspServer(systemWorld, {
    listen: { address: "127.0.0.1", port: 0 },
    find: () => Promise.resolve(source),
    log: silentLog,
    maxConnections: 4,
  });
  try {
    await source.started;
    const url = `rtsp://127.0.0.1:${server.endpoint.port}/camera`;
    const [clipPictures, probe, live] = await Promise.all([
      expected(clip),
      run("ffprobe", ["-v", "error", "-of", "json", "-show_streams", url]),
      run("ffmpeg", ["-v", "error", "-rtsp_transport", "tcp", "-i", url, "-t", "4", ...MD5]),
    ]);
    const names = JSON.parse(probe.stdout).streams.map((one: { codec_name: string }) => {
      return one.codec_name;
    });
    assert.deepEqual(names, codecs);
    assert.deepEqual([live.code, live.stderr], [0, ""]);
    const pictures = checksums(live.stdout, 0);
    assert.ok(pictures.length >= 98, `${pictures.length}`);
    const first = clipPictures.indexOf(pictures[0] ?? "");
    assert.equal(first % 25, 0, "begins on a key frame of the clip");
    const twice = [...clipPictures, ...clipPictures];
    assert.deepEqual(pictures, twice.slice(first, first + pictures.length));
    if (codecs.length > 1) assert.ok(checksums(live.stdout, 1).length >= 55);
  } finally {
    await server.close();
    source.close();
  }
}

const skip = missing("ffmpeg", "-version");
const name = "ffmpeg decodes every picture and all sound of a preview, without a word";

test(skip ? `${name}, skipped as ${skip}` : name, { skip, timeout: 60_000 }, async () => {
  await Promise.all(CAMERAS.map(play));
});
