/**
 * Real players, and other people's servers, at `sightline open`: simulated camera, tunnel, hub and
 * RTSP server between the clip and what they show of it. `SIGHTLINE_LONG=1` plays for a minute each.
 */

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import {
  findPeer,
  freePort,
  type Peer,
  PEERS,
  type PullTransport,
} from "../../scripts/bench/peers.ts";
import { comeUp } from "../../scripts/bench/viewers.ts";
import { withSim } from "../support/forwarding.ts";
import { startProgram } from "../support/program.ts";
import { complaints, missing, run } from "./players.ts";
import { clipPlaces, type ClipVideo, compare, SHOW, shownFrames } from "./players_clip.ts";
import { playWithGStreamer } from "./players_gstreamer.ts";

const VIDEOS = ["h264", "h265"] as const;
const TRANSPORTS = ["tcp", "udp"] as const;
const SECONDS = process.env["SIGHTLINE_LONG"] ? 60 : 4;
const PICTURES = 25 * SECONDS;

/** What a player may take all in all, in milliseconds. */
const LIMIT = 1_000 * (10 + SECONDS);

const noFfmpeg = missing("ffmpeg", "-version");

/** A test that hands the address of an open camera to `play`, once for each codec of its picture. */
function openTest(
  name: string,
  skip: string | false,
  play: (url: string, video: ClipVideo) => Promise<void>,
): void {
  const title = `${name} at sightline open`;
  test(
    skip ? `${title}, skipped as ${skip}` : title,
    { skip, timeout: LIMIT + 60_000 },
    async () => {
      await Promise.all(VIDEOS.map((video) => withOpen(video, (url) => play(url, video))));
    },
  );
}

async function withOpen(video: ClipVideo, body: (url: string) => Promise<void>): Promise<void> {
  const cameras = [{ serial: "SIMULATED000001", video }];
  await withSim({ dahua: { cameras } }, async (address) => {
    const open = startProgram(["open", address, "--listen", "127.0.0.1:0"]);
    try {
      await body(await open.line(/^rtsp:/));
    } finally {
      open.stop();
    }
    assert.equal(await open.exit, 0, open.err.join("\n"));
  });
}

openTest(
  "ffprobe lists codecs, sizes and rates",
  missing("ffprobe", "-version"),
  async (url, video) => {
    await Promise.all(TRANSPORTS.map(async (transport) => {
      const args = ["-v", "error", "-rtsp_transport", transport, "-of", "json", "-show_streams"];
      const probed = await run("ffprobe", [...args, url]);
      assert.equal(complaints(probed), "");
      const [picture, sound] = JSON.parse(probed.stdout).streams;
      assert.deepEqual(
        [picture.codec_name, picture.width, picture.height, picture.r_frame_rate],
        [video === "h264" ? "h264" : "hevc", 640, 360, "25/1"],
      );
      assert.deepEqual(
        [sound.codec_name, sound.profile, sound.sample_rate, sound.channels],
        ["aac", "LC", "16000", 1],
      );
    }));
  },
);

openTest("ffmpeg shows every picture, and sound in step", noFfmpeg, async (url, video) => {
  const places = await clipPlaces(video);
  await Promise.all(TRANSPORTS.map(async (transport) => {
    const input = ["-v", "error", "-copyts", "-rtsp_transport", transport, "-i", url];
    const args = [...input, "-t", String(SECONDS), ...SHOW];
    const played = await run("ffmpeg", args, { limit: LIMIT });
    assert.deepEqual([played.code, complaints(played)], [0, ""]);
    const { pictures, strange, ticks, lag } = compare(shownFrames(played.stdout), places);
    assert.deepEqual([pictures, strange], [PICTURES, 0]);
    assert.ok(ticks > 0 && Math.abs(lag) < 2, `${ticks} ticks, ${lag} ms late`);
  }));
});

openTest(
  "GStreamer decodes picture and sound",
  missing("gst-launch-1.0", "--version"),
  async (url, video) => {
    await Promise.all(TRANSPORTS.map(async (transport) => {
      const played = await playWithGStreamer(url, video, transport, SECONDS);
      assert.deepEqual(played, { code: 0, ended: true, reports: [] });
    }));
  },
);

for (const peer of PEERS) {
  const program = findPeer(peer);
  const skip = program === undefined && `${peer.name} is not here`;
  for (const transport of peer.pulls) {
    openTest(
      `${peer.name}, pulling over ${transport.toUpperCase()}, passes on picture and sound`,
      skip || noFfmpeg,
      async (url, video) => {
        if (program !== undefined) await playThrough({ peer, program, transport }, url, video);
      },
    );
  }
}

interface Relay {
  readonly peer: Peer;
  readonly program: string;
  readonly transport: PullTransport;
}

/** Plays what another server passes on; it gives a new viewer no key frame to begin with. */
async function playThrough(
  { peer, program, transport }: Relay,
  source: string,
  video: ClipVideo,
): Promise<void> {
  const places = await clipPlaces(video);
  const { child, urls: [url = ""] } = peer.start(program, [source], await freePort(), transport);
  try {
    await comeUp(url);
    const input = ["-v", "fatal", "-copyts", "-rtsp_transport", "tcp", "-i", url];
    const args = [...input, "-t", String(SECONDS), ...SHOW];
    const { code, stdout, stderr } = await run("ffmpeg", args, { limit: LIMIT });
    assert.equal(code, 0, stderr);
    const isKnown = ({ stream, checksum }: { stream: number; checksum: string }) =>
      stream === 0 && places.pictures.has(checksum);
    const frames = shownFrames(stdout);
    // ffmpeg reads no time of the first picture of any RTSP stream: it is shown at 0.
    const timed = frames.slice(frames.findIndex(isKnown) + 1);
    const { pictures, strange, ticks, lag } = compare(timed, places);
    assert.ok(
      pictures >= PICTURES - 40 && strange === 0,
      `${pictures} pictures, ${strange} strange`,
    );
    // go2rtc has sound begin where the picture does, up to a frame of it late or early.
    assert.ok(ticks > 0 && Math.abs(lag) < 70, `${ticks} ticks, ${lag} ms late`);
  } finally {
    await child.stop();
  }
}
