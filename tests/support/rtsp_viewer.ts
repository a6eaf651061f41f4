import type { Pull } from "../../lib/hub/media/media_path.ts";
import { startRtspPull } from "../../lib/hub/media/rtsp_pull.ts";
import { dialTcp } from "../../lib/io/tcp.ts";
import { systemWorld } from "../../lib/io/world.ts";
import type { AccessUnit } from "../../lib/media/track.ts";
import type { Credentials } from "../../lib/rtsp/credentials.ts";
import type { TunnelEnd } from "../../lib/tunnel_end.ts";

/** A viewer of ours: what any RTSP player does, and every access unit it got. */
export interface Viewer {
  readonly pull: Pull;
  readonly units: AccessUnit[];
  /** Resolves once there are this many; rejects when the stream ends before. */
  got(count: number): Promise<void>;
}

/** Watches a stream over real sockets. Rejects with `LinkError` when it fails. */
export async function view(url: string, credentials?: Credentials): Promise<Viewer> {
  const { hostname, port } = new URL(url);
  const units: AccessUnit[] = [];
  let wake = () => {};
  let end: TunnelEnd | undefined;
  const { clock, entropy } = systemWorld;
  const signal = AbortSignal.timeout(30_000);
  const pull = await startRtspPull({
    stream: await dialTcp({ address: hostname, port: Number(port) }, signal),
    url,
    credentials,
    clock,
    entropy,
    onUnit(unit) {
      units.push(unit);
      wake();
    },
    signal,
  });
  void pull.ended.then((ended) => {
    end = ended;
    wake();
  });
  return {
    pull,
    units,
    async got(count) {
      while (units.length < count) {
        if (end !== undefined) throw new Error(`The stream ended: ${end.detail}`);
        await new Promise<void>((resolve) => wake = resolve);
      }
    },
  };
}

export async function leave({ pull }: Viewer): Promise<void> {
  pull.close();
  await pull.ended;
}
