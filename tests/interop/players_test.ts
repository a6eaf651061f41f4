/**
 * Real players, with the transport they choose themselves, at the simulated camera's RTSP server.
 * All of them ask for UDP first and have to be brought to TCP.
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
import clip from "../../lib/sim/clip/clip.json" with { type: "json" };
import { startRtspCamera } from "../../lib/sim/rtsp_camera.ts";
import { missing, run } from "./players.ts";

const NOBODY = 65_534;

/** A test that hands the URL of a running camera to `play`, unless there is a reason to skip it. */
function playerTest(name: string, skip: string | false, play: (url: string) => Promise<void>) {
  test(skip ? `${name}, skipped as ${skip}` : name, { skip, timeout: 20_000 }, async () => {
    const listen = { address: "127.0.0.1", port: 0 };
    const camera = await startRtspCamera(systemWorld, { listen });
    try {
      await play(`rtsp://127.0.0.1:${camera.endpoint.port}/cam/realmonitor?channel=1&subtype=0`);
      assert.ok(camera.accepted > 0);
    } finally {
      await camera.close();
    }
  });
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
  async (url) => {
    const { stdout } = await run("ffprobe", ["-v", "error", "-of", "json", "-show_streams", url]);
    const [video, audio] = JSON.parse(stdout).streams;
    assert.deepEqual(
      [video.codec_name, video.profile, video.width, video.height, video.r_frame_rate],
      ["h264", "High", 640, 360, "25/1"],
    );
    assert.deepEqual(
      [audio.codec_name, audio.profile, audio.sample_rate, audio.channels],
      ["aac", "LC", "16000", 1],
    );
  },
);

playerTest(
  "ffmpeg decodes every picture bit by bit as the clip has it, without a word",
  noFfmpeg,
  async (url) => {
    const [live, whole] = await Promise.all([
      run("ffmpeg", ["-v", "error", "-rtsp_transport", "tcp", "-i", url, "-t", "3", ...MD5]),
      run("ffmpeg", ["-v", "error", "-f", "h264", "-i", "-", ...MD5], {
        stdin: Buffer.from(clip.video.annexB, "base64"),
      }),
    ]);
    assert.deepEqual([live.code, live.stderr], [0, ""]);
    const pictures = checksums(live.stdout, 0);
    assert.equal(pictures.length, 75);
    assert.ok(Math.abs(checksums(live.stdout, 1).length - 47) <= 1);
    const clipPictures = checksums(whole.stdout, 0);
    assert.equal(clipPictures.length, clip.video.frames);
    const first = clipPictures.indexOf(pictures[0] ?? "");
    assert.equal(first % clip.video.frameRate, 0, "begins on a key frame of the clip");
    assert.deepEqual(pictures, [...clipPictures, ...clipPictures].slice(first, first + 75));
  },
);

playerTest("ffmpeg falls back to TCP by itself", noFfmpeg, async (url) => {
  const args = ["-v", "error", "-i", url, "-t", "2", "-map", "0:v", ...MD5];
  const { code, stdout, stderr } = await run("ffmpeg", args);
  assert.equal(code, 0);
  assert.equal(checksums(stdout, 0).length, 50);
  // It tells of the refusal that sends it to TCP, and of nothing else.
  assert.match(stderr, /^\[rtsp @ \w+\] method SETUP failed: 461 Unsupported Transport\n$/);
});

playerTest("ffplay plays on without a word", missing("ffplay", "-version"), async (url) => {
  const { code, stderr } = await run("ffplay", [
    ...["-v", "error", "-nostats", "-rtsp_transport", "tcp", url],
  ], { limit: 3_000, env: { SDL_VIDEODRIVER: "dummy", SDL_AUDIODRIVER: "dummy" } });
  // It never ends by itself on a live stream.
  assert.deepEqual([code, stderr], [undefined, ""]);
});

playerTest(
  "GStreamer decodes picture and sound",
  missing("gst-launch-1.0", "--version"),
  async (url) => {
    const { code, stdout, stderr } = await run("gst-launch-1.0", [
      ...["rtspsrc", `location=${url}`, "name=camera"],
      ...["camera.", "!", "rtph264depay", "!", "h264parse", "!", "avdec_h264", "!"],
      ...["identity", "eos-after=50", "!", "fakesink", "sync=false"],
      ...["camera.", "!", "rtpmp4gdepay", "!", "aacparse", "!", "avdec_aac", "!"],
      ...["identity", "eos-after=20", "!", "fakesink", "sync=false"],
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Got EOS from element/);
    assert.doesNotMatch(stdout + stderr, /ERROR|WARNING/);
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

playerTest("VLC records picture and sound", noVlc() || noFfmpeg, async (url) => {
  const home = mkdtempSync(join(tmpdir(), "vlc-"));
  chmodSync(home, 0o777);
  const file = join(home, "recording.ts");
  try {
    const { code } = await run("cvlc", [
      ...["-I", "dummy", "--run-time=3", "--play-and-exit"],
      ...["--sout", `#std{access=file,mux=ts,dst=${file}}`, url, "vlc://quit"],
    ], { env: { HOME: home }, ...asNobody });
    assert.equal(code, 0);
    const args = ["-v", "error", "-f", "mpegts", "-i", "-", ...MD5];
    const { stdout } = await run("ffmpeg", args, { stdin: readFileSync(file) });
    assert.ok(checksums(stdout, 0).length >= 40 && checksums(stdout, 1).length >= 40);
  } finally {
    rmSync(home, { recursive: true });
  }
});
