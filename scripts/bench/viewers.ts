/** Viewers over TCP that count what they get. @module */
import { startRtspPull } from "../../lib/hub/media/rtsp_pull.ts";
import { dialTcp } from "../../lib/io/tcp.ts";
import { systemWorld } from "../../lib/io/world.ts";
import { type PullResult, pullRtsp } from "../../lib/rtsp/client/pull.ts";

export interface Viewer {
  /** Bytes of media so far, RTP headers included. */
  readonly bytes: number;
  /** Resolves with the first packet; rejects where there will be none. */
  readonly started: Promise<void>;
  close(): Promise<PullResult>;
}

/** Watches every track of a stream. */
export async function watch(url: string): Promise<Viewer> {
  const { clock, entropy } = systemWorld;
  const closing = new AbortController();
  const started = Promise.withResolvers<void>();
  let bytes = 0;
  const ended = pullRtsp(await dial(url), {
    url,
    credentials: undefined,
    clock,
    entropy,
    signal: closing.signal,
    choose: ({ media }) => [...media.keys()],
    onPlaying: () => {},
    onPacket(packet) {
      if (packet.kind === "rtp") bytes += packet.bytes.byteLength;
      started.resolve();
    },
  });
  void ended.then(({ detail }) => started.reject(new Error(`Cannot watch ${url} as ${detail}`)));
  return {
    get bytes() {
      return bytes;
    },
    started: started.promise,
    close() {
      closing.abort();
      return ended;
    },
  };
}

/** Milliseconds from nothing to the first whole key frame of a new viewer. */
export async function timeToKeyframe(url: string): Promise<number> {
  const { clock, entropy } = systemWorld;
  const startedAt = performance.now();
  const begun = new Set<number>();
  let wake = () => {};
  const pull = await startRtspPull({
    stream: await dial(url),
    url,
    credentials: undefined,
    clock,
    entropy,
    signal: AbortSignal.timeout(20_000),
    onUnit({ keyframe, trackId }) {
      if (keyframe) begun.add(trackId);
      wake();
    },
  });
  const video = pull.tracks.find(({ kind }) => kind === "video");
  if (video === undefined) throw new Error(`Cannot time ${url} as it must have a picture`);
  const ended = pull.ended.then(({ detail }) => {
    throw new Error(`Cannot time ${url} as ${detail}`);
  });
  while (!begun.has(video.id)) {
    await Promise.race([new Promise<void>((resolve) => wake = resolve), ended]);
  }
  const took = performance.now() - startedAt;
  pull.close();
  await ended.catch(() => {});
  return took;
}

/** Waits until a stream can be watched. */
export async function comeUp(url: string): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      await timeToKeyframe(url);
      return;
    } catch (error) {
      if (attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function dial(url: string) {
  const { hostname, port } = new URL(url);
  return dialTcp({ address: hostname, port: Number(port) }, AbortSignal.timeout(5_000));
}
