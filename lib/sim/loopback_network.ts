import { formatEndpoint } from "../endpoint.ts";
import { drive, type Driver } from "../io/drive.ts";
import type { Clock, UdpSocket, World } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import type { Duration, Endpoint, Instant } from "../machine.ts";
import { type NetworkEvent, SimNetwork, type SimNode } from "./network.ts";

export interface SimulationOptions {
  readonly log: Log;
  /** Ends the simulation. */
  readonly signal: AbortSignal;
}

export interface LoopbackNetworkOptions<Event> extends SimulationOptions {
  readonly nodes: readonly SimNode<Event>[];
  /** One for each public endpoint of the nodes. */
  readonly sockets: readonly UdpSocket[];
  /** Names of the nodes that are to be online. */
  readonly expected: readonly string[];
  readonly onEvent: (event: NetworkEvent<Event>) => void;
  /** Everything else that is open is to be closed too. */
  readonly onEnd: () => void;
}

/** How long to wait for every camera to register; bad links take a while. */
const ONLINE_WITHIN: Duration = 5_000;

/** Opens a UDP socket for each endpoint, in order. Rejects with `ListenError` where one is taken. */
export async function openSockets(
  world: Pick<World, "openUdp">,
  endpoints: readonly Endpoint[],
): Promise<readonly UdpSocket[]> {
  const sockets: UdpSocket[] = [];
  try {
    for (const endpoint of endpoints) sockets.push(await world.openUdp(endpoint));
    return sockets;
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
}

/** A simulated network whose public endpoints are real sockets on this machine. */
export class LoopbackNetwork<Event> {
  /** Resolves once it has ended; rejects when it failed, which is a bug of ours. */
  readonly ended: Promise<void>;

  readonly #clock: Clock;
  readonly #options: LoopbackNetworkOptions<Event>;
  readonly #driver: Driver<SimNetwork<Event>>;
  readonly #offline: Set<string>;
  readonly #settle: (error?: unknown) => void;
  #allOnline: () => void = () => {};

  constructor(clock: Clock, options: LoopbackNetworkOptions<Event>) {
    this.#clock = clock;
    this.#options = options;
    this.#offline = new Set(options.expected);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#settle = (error) => error === undefined ? resolve() : reject(error);
    this.ended = promise;
    // Whoever wants to know of a failure awaits it; nobody has to.
    promise.catch(() => {});
    // Scenarios and clients come from people: whatever they say, nothing leaves this machine.
    const mayLeaveTo = ({ address }: Endpoint) => address.startsWith("127.");
    const network = new SimNetwork<Event>({ mayLeaveTo });
    for (const node of options.nodes) network.add(node);
    this.#driver = drive(network, {
      sockets: new Map(options.sockets.map((socket) => [formatEndpoint(socket.local), socket])),
      clock,
      onEvent: options.onEvent,
      onError: (error) => this.#end(error),
    });
    options.signal.addEventListener("abort", () => this.close(), { once: true });
    if (options.signal.aborted) this.close();
  }

  get closed(): boolean {
    return this.#driver.closed;
  }

  /** A node has come online. */
  noteOnline(name: string): void {
    this.#offline.delete(name);
    if (this.#offline.size === 0) this.#allOnline();
  }

  /** Resolves once every camera is online, or has had its time. */
  async online(): Promise<void> {
    if (this.#offline.size === 0 || this.closed) return;
    let cancel = () => {};
    await new Promise<void>((resolve) => {
      this.#allOnline = resolve;
      cancel = this.#clock.setTimer(ONLINE_WITHIN, resolve);
    });
    cancel();
    for (const camera of this.#offline) {
      this.#options.log.warn("camera is not online yet", { camera });
    }
  }

  /** Runs a command on the machine of a node; does nothing when all is over. */
  command<Result>(name: string, run: (now: Instant) => Result): Result | undefined {
    if (this.closed) return undefined;
    return this.#driver.command((network, now) => network.command(now, name, () => run(now)));
  }

  /** Closes every socket. Harmless when it has ended. */
  close(): void {
    this.#end();
  }

  #end(error?: unknown): void {
    this.#driver.close();
    this.#options.onEnd();
    this.#allOnline();
    this.#settle(error);
  }
}
