/** Codecs passed on as somebody else packed them: through our trackers and server to a player. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { systemWorld } from "../../lib/io/world.ts";
import { silentLog } from "../../lib/log/log.ts";
import { RtpPorts } from "../../lib/rtsp/server/rtp_ports.ts";
import { serveRtsp } from "../../lib/rtsp/server/serve.ts";
import { PackedSource } from "./packed_source.ts";
import { complaints, missing, run } from "./players.ts";

const SETS = [
  {
    names: ["h264", "opus"],
    video: ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25"],
    audio: ["-c:a", "libopus"],
  },
  {
    names: ["hevc", "adpcm_g726"],
    video: [
      ...["-c:v", "libx265", "-preset", "ultrafast"],
      ...["-x265-params", "log-level=none:keyint=25:bframes=0"],
    ],
    audio: ["-ar", "8000", "-ac", "1", "-c:a", "g726", "-b:a", "32k"],
  },
  {
    names: ["mjpeg", "pcm_alaw"],
    video: [
      "-c:v",
      "mjpeg",
      "-huffman",
      "default",
      "-force_duplicated_matrix",
      "1",
      "-pix_fmt",
      "yuvj420p",
    ],
    audio: ["-ar", "8000", "-ac", "1", "-c:a", "pcm_alaw"],
  },
  {
    names: ["h264", "aac"],
    video: ["-c:v", "libx264", "-preset", "ultrafast", "-slices", "4", "-g", "25"],
    audio: ["-ar", "16000", "-ac", "1", "-c:a", "aac"],
  },
];

const ENCODERS = ["libx264", "libx265", "mjpeg", "libopus", "g726", "pcm_alaw", "aac"];

/** Plays the source with ffmpeg; what it finds in it, and what it complains about. */
async function play(source: PackedSource): Promise<{ names: string[]; complaints: string }> {
  const stop = new AbortController();
  const { clock, entropy } = systemWorld;
  const udp = await RtpPorts.open(systemWorld.openUdp, "127.0.0.1");
  const served: Promise<unknown>[] = [];
  const listener = await systemWorld.listenTcp({ address: "127.0.0.1", port: 0 }, (stream) => {
    const find = () => Promise.resolve(source);
    const { signal } = stop;
    served.push(serveRtsp(stream, { find, clock, entropy, signal, udp, log: silentLog }));
  });
  const url = `rtsp://127.0.0.1:${listener.local.port}/a`;
  try {
    const { stdout } = await run("ffprobe", ["-v", "error", "-of", "json", "-show_streams", url]);
    const args = ["-v", "error", "-i", url, "-t", "1", "-f", "null", "-"];
    const played = await run("ffmpeg", args);
    assert.equal(played.code, 0, played.stderr);
    const { streams } = JSON.parse(stdout);
    return {
      names: streams.map((stream: { codec_name: string }) => stream.codec_name),
      complaints: complaints(played),
    };
  } finally {
    stop.abort();
    await listener.close();
    await Promise.all(served);
    udp.close();
  }
}

/** Why ffmpeg cannot pack all of these, if it cannot. */
function noEncoders(): string | false {
  const { stdout, error } = spawnSync("ffmpeg", ["-v", "error", "-encoders"], { encoding: "utf8" });
  if (error !== undefined) return missing("ffmpeg", "-version");
  const lacking = ENCODERS.filter((encoder) => !stdout.includes(` ${encoder} `));
  return lacking.length > 0 && `this ffmpeg was built without ${lacking.join(", ")}`;
}

const skip = noEncoders();
const name = "ffmpeg plays what another packed, passed on as it was";

test(skip ? `${name}, skipped as ${skip}` : name, { skip, timeout: 60_000 }, async () => {
  await Promise.all(SETS.map(async ({ names, video, audio }) => {
    const source = await PackedSource.start(video, audio);
    try {
      const played = await play(source);
      assert.deepEqual(played, { names, complaints: "" });
      for (const { counters } of source.trackers) {
        assert.deepEqual([counters.badPayloads, counters.lost, counters.restarts], [0, 0, 0]);
      }
    } finally {
      source.close();
    }
  }));
});
