/**
 * Runs a scenario on real loopback sockets: every public endpoint of the simulated network is a UDP
 * socket on 127.0.0.1, and the ports of the simulated devices are real TCP addresses.
 *
 * @module
 */

import { formatEndpoint } from "../endpoint.ts";
import { drive, type Driver } from "../io/drive.ts";
import { MachineStream, type StreamCalls } from "../io/machine_stream.ts";
import { pipe } from "../io/pipe.ts";
import type { ByteStream, UdpSocket, World } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import type { Duration, Endpoint, Instant } from "../machine.ts";
import type { DahuaDevice, DeviceEvent } from "./dahua/device.ts";
import {
  buildDahua,
  type DahuaSimEvent,
  type DahuaTopology,
  publicEndpointsNeeded,
} from "./dahua/topology.ts";
import { type NetworkEvent, SimNetwork } from "./network.ts";
import type { DahuaCameraScenario, Scenario } from "./scenario.ts";

export interface SimulationOptions {
  readonly log: Log;
  /** Ends the simulation. */
  readonly signal: AbortSignal;
  /** Ports of cameras whose scenario names none: port of the device → real TCP address. */
  readonly defaultPorts?: Readonly<Record<string, Endpoint>>;
}

/** What `sightline sim --json` prints. */
export interface SimulationDescription {
  readonly dahua: {
    readonly server: string;
    readonly cameras: readonly Pick<
      DahuaCameraScenario,
      "serial" | "auth" | "user" | "password" | "nat"
    >[];
  };
  readonly reolink: { readonly servers: readonly string[]; readonly cameras: readonly never[] };
}

export interface Simulation {
  readonly description: SimulationDescription;
  /** Resolves once the simulation has ended; rejects when it failed, which is a bug of ours. */
  readonly ended: Promise<void>;
  /** Closes every socket and connection. Harmless when it has ended. */
  close(): void;
}

const LOOPBACK = "127.0.0.1";

/** How long a real server may take to end its side after the client has. */
const GOODBYE: Duration = 2_000;

/** How long to wait for every camera to register; bad links take a while. */
const ONLINE_WITHIN: Duration = 5_000;

/**
 * Opens the sockets and starts the scenario; resolves once the cameras are online. Rejects with
 * `ListenError` when a socket cannot be had.
 */
export async function startSimulation(
  world: World,
  scenario: Scenario,
  options: SimulationOptions,
): Promise<Simulation> {
  const sockets = await openSockets(world, scenario);
  const simulation = new LoopbackSimulation(world, scenario, options, sockets);
  await simulation.online();
  return simulation;
}

/** The first socket is the main server's. Rejects with `ListenError` when its port is taken. */
async function openSockets(world: World, scenario: Scenario): Promise<readonly UdpSocket[]> {
  const sockets: UdpSocket[] = [];
  try {
    while (sockets.length < publicEndpointsNeeded(scenario)) {
      const port = sockets.length === 0 ? scenario.dahua.port : 0;
      sockets.push(await world.openUdp({ address: LOOPBACK, port }));
    }
    return sockets;
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
}

/** A TCP connection of a camera, first being dialed, then piped. */
interface Connection {
  readonly dialing: AbortController;
  readonly stream: MachineStream;
  tcp: ByteStream | undefined;
  cancelGoodbye: () => void;
}

class LoopbackSimulation implements Simulation {
  readonly description: SimulationDescription;
  readonly ended: Promise<void>;

  readonly #world: World;
  readonly #log: Log;
  readonly #topology: DahuaTopology;
  readonly #ports: ReadonlyMap<string, Readonly<Record<string, Endpoint>>>;
  readonly #driver: Driver<SimNetwork<DahuaSimEvent>>;
  /** By camera and stream. */
  readonly #connections = new Map<string, Connection>();
  readonly #offline: Set<string>;
  #allOnline: () => void = () => {};
  #settle: (error?: unknown) => void = () => {};

  constructor(
    world: World,
    scenario: Scenario,
    options: SimulationOptions,
    sockets: readonly UdpSocket[],
  ) {
    const { cameras } = scenario.dahua;
    this.#world = world;
    this.#log = options.log;
    this.#topology = buildDahua({
      scenario,
      endpoints: sockets.map(({ local }) => local),
      entropy: world.entropy,
      epoch: world.clock.wallClock() - world.clock.now(),
    });
    this.#ports = new Map(cameras.map(({ serial, ports }) => {
      return [serial, ports ?? options.defaultPorts ?? {}];
    }));
    this.#offline = new Set(cameras.map(({ serial }) => serial));
    this.description = describe(scenario, this.#topology);
    this.ended = new Promise((resolve, reject) => {
      this.#settle = (error) => error === undefined ? resolve() : reject(error);
    });
    // Whoever wants to know of a failure awaits it; nobody has to.
    this.ended.catch(() => {});
    // Scenarios come from people: whatever they say, nothing leaves this machine.
    const mayLeaveTo = ({ address }: Endpoint) => address.startsWith("127.");
    const network = new SimNetwork<DahuaSimEvent>({ mayLeaveTo });
    for (const node of this.#topology.nodes) network.add(node);
    this.#driver = drive(network, {
      sockets: new Map(sockets.map((socket) => [formatEndpoint(socket.local), socket])),
      clock: world.clock,
      onEvent: (event) => this.#handleEvent(event),
      onError: (error) => this.#end(error),
    });
    options.signal.addEventListener("abort", () => this.close(), { once: true });
    if (options.signal.aborted) this.close();
  }

  /** Resolves once every camera is online, or has had its time. */
  async online(): Promise<void> {
    if (this.#offline.size === 0) return;
    let cancel = () => {};
    await new Promise<void>((resolve) => {
      this.#allOnline = resolve;
      cancel = this.#world.clock.setTimer(ONLINE_WITHIN, resolve);
    });
    cancel();
    for (const serial of this.#offline) this.#log.warn("camera is not online yet", { serial });
  }

  close(): void {
    this.#end();
  }

  #end(error?: unknown): void {
    this.#driver.close();
    for (const connection of this.#connections.values()) abort(connection);
    this.#connections.clear();
    this.#allOnline();
    this.#settle(error);
  }

  #handleEvent({ node, event }: NetworkEvent<DahuaSimEvent>): void {
    const device = this.#topology.devices.get(node);
    if (event.type === "request") {
      const { server, path, code } = event;
      this.#log.debug("request", { server, path, code, client: formatEndpoint(event.client) });
    } else if (event.type !== "registered" && device !== undefined) {
      this.#handleDeviceEvent(node, device, event);
    }
  }

  #handleDeviceEvent(serial: string, device: DahuaDevice, event: DeviceEvent): void {
    switch (event.type) {
      case "online":
        this.#offline.delete(serial);
        if (this.#offline.size === 0) this.#allOnline();
        return this.#log.debug("camera online", { serial });
      case "sessionOpen": {
        const client = formatEndpoint(event.client);
        return this.#log.info("session open", { serial, client, way: event.way });
      }
      case "sessionClosed": {
        const { reason, detail } = event;
        return this.#log.info("session closed", { serial, reason, detail });
      }
      case "dial":
        return void this.#connect(serial, device, event.stream, event.port);
      case "readable":
      case "writable":
        return this.#connections.get(`${serial} ${event.stream}`)?.stream.wake();
      case "closed":
        return this.#handleStreamClosed(`${serial} ${event.stream}`);
    }
  }

  /** The client's end is gone: what it sent still goes to the server, which gets a while to end. */
  #handleStreamClosed(key: string): void {
    const connection = this.#connections.get(key);
    if (connection === undefined) return;
    connection.stream.finish("peer", "the client ended the connection");
    if (connection.tcp === undefined) return connection.dialing.abort();
    connection.cancelGoodbye = this.#world.clock.setTimer(
      GOODBYE,
      () => connection.tcp?.abort(),
    );
  }

  /** Dials for a stream and moves its bytes until it is over. Never rejects. */
  async #connect(
    serial: string,
    device: DahuaDevice,
    stream: number,
    port: number,
  ): Promise<void> {
    const log = this.#log.with({ serial, port });
    const connection = this.#connection(serial, device, stream, port);
    const key = `${serial} ${stream}`;
    this.#connections.set(key, connection);
    try {
      const target = this.#ports.get(serial)?.[port];
      if (target === undefined) throw new Error("Cannot connect as nothing is behind this port");
      connection.tcp = await this.#world.dialTcp(target, connection.dialing.signal);
      this.#command(serial, (now) => device.streams.accept(now, stream));
      log.debug("connection open", { to: formatEndpoint(target) });
      await pipe(connection.tcp, connection.stream);
    } catch (error) {
      log.debug("connection failed", { error: String(error) });
      abort(connection);
    } finally {
      connection.cancelGoodbye();
      this.#connections.delete(key);
    }
  }

  #connection(serial: string, device: DahuaDevice, stream: number, port: number): Connection {
    const { streams } = device;
    const calls: StreamCalls = {
      space: () => streams.space(stream),
      write: (bytes) => this.#command(serial, (now) => streams.write(now, stream, bytes)),
      read: () => this.#command(serial, (now) => streams.read(now, stream)),
      close: () => this.#command(serial, (now) => streams.close(now, stream)),
    };
    return {
      dialing: new AbortController(),
      // A device says DISC as soon as its own end of the connection is over.
      stream: new MachineStream(this.#world.clock, port, calls, { answerGrace: 0 }),
      tcp: undefined,
      cancelGoodbye: () => {},
    };
  }

  #command<Result>(serial: string, run: (now: Instant) => Result): Result | undefined {
    if (this.#driver.closed) return undefined;
    return this.#driver.command((network, now) => network.command(now, serial, () => run(now)));
  }
}

function abort({ dialing, stream, tcp }: Connection): void {
  dialing.abort();
  stream.abort();
  tcp?.abort();
}

function describe(scenario: Scenario, { cloud }: DahuaTopology): SimulationDescription {
  const main = cloud.sockets.get("main");
  const cameras = scenario.dahua.cameras.map(({ serial, auth, user, password, nat }) => {
    return { serial, auth, user, password, nat };
  });
  return {
    dahua: { server: main === undefined ? "" : formatEndpoint(main), cameras },
    reolink: { servers: [], cameras: [] },
  };
}
