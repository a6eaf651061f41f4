/** The program under test on a host of its own, and viewers beside it. @module */

import { createHash } from "node:crypto";
import { formatEndpoint } from "../../lib/endpoint.ts";
import { type Child, runtimeCommand } from "./child.ts";
import type { Namespace } from "./namespace.ts";
import { CLOUD, content, PORTS } from "./plan.ts";
import type { Download } from "./programs/viewer.ts";

/** How the tunnel came to be open. */
export interface Opened {
  readonly way: string;
  readonly peer: string;
  /** Since the start of the process. */
  readonly seconds: number;
}

/** Something that watches. */
export interface Viewing<Result> {
  /** Resolves once it has got something. */
  begun(): Promise<unknown>;
  /** Resolves when it has ended. */
  result(): Promise<Result>;
}

/** What a player decoded. */
export interface Picture {
  readonly pictures: number;
  readonly errors: string;
}

/** `sightline forward` with every port of a camera, and the way left to it. */
export class Client {
  readonly #host: Namespace;
  readonly #forward: Child;
  readonly #startedAt = performance.now();
  /** Port of the camera → port of this host. */
  readonly #ports = new Map<number, number>();

  private constructor(host: Namespace, serial: string) {
    const address = `dahua://${serial}?server=${formatEndpoint(CLOUD.main)}`;
    const forwards = Object.values(PORTS).map((port) => `0:${port}`);
    this.#host = host;
    this.#forward = host.start(
      runtimeCommand("main.ts", "forward", address, ...forwards, "--json"),
    );
  }

  /** Resolves once it listens. */
  static async start(host: Namespace, serial: string): Promise<Client> {
    const client = new Client(host, serial);
    const { forwards } = await client.event("listening") as {
      forwards: { listen: string; devicePort: number }[];
    };
    for (const { listen, devicePort } of forwards) {
      client.#ports.set(devicePort, Number(listen.split(":")[1]));
    }
    return client;
  }

  /** Resolves once the tunnel is open for the first time. */
  async opened(): Promise<Opened> {
    const { way, peer } = await this.event("open") as { way: string; peer: string };
    return { way, peer, seconds: (performance.now() - this.#startedAt) / 1000 };
  }

  /** Resolves with the first event of this name. */
  async event(name: string): Promise<unknown> {
    return JSON.parse(await this.#forward.line(eventLine(name)));
  }

  /** How many events of this name there were so far. */
  count(name: string): number {
    return this.#forward.lines(eventLine(name)).length;
  }

  /** Reads what a port of the camera sends. */
  download(devicePort: number): Viewing<Download> {
    const port = String(this.#ports.get(devicePort));
    const viewer = this.#host.start(runtimeCommand("tests/netns/programs/viewer.ts", port));
    return {
      begun: () => viewer.line(/^reading$/),
      result: async () => JSON.parse(await viewer.line(/^\{/)),
    };
  }

  /** Decodes so many seconds of the camera's picture. */
  play(seconds: number): Viewing<Picture> {
    const url = `rtsp://127.0.0.1:${this.#ports.get(PORTS.rtsp)}/cam/realmonitor`;
    const input = ["-v", "error", "-rtsp_transport", "tcp", "-i", url, "-t", String(seconds)];
    const output = ["-map", "0:v", "-f", "framemd5", "-flush_packets", "1", "-"];
    const player = this.#host.start(["ffmpeg", ...input, ...output]);
    return {
      begun: () => player.line(/^0,/),
      async result() {
        await player.exit;
        return { pictures: player.lines(/^0,/).length, errors: player.errors };
      },
    };
  }

  /** Ends the program as Ctrl-C does; resolves with its exit code. */
  async stop(): Promise<number | undefined> {
    this.#forward.kill("SIGINT");
    return await this.#forward.exit;
  }
}

function eventLine(name: string): RegExp {
  return new RegExp(`"event":"${name}"`);
}

/** What a whole download of so many bytes has as SHA-256. */
export function digest(bytes: number): string {
  const hash = createHash("sha256");
  for (const piece of content(bytes)) hash.update(piece);
  return hash.digest("hex");
}
