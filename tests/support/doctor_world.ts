import { parseCameraAddress } from "../../lib/config/camera_address.ts";
import { Secret } from "../../lib/config/secret.ts";
import { type Examination, examine } from "../../lib/doctor/doctor.ts";
import { stepJson, verdictJson } from "../../lib/doctor/doctor_json.ts";
import type { Step } from "../../lib/doctor/step.ts";
import { formatEndpoint } from "../../lib/endpoint.ts";
import { MachineStream } from "../../lib/io/machine_stream.ts";
import type { World } from "../../lib/io/types.ts";
import { silentLog } from "../../lib/log/log.ts";
import type { Duration, Endpoint } from "../../lib/machine.ts";
import type { Source } from "../../lib/media/source.ts";
import { Bundle } from "../../lib/recorder/bundle.ts";
import { serveRtsp } from "../../lib/rtsp/server/serve.ts";
import { ClipSource } from "../../lib/sim/clip/clip_source.ts";
import type { DahuaDevice, DeviceEvent } from "../../lib/sim/dahua/device.ts";
import type { DahuaSimEvent } from "../../lib/sim/dahua/topology.ts";
import { Link, type LinkOptions } from "../../lib/sim/link.ts";
import { Nat, type NatKind } from "../../lib/sim/nat.ts";
import { SimNetwork, type SimNode } from "../../lib/sim/network.ts";
import type { ReolinkSimEvent } from "../../lib/sim/reolink/topology.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { SimHost } from "./sim_host.ts";
import { settled } from "./virtual_clock.ts";
import {
  endpointOf,
  endpointsFrom,
  EPOCH,
  virtualDahua,
  virtualReolink,
} from "./virtual_topologies.ts";
import { VirtualWorld } from "./virtual_world.ts";

const HOST = "host";
export const SERIAL = "4K0123PAZ00001";
export const UID = "95270000TESTYARD";

/** Two for each way, and some for questions; they come round again, but not soon. */
const SOCKETS = 40;

/** How long cameras take to register, even on a bad link. */
const SETTLING: Duration = 30_000;

/** No examination may last longer. */
const LIMIT: Duration = 300_000;

/**
 * What is behind a Dahua device's port 554.
 *
 * - `clip`: the test picture
 * - `none`: nothing: connections are refused
 * - `silent`: something that takes connections and says nothing
 * - `other`: an RTSP server without the stream that is asked for
 * - `frozen`: one that plays, and sends no picture
 */
export type RtspKind = "clip" | "none" | "silent" | "other" | "frozen";

export interface DoctorWorldOptions {
  /** The camera of the scenario; it may be without serial number or UID. */
  readonly camera?: Record<string, unknown>;
  readonly servers?: Record<string, unknown>;
  /** What the program is behind. */
  readonly nat?: NatKind;
  /** Of the program. */
  readonly link?: Partial<LinkOptions>;
  readonly seed?: number;
  readonly rtsp?: RtspKind;
  /** Accounts of that server; without, everybody may look. */
  readonly rtspUser?: { readonly user: string; readonly password: string };
  /** As in an address: `user:password`. */
  readonly login?: string;
  /** By another serial number or UID than the camera's. */
  readonly id?: string;
  /** More of the address, e.g. `way=relay`. */
  readonly query?: string;
  /** Instead of the simulated ones. */
  readonly server?: string;
  readonly mayWake?: boolean;
  readonly clouds?: readonly Endpoint[];
  /** Names that cannot be resolved. */
  readonly unresolved?: boolean;
  /** Calls it off after so long. */
  readonly stopAfter?: Duration;
  /** How far the program's clock is ahead. */
  readonly clockAhead?: Duration;
  /** Of the cloud and of cameras without NAT; loopback unless told. */
  readonly publicAddress?: string;
  /** The program's own. */
  readonly ownAddress?: string;
  /** A bundle is written, too. */
  readonly bundle?: boolean;
}

export interface Examined extends Examination {
  readonly steps: readonly Step[];
  /** What cloud and camera have told of meanwhile. */
  readonly events: readonly (DahuaSimEvent | ReolinkSimEvent)[];
  /** In virtual time. */
  readonly took: Duration;
  /** What is left of the program afterwards. */
  readonly openSockets: number;
  readonly timers: number;
  /** The text of the bundle, where one was asked for; else empty. */
  readonly bundle: string;
}

/** Has the doctor examine a simulated Dahua device in virtual time. */
export async function examineDahuaWorld(options: DoctorWorldOptions = {}): Promise<Examined> {
  const { seed = 1, servers = {}, camera = {}, id = SERIAL, login, query = "" } = options;
  const cameras = [{ serial: SERIAL, ...camera }];
  const scenario = parseScenario({ seed, dahua: { servers, cameras } });
  const { entropy } = new Rng(seed);
  const { cloud, devices, nodes } = virtualDahua(scenario, entropy, options.publicAddress);
  const run = new HostRun<DahuaSimEvent>(nodes, options);
  const [[serial, device] = []] = devices;
  if (serial === undefined || device === undefined) throw new Error("a scenario has a camera");
  const service = new RtspService(serial, device, run, options);
  run.world.onEvent = ({ node, event }) => {
    if (node === serial) service.handle(event as DeviceEvent);
  };
  run.world.runFor(SETTLING);
  const server = options.server ?? formatEndpoint(endpointOf(cloud.sockets, "main"));
  const who = login === undefined ? "" : `${login}@`;
  const examined = await run.examine(`dahua://${who}${id}?server=${server}&${query}`, options);
  service.close();
  return examined;
}

/** Has the doctor examine a simulated Reolink camera in virtual time; it may wake it unless told. */
export async function examineReolinkWorld(
  options: DoctorWorldOptions = {},
): Promise<Examined> {
  const { seed = 1, servers = {}, camera = {}, id = UID, query = "" } = options;
  const cameras = [{ uid: UID, ...camera }];
  const scenario = parseScenario({ seed, reolink: { servers, cameras } });
  const { entropy } = new Rng(seed);
  const topology = virtualReolink(scenario, entropy, options.publicAddress);
  const run = new HostRun<ReolinkSimEvent>(topology.nodes, options);
  run.world.runFor(SETTLING);
  const server = options.server ?? topology.servers.map(formatEndpoint).join(",");
  const { login = "admin:sightline", mayWake = true } = options;
  const address = `reolink://${login}@${id}?server=${server}&${query}`;
  return await run.examine(address, { ...options, mayWake });
}

/** The computer the doctor works on, in a simulated network. */
class HostRun<Event extends DahuaSimEvent | ReolinkSimEvent> {
  readonly host: SimHost;
  readonly world: VirtualWorld<Event>;

  constructor(nodes: readonly SimNode<Event>[], options: DoctorWorldOptions) {
    const { seed = 1, nat = "none", clockAhead = 0, ownAddress = "127.9.0.1" } = options;
    const link = { delay: 5, ...options.link };
    const rng = new Rng(seed + 1_000);
    const network = new SimNetwork<Event>();
    for (const node of nodes) network.add(node);
    this.host = new SimHost({
      endpoints: endpointsFrom(nat === "none" ? ownAddress : "127.3.0.1", 40_000, SOCKETS),
      entropy: rng.entropy,
      epoch: EPOCH + clockAhead,
    });
    this.host.addresses = [ownAddress];
    network.add({
      name: HOST,
      machine: this.host,
      sockets: this.host.sockets,
      nat: nat === "none"
        ? undefined
        : new Nat({ kind: nat, pool: endpointsFrom("127.9.0.1", 30_000, 2 * SOCKETS) }),
      uplink: new Link(link, rng.fork()),
      downlink: new Link(link, rng.fork()),
    });
    this.world = new VirtualWorld(network);
  }

  async examine(
    text: string,
    options: DoctorWorldOptions,
  ): Promise<Examined> {
    const { mayWake = false, unresolved = false, stopAfter } = options;
    const clouds = (options.clouds ?? []).map(({ address, port }) => ({ host: address, port }));
    const steps: Step[] = [];
    const world: World = unresolved ? { ...this.host.world, ...NO_NAMES } : this.host.world;
    this.world.command(HOST, (now) => this.host.handleTimeout(now));
    const stop = new AbortController();
    if (stopAfter !== undefined) world.clock.setTimer(stopAfter, () => stop.abort());
    const began = this.world.now;
    const before = this.world.events.length;
    const address = parseCameraAddress(text);
    const bundle = options.bundle === true
      ? new Bundle({ address, mayWake, clouds }, world)
      : undefined;
    const onStep = (step: Step) => {
      steps.push(step);
      bundle?.add(stepJson(step));
    };
    const result = await this.#result(
      examine(
        address,
        { world: bundle?.world ?? world, mayWake, clouds, onStep },
        stop.signal,
      ),
    );
    bundle?.add(verdictJson(result.diagnosis));
    const { openSockets, timers } = this.host;
    const events = this.world.events.slice(before).map(({ event }) => event);
    return {
      ...result,
      ...{ steps, events, openSockets, timers },
      took: this.world.now - began,
      bundle: bundle?.write() ?? "",
    };
  }

  async #result<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = () => isSettled = true;
    promise.then(settle, settle);
    const end = this.world.now + LIMIT;
    while (!isSettled) {
      // The program knows what time it is, and what its promises have sent leaves.
      this.world.command(HOST, (now) => this.host.handleTimeout(now));
      await settled();
      this.world.command(HOST, () => {});
      const at = this.world.network.pollTimeout();
      if (isSettled) break;
      if (at === undefined || at > end) throw new Error("Cannot go on as it must end some time");
      this.world.runFor(Math.max(0, at - this.world.now));
    }
    return await promise;
  }
}

/** What is behind the port of a device. */
class RtspService {
  readonly #serial: string;
  readonly #device: DahuaDevice;
  readonly #run: HostRun<DahuaSimEvent>;
  readonly #options: DoctorWorldOptions;
  readonly #source: ClipSource;
  readonly #streams = new Map<number, MachineStream>();
  readonly #closing = new AbortController();

  constructor(
    serial: string,
    device: DahuaDevice,
    run: HostRun<DahuaSimEvent>,
    options: DoctorWorldOptions,
  ) {
    this.#serial = serial;
    this.#device = device;
    this.#run = run;
    this.#options = options;
    this.#source = new ClipSource(run.host.world.clock);
  }

  close(): void {
    this.#closing.abort();
    this.#source.close();
  }

  handle(event: DeviceEvent): void {
    switch (event.type) {
      case "dial":
        return this.#handleDial(event.stream);
      case "readable":
      case "writable":
        return this.#streams.get(event.stream)?.wake();
      case "closed":
        this.#streams.get(event.stream)?.finish("peer", "the client ended the connection");
        this.#streams.delete(event.stream);
        return;
      default:
        return;
    }
  }

  #handleDial(id: number): void {
    const { streams } = this.#device;
    const { rtsp = "clip", rtspUser } = this.#options;
    const command = this.#command;
    if (rtsp === "none") return command((now) => streams.close(now, id));
    command((now) => streams.accept(now, id));
    if (rtsp === "silent") return;
    const { clock, entropy } = this.#run.host.world;
    const stream = new MachineStream(clock, 554, {
      space: () => streams.space(id),
      write: (bytes) => command((now) => streams.write(now, id, bytes)),
      read: () => command((now) => streams.read(now, id)),
      close: () => command((now) => streams.close(now, id)),
    }, { answerGrace: 0 });
    this.#streams.set(id, stream);
    const source: Source = rtsp === "frozen"
      ? { tracks: this.#source.tracks, read: () => () => {} }
      : this.#source;
    void serveRtsp(stream, {
      find: () => Promise.resolve(rtsp === "other" ? undefined : source),
      clock,
      entropy,
      log: silentLog,
      signal: this.#closing.signal,
      ...(rtspUser && {
        users: [{ user: rtspUser.user, password: new Secret(rtspUser.password) }],
      }),
    });
  }

  readonly #command = <T>(run: (now: number) => T): T => this.#run.world.command(this.#serial, run);
}

const NO_NAMES: Pick<World, "resolve" | "resolveAll"> = {
  resolve: (host) => Promise.reject(new Error(`Cannot resolve "${host}"`)),
  resolveAll: (host) => Promise.reject(new Error(`Cannot resolve "${host}"`)),
};
