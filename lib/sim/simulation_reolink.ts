/** The Reolink part of a scenario on real loopback sockets. @module */

import { formatEndpoint } from "../endpoint.ts";
import { MachineStream } from "../io/machine_stream.ts";
import { pipe } from "../io/pipe.ts";
import type { ByteStream, TcpListener, UdpSocket, World } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import type { Endpoint } from "../machine.ts";
import { LoopbackNetwork, openSockets, type SimulationOptions } from "./loopback_network.ts";
import type { NetworkEvent } from "./network.ts";
import type { CameraEvent, ReolinkCamera } from "./reolink/camera.ts";
import type { CloudEvent } from "./reolink/cloud.ts";
import {
  buildReolink,
  REOLINK_CLOUD,
  reolinkBindings,
  type ReolinkSimEvent,
  type ReolinkTopology,
} from "./reolink/topology.ts";
import type { ReolinkCameraScenario, Scenario } from "./scenario.ts";

/** What to know of it. */
export interface ReolinkDescription {
  /** The middlemen. */
  readonly servers: readonly string[];
  readonly cameras: readonly ReolinkCameraDescription[];
}

export interface ReolinkCameraDescription
  extends Pick<ReolinkCameraScenario, "uid" | "user" | "password" | "power" | "nat"> {
  /** Where it takes TCP connections. Absent for cameras behind a NAT. */
  readonly lan?: string;
  /** Where it can be found by its UID, by UDP. Not of cameras behind a NAT. */
  readonly discovery?: readonly string[];
}

/** What of the world it needs. */
export type SimulationWorld = Pick<World, "clock" | "entropy" | "openUdp" | "listenTcp">;

/** Bytes taken in one write: whatever a camera is sent, it reads at once. */
const SPACE = 64 << 10;

/** Rejects with `ListenError` when a port that the scenario wants is taken. */
export async function startReolink(
  world: SimulationWorld,
  scenario: Scenario,
  options: SimulationOptions,
): Promise<ReolinkSimulation> {
  const sockets = await openSockets(world, reolinkBindings(scenario));
  const simulation = new ReolinkSimulation(world, scenario, options, sockets);
  try {
    await simulation.listen();
    return simulation;
  } catch (error) {
    simulation.network.close();
    throw error;
  }
}

export class ReolinkSimulation {
  readonly network: LoopbackNetwork<ReolinkSimEvent>;

  readonly #world: SimulationWorld;
  readonly #scenario: Scenario;
  readonly #log: Log;
  readonly #topology: ReolinkTopology;
  /** By UID, the camera's TCP port. */
  readonly #listeners = new Map<string, TcpListener>();
  /** By UID and number of the connection. */
  readonly #streams = new Map<string, MachineStream>();

  constructor(
    world: SimulationWorld,
    scenario: Scenario,
    options: SimulationOptions,
    sockets: readonly UdpSocket[],
  ) {
    this.#world = world;
    this.#scenario = scenario;
    this.#log = options.log;
    const now = world.clock.now();
    this.#topology = buildReolink({
      scenario,
      endpoints: sockets.map(({ local }) => local),
      entropy: world.entropy,
      epoch: world.clock.wallClock() - now,
      now,
    });
    const switchedOn = scenario.reolink.cameras.filter(({ faults }) => !faults.off);
    this.network = new LoopbackNetwork(world.clock, {
      ...options,
      nodes: this.#topology.nodes,
      sockets,
      expected: switchedOn.map(({ uid }) => uid),
      onEvent: (event) => this.#handleEvent(event),
      onEnd: () => this.#closeAll(),
    });
  }

  /** Opens the TCP ports of cameras that can be reached. Rejects with `ListenError`. */
  async listen(): Promise<void> {
    for (const { uid, nat, lan } of this.#scenario.reolink.cameras) {
      if (nat !== "none" || this.network.closed) continue;
      const at = { address: lan.address, port: lan.port };
      const listener = await this.#world.listenTcp(at, (tcp) => this.#accept(uid, tcp));
      this.#listeners.set(uid, listener);
    }
    if (this.network.closed) this.#closeAll();
  }

  get description(): ReolinkDescription {
    const cameras = this.#scenario.reolink.cameras.map((camera) => this.#describe(camera));
    return { servers: this.#topology.servers.map(formatEndpoint), cameras };
  }

  #describe({ uid, user, password, power, nat }: ReolinkCameraScenario): ReolinkCameraDescription {
    const lan = this.#listeners.get(uid)?.local;
    const discovery = this.#topology.discovery.get(uid);
    return {
      uid,
      user,
      password,
      power,
      nat,
      ...(lan && { lan: formatEndpoint(lan) }),
      ...(discovery && { discovery: discovery.map(formatEndpoint) }),
    };
  }

  #closeAll(): void {
    for (const listener of this.#listeners.values()) {
      listener.close().catch((error) => this.#log.debug("close failed", { error: String(error) }));
    }
    this.#listeners.clear();
    for (const stream of this.#streams.values()) stream.abort();
    this.#streams.clear();
  }

  #handleEvent({ node, event }: NetworkEvent<ReolinkSimEvent>): void {
    // Only one of the nodes is not a camera.
    if (node === REOLINK_CLOUD) this.#handleCloud(event as CloudEvent);
    else this.#handleCamera(node, event as CameraEvent);
  }

  #handleCloud(event: CloudEvent): void {
    switch (event.type) {
      case "lookUp": {
        const { uid, middleman, found } = event;
        const client = formatEndpoint(event.client);
        return this.#log.debug("camera looked up", { uid, middleman, found, client });
      }
      case "asked": {
        const { uid, sid } = event;
        const client = formatEndpoint(event.client);
        return this.#log.debug("camera asked for", { uid, sid, client });
      }
      case "confirmed": {
        const { uid, sid, conn } = event;
        return this.#log.debug("session confirmed", { uid, sid, conn });
      }
      case "ended": {
        const { uid, sid, by } = event;
        return this.#log.debug("session ended", { uid, sid, by });
      }
      case "online":
        this.network.noteOnline(event.uid);
        return this.#log.debug("camera known to the cloud", { uid: event.uid });
      case "alarm":
        return this.#log.debug("alarm", { uid: event.uid });
    }
  }

  #handleCamera(uid: string, event: CameraEvent): void {
    switch (event.type) {
      case "online":
        return this.#log.debug("camera online", { uid });
      case "power":
        return this.#log.info("camera power", { uid, state: event.state, cause: event.cause });
      case "sessionOpen":
        return this.#logSession("session open", uid, event.client, { way: event.way });
      case "sessionClosed": {
        const { reason, detail } = event;
        return this.#logSession("session closed", uid, event.client, { reason, detail });
      }
      case "login":
        return this.#log.info(event.accepted ? "login" : "login refused", { uid });
      case "request":
        return this.#log.debug("request", { uid, id: event.id, code: event.code });
      case "tcpReadable":
        return this.#streams.get(`${uid} ${event.connection}`)?.wake();
      case "tcpClosed":
        return this.#streams.get(`${uid} ${event.connection}`)
          ?.finish("peer", "the camera ended the connection");
    }
  }

  #logSession(
    what: string,
    uid: string,
    client: Endpoint,
    fields: Readonly<Record<string, string>>,
  ): void {
    this.#log.info(what, { uid, client: formatEndpoint(client), ...fields });
  }

  /** A camera that is not there answers nothing; resetting the connection comes closest to that. */
  #accept(uid: string, tcp: ByteStream): void {
    const camera = this.#topology.cameras.get(uid);
    const connection = camera &&
      this.network.command(uid, (now) => camera.openTcp(now, tcp.remote));
    if (camera === undefined || connection === undefined) return tcp.abort();
    const stream = this.#streamOf(uid, camera, connection);
    const key = `${uid} ${connection}`;
    this.#streams.set(key, stream);
    pipe(tcp, stream).then(() => this.#streams.delete(key), (error) => {
      this.#log.debug("connection failed", { uid, error: String(error) });
    });
  }

  #streamOf(uid: string, camera: ReolinkCamera, connection: number): MachineStream {
    const { network } = this;
    return new MachineStream(this.#world.clock, 0, {
      space: () => SPACE,
      write: (bytes) => network.command(uid, (now) => camera.receiveTcp(now, connection, bytes)),
      read: () => network.command(uid, () => camera.readTcp(connection)),
      close: () => network.command(uid, (now) => camera.closeTcp(now, connection)),
      // There is nothing a client that has ended its side could still be waiting for.
    }, { answerGrace: 0 });
  }
}
