import type { Endpoint, Entropy, Instant } from "../../machine.ts";
import { Link } from "../link.ts";
import { Nat } from "../nat.ts";
import type { SimNode } from "../network.ts";
import { Rng } from "../rng.ts";
import type { ReolinkCameraScenario, Scenario } from "../scenario.ts";
import { type CameraEvent, ReolinkCamera } from "./camera.ts";
import { type CloudEvent, ReolinkCloud } from "./cloud.ts";
import { MaterialStore } from "./material.ts";

export type ReolinkSimEvent = CloudEvent | CameraEvent;

/** The name of the cloud's node; those of cameras go by their UIDs. */
export const REOLINK_CLOUD = "reolink";

const LOOPBACK = "127.0.0.1";

/** Sessions that may be relayed at once. */
const RELAY_SOCKETS = 12;

/** Behind a symmetric NAT a camera needs an endpoint for each party it sends to. */
const SYMMETRIC_POOL = 16;

/** The ports a camera's own sockets have behind its NAT; those for the LAN are as on real ones. */
const PRIVATE_PORT = 40_000;
const MOVED_PORT = 40_001;
const DISCOVERY_PORTS = [2015, 2018];
const PROBE_PORT = 2000;

/** What cameras have behind the printed UID when they talk to the cloud; its meaning is not known. */
const UID_SUFFIX = "0000";

export interface ReolinkTopologyOptions {
  readonly scenario: Scenario;
  /** As bound, in the order of `reolinkBindings()`. */
  readonly endpoints: readonly Endpoint[];
  readonly entropy: Entropy;
  /** Time of day at instant 0, in milliseconds since 1970. */
  readonly epoch: number;
  /** When everything is switched on. */
  readonly now: Instant;
}

export interface ReolinkTopology {
  readonly cloud: ReolinkCloud;
  /** The middlemen: what a client needs to know. */
  readonly servers: readonly Endpoint[];
  /** By UID, which is also the name of the camera's node. */
  readonly cameras: ReadonlyMap<string, ReolinkCamera>;
  /** By UID, where clients on the LAN look for a camera, if anybody can. */
  readonly discovery: ReadonlyMap<string, readonly Endpoint[]>;
  readonly nodes: readonly SimNode<ReolinkSimEvent>[];
}

/** The public endpoints that the Reolink part of a scenario needs; port 0 stands for any. */
export function reolinkBindings({ reolink }: Scenario): readonly Endpoint[] {
  const { middlemen } = reolink.servers;
  return [
    ...middlemen.map(({ address, port }) => ({ address, port })),
    // The register, and whoever has nothing to do.
    ...anywhere(2 + RELAY_SOCKETS),
    ...reolink.cameras.flatMap((camera) => {
      const { address, discovery, probe } = camera.lan;
      const open = camera.nat === "none" ? [...discovery, probe] : [];
      return [...anywhere(poolSize(camera)), ...open.map((port) => ({ address, port }))];
    }),
  ];
}

/** The Reolink part of a scenario as nodes of a network. */
export function buildReolink(options: ReolinkTopologyOptions): ReolinkTopology {
  const { scenario } = options;
  const { servers, cameras: described } = scenario.reolink;
  const rest = [...options.endpoints];
  const middlemen = take(rest, servers.middlemen.length);
  const cloud = buildCloud(options, middlemen, rest);
  const cameras = new Map<string, ReolinkCamera>();
  const discovery = new Map<string, readonly Endpoint[]>();
  const nodes: SimNode<ReolinkSimEvent>[] = [
    { name: REOLINK_CLOUD, machine: cloud, sockets: cloud.sockets },
  ];
  const materials = new MaterialStore();
  const weather = new Rng(scenario.seed);
  described.forEach((camera, index) => {
    const pool = take(rest, poolSize(camera));
    const places = camera.nat === "none"
      ? publicPlaces(camera, pool, rest)
      : privatePlaces(camera, index);
    const machine = new ReolinkCamera(options.now, {
      ...places,
      settings: camera,
      probeAnswerPort: camera.lan.probeAnswer,
      middleman: middlemanFor(index, middlemen, servers.middlemen),
      uidSuffix: UID_SUFFIX,
      materials,
      entropy: options.entropy,
      epoch: options.epoch,
    });
    cameras.set(camera.uid, machine);
    if (camera.nat === "none") discovery.set(camera.uid, places.lan);
    nodes.push(nodeOf(camera, machine, pool, weather.fork()));
  });
  return { cloud, servers: middlemen, cameras, discovery, nodes };
}

function buildCloud(
  { scenario, entropy, epoch }: ReolinkTopologyOptions,
  middlemen: readonly Endpoint[],
  rest: Endpoint[],
): ReolinkCloud {
  const { servers, cameras } = scenario.reolink;
  const [register, idle] = take(rest, 2);
  if (register === undefined || idle === undefined) throw lacksEndpoints();
  return new ReolinkCloud({
    middlemen,
    register,
    relays: take(rest, RELAY_SOCKETS),
    idle,
    uids: cameras.map(({ uid }) => uid),
    entropy,
    epoch,
    faults: servers,
  });
}

/** @param weather Decides what its links lose, unless the camera has a seed of its own. */
function nodeOf(
  camera: ReolinkCameraScenario,
  machine: ReolinkCamera,
  pool: readonly Endpoint[],
  weather: Rng,
): SimNode<ReolinkSimEvent> {
  const rng = camera.seed === undefined ? weather : new Rng(camera.seed);
  return {
    name: camera.uid,
    machine,
    sockets: machine.sockets,
    nat: natOf(camera, pool),
    uplink: new Link(camera.link, rng.fork()),
    downlink: new Link(camera.link, rng.fork()),
  };
}

/** Where the sockets of a camera are. */
interface Places {
  readonly local: Endpoint;
  readonly moved: Endpoint | undefined;
  readonly lan: readonly Endpoint[];
  readonly probe: Endpoint;
}

function publicPlaces(
  { lan }: ReolinkCameraScenario,
  [local, moved]: readonly Endpoint[],
  rest: Endpoint[],
): Places {
  const discovery = take(rest, lan.discovery.length);
  const [probe] = take(rest, 1);
  if (local === undefined || probe === undefined) throw lacksEndpoints();
  return { local, moved, lan: discovery, probe };
}

/** Each camera has a LAN of its own. All of 127.0.0.0/8 is this machine: nothing gets out. */
function privatePlaces({ faults }: ReolinkCameraScenario, index: number): Places {
  const at = (port: number): Endpoint => ({ address: `127.2.${index}.10`, port });
  return {
    local: at(PRIVATE_PORT),
    moved: faults.movePortAfter === undefined ? undefined : at(MOVED_PORT),
    lan: DISCOVERY_PORTS.map(at),
    probe: at(PROBE_PORT),
  };
}

function poolSize({ nat, faults }: ReolinkCameraScenario): number {
  const moved = faults.movePortAfter === undefined ? 0 : 1;
  return (nat === "symmetric" ? SYMMETRIC_POOL : 1) + moved;
}

function natOf(
  { nat, natTimeout }: ReolinkCameraScenario,
  pool: readonly Endpoint[],
): Nat | undefined {
  return nat === "none" ? undefined : new Nat({ kind: nat, pool, timeout: natTimeout });
}

/** In turn, but none that would keep clients from finding the camera if another one does not. */
function middlemanFor(
  index: number,
  middlemen: readonly Endpoint[],
  faults: Scenario["reolink"]["servers"]["middlemen"],
): Endpoint {
  const good = middlemen.filter((_, place) => {
    const { silent, garbage, stranger } = faults[place] ?? {};
    return !silent && !garbage && !stranger;
  });
  const [first] = middlemen;
  const chosen = good[index % good.length] ?? first;
  if (chosen === undefined) throw lacksEndpoints();
  return chosen;
}

function anywhere(count: number): readonly Endpoint[] {
  return Array.from({ length: count }, () => ({ address: LOOPBACK, port: 0 }));
}

function take(from: Endpoint[], count: number): readonly Endpoint[] {
  if (from.length < count) throw lacksEndpoints();
  return from.splice(0, count);
}

function lacksEndpoints(): RangeError {
  return new RangeError("Cannot build the simulation as it needs more endpoints than it was given");
}
