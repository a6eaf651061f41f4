/** The Dahua part of a scenario on real loopback sockets. @module */

import { formatEndpoint } from "../endpoint.ts";
import { MachineStream, type StreamCalls } from "../io/machine_stream.ts";
import { pipe } from "../io/pipe.ts";
import type { ByteStream, UdpSocket, World } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import type { Duration, Endpoint } from "../machine.ts";
import type { DahuaDevice, DeviceEvent } from "./dahua/device.ts";
import {
  buildDahua,
  type DahuaSimEvent,
  type DahuaTopology,
  publicEndpointsNeeded,
} from "./dahua/topology.ts";
import { LoopbackNetwork, openSockets, type SimulationOptions } from "./loopback_network.ts";
import type { NetworkEvent } from "./network.ts";
import type { DahuaCameraScenario, Scenario } from "./scenario.ts";

/** What to know of it. */
export interface DahuaDescription {
  readonly server: string;
  readonly cameras: readonly Pick<
    DahuaCameraScenario,
    "serial" | "auth" | "user" | "password" | "nat"
  >[];
}

const LOOPBACK = "127.0.0.1";

/** How long a real server may take to end its side after the client has. */
const GOODBYE: Duration = 2_000;

/** Rejects with `ListenError` when the main server's port is taken. */
export async function startDahua(
  world: World,
  scenario: Scenario,
  options: SimulationOptions,
): Promise<DahuaSimulation> {
  // The first socket is the main server's.
  const endpoints = Array.from({ length: publicEndpointsNeeded(scenario) }, (_, index) => {
    return { address: LOOPBACK, port: index === 0 ? scenario.dahua.port : 0 };
  });
  return new DahuaSimulation(world, scenario, options, await openSockets(world, endpoints));
}

/** A TCP connection of a camera, first being dialed, then piped. */
interface Connection {
  readonly dialing: AbortController;
  readonly stream: MachineStream;
  tcp: ByteStream | undefined;
  cancelGoodbye: () => void;
}

export class DahuaSimulation {
  readonly description: DahuaDescription;
  readonly network: LoopbackNetwork<DahuaSimEvent>;

  readonly #world: World;
  readonly #log: Log;
  readonly #topology: DahuaTopology;
  readonly #ports: ReadonlyMap<string, Readonly<Record<string, Endpoint>>>;
  /** By camera and stream. */
  readonly #connections = new Map<string, Connection>();

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
    this.#ports = new Map(cameras.map(({ serial, ports }) => [serial, ports ?? {}]));
    this.description = describe(scenario, this.#topology);
    this.network = new LoopbackNetwork(world.clock, {
      ...options,
      nodes: this.#topology.nodes,
      sockets,
      expected: cameras.map(({ serial }) => serial),
      onEvent: (event) => this.#handleEvent(event),
      onEnd: () => this.#abortAll(),
    });
  }

  #abortAll(): void {
    for (const connection of this.#connections.values()) abort(connection);
    this.#connections.clear();
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
        this.network.noteOnline(serial);
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
      this.network.command(serial, (now) => device.streams.accept(now, stream));
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
      write: (bytes) => this.network.command(serial, (now) => streams.write(now, stream, bytes)),
      read: () => this.network.command(serial, (now) => streams.read(now, stream)),
      close: () => this.network.command(serial, (now) => streams.close(now, stream)),
    };
    return {
      dialing: new AbortController(),
      // A device says DISC as soon as its own end of the connection is over.
      stream: new MachineStream(this.#world.clock, port, calls, { answerGrace: 0 }),
      tcp: undefined,
      cancelGoodbye: () => {},
    };
  }
}

function abort({ dialing, stream, tcp }: Connection): void {
  dialing.abort();
  stream.abort();
  tcp?.abort();
}

function describe(scenario: Scenario, { cloud }: DahuaTopology): DahuaDescription {
  const main = cloud.sockets.get("main");
  const cameras = scenario.dahua.cameras.map(({ serial, auth, user, password, nat }) => {
    return { serial, auth, user, password, nat };
  });
  return { server: main === undefined ? "" : formatEndpoint(main), cameras };
}
