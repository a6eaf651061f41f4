import { parseCameraAddress } from "../../lib/config/camera_address.ts";
import type { CameraConfig } from "../../lib/config/daemon_config.ts";
import { formatEndpoint } from "../../lib/endpoint.ts";
import { CameraHub } from "../../lib/hub/camera_hub.ts";
import { cameraModel } from "../../lib/hub/camera_model.ts";
import type { CameraStatus } from "../../lib/hub/camera_status.ts";
import type { Cause } from "../../lib/hub/cause.ts";
import type { OpenResult } from "../../lib/hub/hub.ts";
import type { EventData, HubEvent } from "../../lib/hub/hub_event.ts";
import { MachineStream } from "../../lib/io/machine_stream.ts";
import type { ByteStream, World } from "../../lib/io/types.ts";
import { silentLog } from "../../lib/log/log.ts";
import type { Duration, Instant } from "../../lib/machine.ts";
import type { LinkOptions } from "../../lib/sim/link.ts";
import type { NatKind } from "../../lib/sim/nat.ts";
import type { CameraEvent, ReolinkCamera } from "../../lib/sim/reolink/camera.ts";
import type { ReolinkSimEvent, ReolinkTopology } from "../../lib/sim/reolink/topology.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { HostedWorld } from "./hosted_world.ts";
import type { SimHost } from "./sim_host.ts";
import { StreamViewer } from "./stream_viewer.ts";
import { virtualReolink } from "./virtual_topologies.ts";
import type { VirtualWorld } from "./virtual_world.ts";

export const YARD_UID = "95270000TESTYARD";

/** How long a camera takes to register. */
const SETTLING: Duration = 2_000;

/** Two for each connection; they come round again, but not soon. */
const SOCKETS = 40;

const ALICE: Cause = { by: "viewer", who: "10.0.0.1" };

/** What one waits for a picture. */
const PATIENCE: Duration = 30_000;

export interface ReolinkHubWorldOptions {
  /** The camera of the scenario, without its UID. */
  readonly camera?: Record<string, unknown>;
  readonly servers?: Record<string, unknown>;
  /** What the program is behind. */
  readonly nat?: NatKind;
  /** Of the program. */
  readonly link?: Partial<LinkOptions>;
  readonly seed?: number;
  readonly config?: Partial<CameraConfig>;
  /** Of the camera's address; behind that, the servers are named. */
  readonly query?: string;
  readonly password?: string;
  /** By another UID than the camera's. */
  readonly uid?: string;
  /** By its address on the LAN instead. */
  readonly isByAddress?: boolean;
  /** Time moves in steps no shorter than this: for long runs. */
  readonly step?: Duration;
}

/** The program's hub with one camera, named yard: a simulated Reolink camera in virtual time. */
export class ReolinkHubWorld {
  readonly hub: CameraHub;
  readonly topology: ReolinkTopology;
  readonly events: HubEvent[] = [];
  readonly #hosted: HostedWorld<ReolinkSimEvent>;
  readonly #tcp = new Map<number, MachineStream>();

  private constructor(options: ReolinkHubWorldOptions) {
    const { seed = 1, camera = {}, servers = {}, link, nat, step } = options;
    const cameras = [{ uid: YARD_UID, ...camera }];
    const scenario = parseScenario({ seed, reolink: { servers, cameras } });
    const rng = new Rng(seed);
    const { entropy } = rng;
    this.topology = virtualReolink(scenario, entropy);
    this.#hosted = new HostedWorld(this.topology.nodes, {
      entropy,
      rng,
      sockets: SOCKETS,
      ...(nat && { nat }),
      ...(link && { link }),
      ...(step !== undefined && { step }),
    });
    this.world.onEvent = ({ node, event }) => {
      if (node === YARD_UID) this.#handleCamera(event as CameraEvent);
    };
    this.world.runFor(SETTLING);
    const world: World = {
      ...this.host.world,
      dialTcp: () => this.#dial(),
    };
    this.hub = new CameraHub({
      world,
      log: silentLog,
      modelOf: cameraModel,
      isListenError: () => false,
      onBug: (error) => {
        throw error;
      },
    });
    this.hub.events.subscribe((event) => this.events.push(event));
  }

  static async open(options: ReolinkHubWorldOptions = {}): Promise<ReolinkHubWorld> {
    const world = new ReolinkHubWorld(options);
    const { password = "sightline", uid = YARD_UID, query = "" } = options;
    const servers = world.topology.servers.map(formatEndpoint).join(",");
    const address = parseCameraAddress(
      options.isByAddress
        ? `reolink://admin:${password}@127.0.0.1:9000?${query}`
        : `reolink://admin:${password}@${uid}?server=${servers}&${query}`,
    );
    await world.pass(0);
    await world.hub.reload([{
      ...{ name: "yard", address, mode: "on-demand", idle: 30_000, forward: [] },
      wakeBudget: undefined,
      ...options.config,
    }]);
    return world;
  }

  get world(): VirtualWorld<ReolinkSimEvent> {
    return this.#hosted.virtual;
  }

  get host(): SimHost {
    return this.#hosted.host;
  }

  get now(): Instant {
    return this.#hosted.now;
  }

  get camera(): ReolinkCamera {
    const camera = this.topology.cameras.get(YARD_UID);
    if (camera === undefined) throw new Error("the scenario has a camera");
    return camera;
  }

  get status(): CameraStatus {
    const status = this.hub.get("yard");
    if (status === undefined) throw new Error("the hub has a camera");
    return status;
  }

  /** What the camera has said of one kind. */
  said<Type extends CameraEvent["type"]>(type: Type): OfType<CameraEvent, Type>[] {
    return this.world.events.filter(({ node }) => node === YARD_UID)
      .map(({ event }) => event as CameraEvent)
      .filter((event): event is OfType<CameraEvent, Type> => event.type === type);
  }

  /** What the hub has told of one kind. */
  told<Type extends EventData["type"]>(type: Type): OfType<HubEvent, Type>[] {
    return this.events.filter((event): event is OfType<HubEvent, Type> => event.type === type);
  }

  get states(): readonly string[] {
    return this.told("state").map(({ state }) => state);
  }

  /** Whether the program's network is there. */
  setUp(up: boolean): void {
    this.#hosted.setUp(up);
  }

  /** Has the camera do something. */
  stage(run: (camera: ReolinkCamera, now: Instant) => void): void {
    this.world.command(YARD_UID, (now) => run(this.camera, now));
  }

  async open(path = "/yard", cause = ALICE): Promise<OpenResult> {
    await this.pass(0);
    const { signal } = new AbortController();
    return await this.result(this.hub.open(path, { cause, signal }), PATIENCE);
  }

  async watch(path = "/yard", cause = ALICE): Promise<StreamViewer> {
    return new StreamViewer(await this.open(path, cause), () => this.now);
  }

  pass(duration: Duration): Promise<void> {
    return this.#hosted.pass(duration);
  }

  until(done: () => boolean, limit: Duration): Promise<boolean> {
    return this.#hosted.until(done, limit);
  }

  result<T>(promise: Promise<T>, limit: Duration): Promise<T> {
    return this.#hosted.result(promise, limit);
  }

  #dial(): Promise<ByteStream> {
    const at = { address: "127.9.0.1", port: 50_000 };
    const run = <T>(command: (camera: ReolinkCamera, now: Instant) => T): T =>
      this.world.command(YARD_UID, (now) => command(this.camera, now));
    const id = run((camera, now) => camera.openTcp(now, at));
    if (id === undefined) return Promise.reject(new Error("Cannot connect as nobody answers"));
    const stream = new MachineStream(this.host.world.clock, 9_000, {
      space: () => 65_536,
      write: (bytes) => run((camera, now) => camera.receiveTcp(now, id, bytes)),
      read: () => run((camera) => camera.readTcp(id)),
      close: () => run((camera, now) => camera.closeTcp(now, id)),
    });
    this.#tcp.set(id, stream);
    return Promise.resolve(stream);
  }

  #handleCamera(event: CameraEvent): void {
    if (event.type === "tcpReadable") this.#tcp.get(event.connection)?.wake();
    if (event.type !== "tcpClosed") return;
    this.#tcp.get(event.connection)?.finish("peer", "the camera closed it");
    this.#tcp.delete(event.connection);
  }
}

type OfType<Event, Type> = Extract<Event, { readonly type: Type }>;
