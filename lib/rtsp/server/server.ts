import { formatEndpoint } from "../../endpoint.ts";
import type { ByteStream, OpenUdp, World } from "../../io/types.ts";
import type { Log } from "../../log/log.ts";
import { Repeats } from "../../log/repeats.ts";
import type { Endpoint } from "../../machine.ts";
import type { FindSource } from "../../media/source.ts";
import type { Credentials } from "../credentials.ts";
import { RtpPorts } from "./rtp_ports.ts";
import { serveRtsp } from "./serve.ts";

/** Connections at once unless told otherwise; more are dropped as they come. */
export const MAX_CONNECTIONS = 128;

export interface RtspServerOptions {
  /** Where to listen; port 0 takes any free one. */
  readonly listen: Endpoint;
  readonly find: FindSource;
  readonly log: Log;
  /** Whoever may look; everybody where it is not given. Read anew for each connection. */
  readonly users?: readonly Credentials[] | undefined;
  /** Opens the sockets for viewers that want UDP; where it is not given, they are told to use TCP. */
  readonly openUdp?: OpenUdp;
  readonly maxConnections?: number;
  /** Media that may wait for one slow client, in bytes. */
  readonly maxMediaBytes?: number;
}

/** Streams for any RTSP player. */
export interface RtspServer {
  readonly endpoint: Endpoint;
  /** Connections open now. */
  readonly connections: number;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

/** Starts to serve. Rejects with `ListenError`. */
export async function startRtspServer(
  world: Pick<World, "clock" | "entropy" | "listenTcp">,
  options: RtspServerOptions,
): Promise<RtspServer> {
  const { listen, openUdp } = options;
  const udp = openUdp === undefined ? undefined : await RtpPorts.open(openUdp, listen.address);
  const connections = new Connections(world, options, udp);
  try {
    const listener = await world.listenTcp(listen, (stream) => connections.add(stream));
    return {
      endpoint: listener.local,
      get connections() {
        return connections.size;
      },
      get accepted() {
        return connections.accepted;
      },
      async close() {
        await listener.close();
        await connections.close();
        udp?.close();
      },
    };
  } catch (error) {
    udp?.close();
    throw error;
  }
}

/** The connections of one server. */
class Connections {
  accepted = 0;
  readonly #world: Pick<World, "clock" | "entropy">;
  readonly #options: RtspServerOptions;
  readonly #udp: RtpPorts | undefined;
  readonly #closing = new AbortController();
  readonly #open = new Set<Promise<unknown>>();
  readonly #refusals = new Repeats();

  constructor(
    world: Pick<World, "clock" | "entropy">,
    options: RtspServerOptions,
    udp: RtpPorts | undefined,
  ) {
    this.#world = world;
    this.#options = options;
    this.#udp = udp;
  }

  get size(): number {
    return this.#open.size;
  }

  add(stream: ByteStream): void {
    const { find, log, users, maxConnections = MAX_CONNECTIONS, maxMediaBytes } = this.#options;
    const { clock, entropy } = this.#world;
    if (this.#open.size >= maxConnections) {
      const viewer = formatEndpoint(stream.remote);
      const news = this.#refusals.note("too many", clock.now());
      const fields = { viewer, limit: maxConnections, ...news };
      log[news === undefined ? "debug" : "warn"]("viewer refused: too many are connected", fields);
      return stream.abort();
    }
    this.accepted += 1;
    const udp = this.#udp;
    const connection = serveRtsp(stream, {
      find,
      log,
      refusals: this.#refusals,
      clock,
      entropy,
      signal: this.#closing.signal,
      ...(users && { users }),
      ...(udp && { udp }),
      ...(maxMediaBytes !== undefined && { maxMediaBytes }),
    }).finally(() => this.#open.delete(connection));
    this.#open.add(connection);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#open);
  }
}
