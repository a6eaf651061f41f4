/** Other people's RTSP servers, where they can be had, to be measured beside ours. @module */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { systemWorld } from "../../lib/io/world.ts";
import { Child } from "./child.ts";

export type PullTransport = "tcp" | "udp";

export interface Peer {
  readonly name: string;
  /** The variable of the environment that says where it is, if it is not on the PATH. */
  readonly variable: string;
  /** How it can pull a source. */
  readonly pulls: readonly PullTransport[];
  /** Lets it offer `sources` on `port`, each pulled for whoever watches; returns its own addresses. */
  start(
    program: string,
    sources: readonly string[],
    port: number,
    transport?: PullTransport,
  ): { child: Child; urls: readonly string[] };
}

export const PEERS: readonly Peer[] = [
  {
    name: "go2rtc",
    variable: "SIGHTLINE_BENCH_GO2RTC",
    pulls: ["tcp"],
    start(program, sources, port) {
      const config = {
        streams: Object.fromEntries(sources.map((source, i) => [`camera${i}`, source])),
        rtsp: { listen: `127.0.0.1:${port}` },
        api: { listen: "" },
        webrtc: { listen: "" },
        log: { level: "error" },
      };
      const child = new Child(program, ["-config", JSON.stringify(config)]);
      return { child, urls: urlsOf(sources, port) };
    },
  },
  {
    name: "mediamtx",
    variable: "SIGHTLINE_BENCH_MEDIAMTX",
    pulls: ["tcp", "udp"],
    start(program, sources, port, transport = "tcp") {
      const off = ["RTMP", "HLS", "WEBRTC", "SRT", "MOQ"].map((name) => [`MTX_${name}`, "no"]);
      const paths = sources.flatMap((source, i) => [
        [`MTX_PATHS_CAMERA${i}_SOURCE`, source],
        [`MTX_PATHS_CAMERA${i}_RTSPTRANSPORT`, transport],
        [`MTX_PATHS_CAMERA${i}_SOURCEONDEMAND`, "yes"],
      ]);
      const child = new Child(program, [], {
        ...Object.fromEntries([...off, ...paths]),
        MTX_LOGLEVEL: "error",
        MTX_RTSPADDRESS: `127.0.0.1:${port}`,
        MTX_RTSPTRANSPORTS: "tcp",
      });
      return { child, urls: urlsOf(sources, port) };
    },
  },
];

/** Where a peer's program is, or `undefined`. */
export function findPeer({ name, variable }: Peer): string | undefined {
  const named = process.env[variable];
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const places = named === undefined ? folders.map((folder) => join(folder, name)) : [named];
  return places.find(isProgram);
}

function urlsOf(sources: readonly string[], port: number): readonly string[] {
  return sources.map((_source, i) => `rtsp://127.0.0.1:${port}/camera${i}`);
}

/** A port of loopback that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const listener = await systemWorld.listenTcp({ address: "127.0.0.1", port: 0 }, () => {});
  await listener.close();
  return listener.local.port;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
