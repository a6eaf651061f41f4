/**
 * Offers TCP ports of a device as TCP ports of this machine.
 *
 * A connection is accepted at once, whatever the tunnel is doing; its bytes wait until the tunnel
 * stands and the device has answered.
 *
 * @module
 */

import { formatEndpoint } from "../endpoint.ts";
import { pipe, type PipeCounts } from "../io/pipe.ts";
import type { ByteStream, ListenTcp, TcpListener } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import type { Endpoint } from "../machine.ts";
import type { MachineStream } from "../io/machine_stream.ts";

/** A local address and the port of the device behind it. */
export interface Forward {
  readonly listen: Endpoint;
  readonly devicePort: number;
}

/** Opens a stream to a port of the device, waiting for the tunnel where it must. */
export type OpenStream = (port: number, signal: AbortSignal) => Promise<MachineStream>;

export interface ForwarderOptions {
  readonly forwards: readonly Forward[];
  readonly listenTcp: ListenTcp;
  readonly openStream: OpenStream;
  readonly log: Log;
  /** How many connections there are, whenever that changes. */
  readonly onConnections?: (count: number) => void;
}

/** Connections one forwarder carries at once. More are closed as they come. */
export const MAX_CONNECTIONS = 64;

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #listeners: TcpListener[] = [];
  readonly #connections = new Map<ByteStream, AbortController>();
  readonly #pending = new Set<Promise<void>>();
  #accepted = 0;

  private constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  /** Opens every listener, or none. Rejects with `ListenError`. */
  static async start(options: ForwarderOptions): Promise<Forwarder> {
    const forwarder = new Forwarder(options);
    try {
      for (const forward of options.forwards) await forwarder.#listen(forward);
    } catch (error) {
      await forwarder.close();
      throw error;
    }
    return forwarder;
  }

  /** The addresses listened on, in the order of the forwards; port 0 has become a real one. */
  get addresses(): readonly Endpoint[] {
    return this.#listeners.map((listener) => listener.local);
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Stops listening and drops every connection. */
  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    for (const [stream, controller] of this.#connections) {
      controller.abort();
      stream.abort();
    }
    await Promise.all(this.#pending);
  }

  async #listen({ listen, devicePort }: Forward): Promise<void> {
    const listener = await this.#options.listenTcp(listen, (stream) => {
      const pending = this.#serve(stream, devicePort);
      this.#pending.add(pending);
      void pending.finally(() => this.#pending.delete(pending));
    });
    this.#listeners.push(listener);
  }

  async #serve(viewer: ByteStream, devicePort: number): Promise<void> {
    const log = this.#options.log.with({ connection: ++this.#accepted, port: devicePort });
    if (this.#connections.size >= MAX_CONNECTIONS) {
      viewer.abort();
      log.warn("connection refused: too many are open", { limit: MAX_CONNECTIONS });
      return;
    }
    const controller = new AbortController();
    this.#connections.set(viewer, controller);
    this.#options.onConnections?.(this.#connections.size);
    const counts: PipeCounts = { forth: 0, back: 0 };
    try {
      log.info("connection accepted", { from: formatEndpoint(viewer.remote) });
      const device = await this.#options.openStream(devicePort, controller.signal);
      // A viewer that takes nothing would hold its end of the pipe for ever.
      void device.broken.then(() => viewer.abort());
      await pipe(viewer, device, counts);
      const why = device.failure?.message;
      log.info("connection closed", { sent: counts.forth, received: counts.back, why });
    } catch (error) {
      viewer.abort();
      log.info("connection dropped", {
        reason: error instanceof Error ? error.message : String(error),
      });
    } finally {
      this.#connections.delete(viewer);
      this.#options.onConnections?.(this.#connections.size);
    }
  }
}
