import type { PortForward } from "../config/daemon_config.ts";
import { formatEndpoint } from "../endpoint.ts";
import type { MachineStream } from "../io/machine_stream.ts";
import type { ListenTcp } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import { Forwarder } from "./forwarder.ts";

/** Ports of one camera that are wanted on this machine. */
export interface WantedForwards {
  readonly camera: string;
  readonly forwards: readonly PortForward[];
}

export interface ForwardTableOptions {
  readonly listenTcp: ListenTcp;
  readonly log: Log;
  /** Opens a connection to a port of a camera. Rejects with `LinkError`. */
  readonly openPort: (camera: string, port: number) => Promise<MachineStream>;
  /** How many connections to its ports a camera has, whenever that changes. */
  readonly onConnections: (camera: string, count: number) => void;
}

interface Row {
  readonly key: string;
  readonly camera: string;
  readonly forward: PortForward;
}

interface Entry extends Row {
  readonly forwarder: Forwarder;
}

/** The ports of all cameras that are offered on this machine. */
export class ForwardTable {
  readonly #options: ForwardTableOptions;
  #entries = new Map<string, Entry>();

  constructor(options: ForwardTableOptions) {
    this.#options = options;
  }

  /** Where the ports of a camera are offered. */
  of(camera: string): readonly { readonly listen: string; readonly devicePort: number }[] {
    return [...this.#entries.values()].filter((entry) => entry.camera === camera)
      .map(({ forwarder, forward: { devicePort } }) => {
        const [address] = forwarder.addresses;
        return { listen: address === undefined ? "" : formatEndpoint(address), devicePort };
      });
  }

  /**
   * Opens what of `wanted` is not offered yet. Rejects with `ListenError`, having changed nothing;
   * what it resolves with puts the change in force: it ends what is wanted no more, and gives ports
   * that are to lead elsewhere to their new cameras. Who is connected to what stays, stays.
   */
  async prepare(wanted: readonly WantedForwards[]): Promise<() => Promise<void>> {
    const rows = wanted.flatMap(({ camera, forwards }) =>
      forwards.map((forward, i) => ({ key: keyOf(camera, forward, i), camera, forward }))
    );
    const fresh: Entry[] = [];
    try {
      for (const row of rows) {
        if (!this.#entries.has(row.key)) fresh.push(await this.#open(row));
      }
    } catch (error) {
      await Promise.all(fresh.map(({ forwarder }) => forwarder.close()));
      throw error;
    }
    return () => this.#commit(rows, fresh);
  }

  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map(({ forwarder }) => forwarder.close()));
  }

  async #commit(rows: readonly Row[], fresh: readonly Entry[]): Promise<void> {
    const before = this.#entries;
    this.#entries = new Map(fresh.map((entry) => [entry.key, entry]));
    const moved: Row[] = [];
    for (const row of rows) {
      const known = before.get(row.key);
      if (known === undefined) continue;
      if (!leadsTo(known, row)) moved.push(row);
      else {
        this.#entries.set(row.key, known);
        before.delete(row.key);
      }
    }
    await Promise.all([...before.values()].map(({ forwarder }) => forwarder.close()));
    for (const row of moved) await this.#reopen(row);
  }

  /** The port was ours a moment ago: that somebody else has it now is worth a line, not an end. */
  async #reopen(row: Row): Promise<void> {
    try {
      this.#entries.set(row.key, await this.#open(row));
    } catch (error) {
      const { camera } = row;
      this.#options.log.error("cannot forward", { camera, why: String(error) });
    }
  }

  async #open(row: Row): Promise<Entry> {
    const { listenTcp, log, openPort, onConnections } = this.#options;
    const { camera, forward } = row;
    const forwarder = await Forwarder.start({
      forwards: [forward],
      listenTcp,
      openStream: (port) => openPort(camera, port),
      log: log.with({ camera }),
      onConnections: () => onConnections(camera, this.#connections(camera)),
    });
    return { ...row, forwarder };
  }

  #connections(camera: string): number {
    return [...this.#entries.values()].filter((entry) => entry.camera === camera)
      .reduce((sum, { forwarder }) => sum + forwarder.connections, 0);
  }
}

/** One port of this machine is one row; those that take any free one are told apart by place. */
function keyOf(camera: string, { listen }: PortForward, index: number): string {
  return listen.port === 0 ? `${camera}#${index}` : formatEndpoint(listen);
}

function leadsTo(a: Row, b: Row): boolean {
  return a.camera === b.camera && a.forward.devicePort === b.forward.devicePort;
}
