/**
 * Real players at the simulated camera's RTSP server: over TCP and UDP, with a password and without,
 * and with the transport they choose themselves.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { systemWorld } from "../../lib/io/world.ts";
import { Log } from "../../lib/log/log.ts";
import clip from "../../lib/sim/clip/clip.json" with { type: "json" };
import clipH265 from "../../lib/sim/clip/clip_h265.json" with { type: "json" };
import { type RtspCameraOptions, startRtspCamera } from "../../lib/sim/rtsp_camera.ts";
import { complaints, missing, run } from "./players.ts";
import { playWithGStreamer } from "./players_gstreamer.ts";

const NOBODY = 65_534;

const USER = { user: "viewer", password: { reveal: () => "s3cret" } };

/** A running camera as a player sees it. */
interface PlayedCamera {
  readonly url: string;
  /** The same, with user and password where the camera wants them. */
  readonly urlWith: (password: string) => string;
  /** Who ended each viewer's connection, as the server saw it. */
  readonly ends: readonly string[];
}

/** A test that hands running cameras to `play`, one each, unless there is a reason to skip it. */
function cameraTest(
  name: string,
  skip: string | false,
  cameras: readonly Omit<RtspCameraOptions, "listen">[],
  play: (camera: PlayedCamera) => Promise<void>,
): void {
  test(skip ? `${name}, skipped as ${skip}` : name, { skip, timeout: 30_000 }, async () => {
    await Promise.all(cameras.map((options) => withCamera(options, play)));
  });
}

async function withCamera(
  options: Omit<RtspCameraOptions, "listen">,
  play: (camera: PlayedCamera) => Promise<void>,
): Promise<void> {
  const listen = { address: "127.0.0.1", port: 0 };
  const ends: string[] = [];
  const log = new Log((_level, message, { reason }) => {
    if (message === "viewer ended") ends.push(String(reason));
  });
  const camera = await startRtspCamera(systemWorld, { listen, log, ...options });
  const at = `127.0.0.1:${camera.endpoint.port}/cam/realmonitor?channel=1&subtype=0`;
  const urlWith = (password: string) => `rtsp://${USER.user}:${password}@${at}`;
  const url = options.users === undefined ? `rtsp://${at}` : urlWith(USER.password.reveal());
  try {
    await play({ url, urlWith, ends });
    assert.ok(camera.accepted > 0);
  } finally {
    await camera.close();
  }
}

const OPEN = { openUdp: systemWorld.openUdp };
const GUARDED = { ...OPEN, users: [USER] };

/** At once with a password and without. */
function playerTest(
  name: string,
  skip: string | false,
  play: (camera: PlayedCamera) => Promise<void>,
): void {
  cameraTest(name, skip, [OPEN, GUARDED], play);
}

/** Checksums of the decoded frames of one stream, in the output of ffmpeg's framemd5. */
function checksums(framemd5: string, stream: number): string[] {
  const lines = framemd5.split("\n").filter((line) => line.startsWith(`${stream},`));
  return lines.map((line) => line.split(",").at(-1)?.trim() ?? "");
}

const MD5 = ["-f", "framemd5", "-"];

const noFfmpeg = missing("ffmpeg", "-version");

playerTest(
  "ffprobe lists codecs, size and rates",
  missing("ffprobe", "-version"),
  async ({ url }) => {
    const args = ["-v", "error", "-of", "json", "-show_streams", url];
    const probed = await run("ffprobe", args);
    const [video, audio] = JSON.parse(probed.stdout).streams;
    assert.deepEqual(
      [video.codec_name, video.profile, video.width, video.height, video.r_frame_rate],
      ["h264", "High", 640, 360, "25/1"],
    );
    assert.deepEqual(
      [audio.codec_name, audio.profile, audio.sample_rate, audio.channels],
      ["aac", "LC", "16000", 1],
    );
    assert.equal(complaints(probed), "");
  },
);

/** What a decoder makes of the whole clip. */
async function clipChecksums(format: "h264" | "hevc"): Promise<string[]> {
  const { annexB } = format === "h264" ? clip.video : clipH265.video;
  const { stdout } = await run("ffmpeg", ["-v", "error", "-f", format, "-i", "-", ...MD5], {
    stdin: Buffer.from(annexB, "base64"),
  });
  return checksums(stdout, 0);
}

playerTest(
  "ffmpeg decodes every picture bit by bit as the clip has it, without a word",
  noFfmpeg,
  async ({ url }) => {
    const clipPictures = await clipChecksums("h264");
    assert.equal(clipPictures.length, clip.video.frames);
    const ways = [["-rtsp_transport", "tcp"], ["-rtsp_transport", "udp"], []];
    await Promise.all(ways.map(async (way) => {
      const live = await run("ffmpeg", ["-v", "error", ...way, "-i", url, "-t", "3", ...MD5]);
      assert.deepEqual([live.code, complaints(live)], [0, ""]);
      const pictures = checksums(live.stdout, 0);
      assert.equal(pictures.length, 75);
      assert.ok(Math.abs(checksums(live.stdout, 1).length - 47) <= 1);
      const first = clipPictures.indexOf(pictures[0] ?? "");
      assert.equal(first % clip.video.frameRate, 0, "begins on a key frame of the clip");
      assert.deepEqual(pictures, [...clipPictures, ...clipPictures].slice(first, first + 75));
    }));
  },
);

cameraTest(
  "ffmpeg decodes every picture of H.265 as the clip has it",
  noFfmpeg,
  [{ ...OPEN, clip: { video: "h265" } }],
  async ({ url }) => {
    const clipPictures = await clipChecksums("hevc");
    assert.equal(clipPictures.length, clipH265.video.frames);
    await Promise.all(["tcp", "udp"].map(async (way) => {
      const args = ["-v", "error", "-rtsp_transport", way, "-i", url, "-t", "3", ...MD5];
      const live = await run("ffmpeg", args);
      assert.deepEqual([live.code, complaints(live)], [0, ""]);
      const pictures = checksums(live.stdout, 0);
      const first = clipPictures.indexOf(pictures[0] ?? "");
      assert.equal(first % clipH265.video.frameRate, 0, "begins on a key frame of the clip");
      assert.deepEqual(pictures, [...clipPictures, ...clipPictures].slice(first, first + 75));
    }));
  },
);

cameraTest("ffmpeg falls back to TCP where there is no UDP", noFfmpeg, [{}], async ({ url }) => {
  const args = ["-v", "error", "-i", url, "-t", "2", "-map", "0:v", ...MD5];
  const { code, stdout, stderr } = await run("ffmpeg", args);
  assert.equal(code, 0);
  assert.equal(checksums(stdout, 0).length, 50);
  // It tells of the refusal that sends it to TCP, and of nothing else.
  assert.match(stderr, /^\[rtsp @ \w+\] method SETUP failed: 461 Unsupported Transport\n$/);
});

cameraTest("ffmpeg is told of a wrong password", noFfmpeg, [GUARDED], async ({ urlWith }) => {
  const args = ["-v", "error", "-i", urlWith("wrong"), "-t", "1", "-f", "null", "-"];
  const { code, stderr } = await run("ffmpeg", args);
  assert.equal(code, 1);
  assert.match(stderr, /401 Unauthorized \(authorization failed\)\n$/);
});

playerTest("ffplay plays on without a word", missing("ffplay", "-version"), async ({ url }) => {
  const played = await run("ffplay", ["-v", "error", "-nostats", url], {
    limit: 3_000,
    env: { SDL_VIDEODRIVER: "dummy", SDL_AUDIODRIVER: "dummy" },
  });
  // It never ends by itself on a live stream.
  assert.deepEqual([played.code, complaints(played)], [undefined, ""]);
});

playerTest(
  "GStreamer decodes picture and sound",
  missing("gst-launch-1.0", "--version"),
  async ({ url, ends }) => {
    await Promise.all(["tcp", "udp", "udp+udp-mcast+tcp"].map(async (protocols) => {
      const played = await playWithGStreamer(url, "h264", protocols);
      assert.deepEqual(played, { code: 0, ended: true, reports: [] });
      assert.ok(ends.every((reason) => reason === "peer"), `the server ended it: ${ends}`);
    }));
  },
);

/** VLC refuses to run as root. */
const asNobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** Debian builds VLC without its RTSP client, live555. */
function noVlc(): string | false {
  const { stdout, error } = spawnSync("cvlc", ["--list"], { ...asNobody, encoding: "utf8" });
  if (error !== undefined) return "cvlc is not installed";
  return /\blive555\b/.test(stdout) ? false : "this VLC was built without its RTSP client";
}

playerTest("VLC records picture and sound", noVlc() || noFfmpeg, async ({ url }) => {
  for (const ways of [["--rtsp-tcp"], []]) {
    const recording = await recordWithVlc([...ways, url]);
    const args = ["-v", "error", "-f", "mpegts", "-i", "-", ...MD5];
    const { stdout } = await run("ffmpeg", args, { stdin: recording });
    assert.ok(checksums(stdout, 0).length >= 40 && checksums(stdout, 1).length >= 40);
  }
});

/** Three seconds of what VLC plays. */
async function recordWithVlc(args: readonly string[]): Promise<Uint8Array> {
  const home = mkdtempSync(join(tmpdir(), "vlc-"));
  chmodSync(home, 0o777);
  const file = join(home, "recording.ts");
  try {
    const { code } = await run("cvlc", [
      ...["-I", "dummy", "--run-time=3", "--play-and-exit"],
      ...["--sout", `#std{access=file,mux=ts,dst=${file}}`, ...args, "vlc://quit"],
    ], { env: { HOME: home }, ...asNobody });
    assert.equal(code, 0);
    return readFileSync(file);
  } finally {
    rmSync(home, { recursive: true });
  }
}
