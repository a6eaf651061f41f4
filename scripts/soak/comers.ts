/** Viewers of every manner, well and badly behaved, that come, stay for a while and go. @module */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "../bench/viewers.ts";
import { Guest } from "../../tests/support/rtsp_guest.ts";

/** What one of them does, from its coming to its going. Rejects where it was not served. */
type Manner = (url: string) => Promise<void>;

const overTcp: Manner = (url) => playWithFfmpeg(url, "tcp");
const overUdp: Manner = (url) => playWithFfmpeg(url, "udp");

const untilTeardown: Manner = async (url) => {
  const viewer = await watch(url);
  await viewer.started;
  await someSeconds(1, 5);
  await viewer.close();
};

const resetWhilePlaying: Manner = (url) =>
  Guest.call(url, async (guest) => {
    await guest.play();
    void guest.drain();
    await someSeconds(0.2, 4);
  });

const halfClosed: Manner = (url) =>
  Guest.call(url, async (guest) => {
    await guest.play();
    await guest.stream.end();
    await guest.drain();
  });

const stalled: Manner = (url) =>
  Guest.call(url, async (guest) => {
    await guest.play();
    await someSeconds(3, 90);
  });

const describeOnly: Manner = (url) => Guest.call(url, (guest) => guest.describe());

const neverPlaying: Manner = (url) =>
  Guest.call(url, async (guest) => {
    await guest.setUp();
    await someSeconds(0, 70);
  });

const silent: Manner = (url) => Guest.call(url, () => someSeconds(1, 20));

const halfRequest: Manner = (url) =>
  Guest.call(url, async ({ stream }) => {
    await stream.write(new TextEncoder().encode("DESCRIBE rtsp://somewhere"));
    await someSeconds(1, 15);
  });

/** Those that stay long have turns of their own, so that the others keep coming. */
const TURNS: readonly Readonly<Record<string, Manner>>[] = [
  { "ffmpeg over TCP": overTcp, "ffmpeg over UDP": overUdp },
  { "ffmpeg over UDP": overUdp, "ours until TEARDOWN": untilTeardown },
  { "reset while playing": resetWhilePlaying, "DESCRIBE only": describeOnly },
  { "reset while playing": resetWhilePlaying, "half-closed": halfClosed },
  { "silent": silent, "half a request": halfRequest },
  { "stalled": stalled },
  { "stalled": stalled },
  { "set up, never played": neverPlaying },
];

/** Has viewers come and go until `signal` fires; `onGone` hears of each how it fared. */
export async function comeAndGo(
  url: string,
  signal: AbortSignal,
  onGone: (manner: string, failure: unknown) => void,
): Promise<void> {
  await Promise.all(TURNS.map(async (manners) => {
    while (!signal.aborted) {
      for (const [name, manner] of Object.entries(manners)) {
        await manner(url).then(() => onGone(name, undefined), (failure) => onGone(name, failure));
        await someSeconds(0, 0.5);
      }
    }
  }));
}

async function playWithFfmpeg(url: string, transport: "tcp" | "udp"): Promise<void> {
  const seconds = (1 + 4 * Math.random()).toFixed(1);
  const input = ["-nostdin", "-v", "error", "-rtsp_transport", transport, "-i", url];
  const output = ["-t", seconds, "-c", "copy", "-f", "null", "-"];
  const player = spawn("ffmpeg", [...input, ...output], { stdio: "ignore", timeout: 60_000 });
  const [code] = await once(player, "close");
  if (code !== 0) throw new Error(`ffmpeg ends with ${code}`);
}

function someSeconds(least: number, most: number): Promise<void> {
  const duration = 1_000 * (least + (most - least) * Math.random());
  return new Promise((resolve) => setTimeout(resolve, duration));
}
