import type { Endpoint, Entropy, Instant } from "../../machine.ts";
import { earliest } from "../../timers.ts";
import { BcServer, type BcServerEvent, type SessionEnd } from "./bc_server.ts";
import type { CameraState } from "./camera_state.ts";

/** Connections at once; more are refused. */
export const MAX_TCP_CLIENTS = 16;

export interface TcpClientsOptions {
  readonly camera: CameraState;
  readonly entropy: Entropy;
  /** There is something to be read where there was nothing: read until `undefined`. */
  readonly onReadable: (connection: number) => void;
  /** Over; whatever was not read is lost. */
  readonly onClosed: (now: Instant, connection: number, from: Endpoint, end: SessionEnd) => void;
  readonly onServerEvent: (client: Endpoint, event: BcServerEvent) => void;
}

interface Client {
  readonly from: Endpoint;
  readonly server: BcServer;
  /** The world was told that there is something to be read, and has not found the end of it. */
  told: boolean;
  next: Uint8Array | undefined;
}

/**
 * Everybody who uses the camera over TCP. The connections themselves are the world's business: it
 * hands in what arrives on each, and fetches what is to be sent when the connection takes it.
 */
export class TcpClients {
  readonly #options: TcpClientsOptions;
  readonly #clients = new Map<number, Client>();
  #nextNumber = 1;

  constructor(options: TcpClientsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#clients.size;
  }

  /** A client has connected: the number of its connection, or `undefined` to refuse it. */
  open(now: Instant, client: Endpoint): number | undefined {
    if (this.#clients.size >= MAX_TCP_CLIENTS) return undefined;
    const { camera, entropy, onServerEvent } = this.#options;
    const server = new BcServer(now, {
      camera,
      carrier: "tcp",
      entropy,
      onEvent: (event) => onServerEvent(client, event),
    });
    const number = this.#nextNumber++;
    this.#clients.set(number, { from: client, server, told: false, next: undefined });
    return number;
  }

  /** Bytes from the client; the array is handed over. */
  receive(now: Instant, connection: number, bytes: Uint8Array): void {
    this.#run(now, connection, ({ server }) => server.handleBytes(now, bytes));
  }

  /** The next bytes for the client, or `undefined` until the connection is readable again. */
  read(connection: number): Uint8Array | undefined {
    const client = this.#clients.get(connection);
    if (client === undefined) return undefined;
    const bytes = client.next ?? client.server.pollBytes();
    client.next = undefined;
    client.told = bytes !== undefined;
    return bytes;
  }

  /** The client is gone. */
  close(now: Instant, connection: number): void {
    this.#run(now, connection, ({ server }) => server.close());
  }

  /** Ends all of them. */
  closeAll(now: Instant): void {
    for (const connection of [...this.#clients.keys()]) this.close(now, connection);
  }

  /** Lets everybody have what the camera has come to say. */
  flush(now: Instant): void {
    for (const connection of [...this.#clients.keys()]) this.#run(now, connection, () => {});
  }

  handleTimeout(now: Instant): void {
    for (const [connection, { server }] of [...this.#clients]) {
      const at = server.pollTimeout();
      if (at === undefined || at > now) continue;
      this.#run(now, connection, () => server.handleTimeout(now));
    }
  }

  pollTimeout(): Instant | undefined {
    return earliest(...Array.from(this.#clients.values(), ({ server }) => server.pollTimeout()));
  }

  #run(now: Instant, connection: number, action: (client: Client) => void): void {
    const client = this.#clients.get(connection);
    if (client === undefined) return;
    action(client);
    const { onReadable, onClosed } = this.#options;
    client.next ??= client.server.pollBytes();
    if (client.next !== undefined && !client.told) {
      client.told = true;
      onReadable(connection);
    }
    if (client.server.end === undefined) return;
    this.#clients.delete(connection);
    onClosed(now, connection, client.from, client.server.end);
  }
}
