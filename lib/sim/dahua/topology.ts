import { toHex } from "../../bytes/bytes.ts";
import type { Endpoint, Entropy } from "../../machine.ts";
import { Link } from "../link.ts";
import { Nat } from "../nat.ts";
import type { SimNode } from "../network.ts";
import { Rng } from "../rng.ts";
import type { DahuaCameraScenario, Scenario } from "../scenario.ts";
import type { Field } from "../../dahua/signaling/body.ts";
import { sealInfo } from "../../dahua/signaling/device_info.ts";
import { type CloudEvent, DahuaCloud } from "./cloud.ts";
import { DahuaDevice, type DeviceEvent, type DeviceOptions } from "./device.ts";

export type DahuaSimEvent = CloudEvent | DeviceEvent;

/** Clients that may use the agent at once. */
const AGENT_SOCKETS = 8;

/** Main server, P2P server, first relay server. */
const SERVERS = 3;

/** Behind a symmetric NAT a device needs an endpoint for each party it sends to. */
const SYMMETRIC_POOL = 16;

/** The port a device's own socket has behind its NAT. */
const PRIVATE_PORT = 40_000;

const BACKSTAGE_KEY_LENGTH = 16;

export interface DahuaTopologyOptions {
  readonly scenario: Scenario;
  /** As many public endpoints as `publicEndpointsNeeded` says, the main server's first. */
  readonly endpoints: readonly Endpoint[];
  /** Makes tokens, signs and keys. */
  readonly entropy: Entropy;
  /** Time of day at instant 0, in milliseconds since 1970. */
  readonly epoch: number;
}

export interface DahuaTopology {
  readonly cloud: DahuaCloud;
  /** By serial, which is also the name of the device's node. */
  readonly devices: ReadonlyMap<string, DahuaDevice>;
  readonly nodes: readonly SimNode<DahuaSimEvent>[];
}

/** How many public endpoints the Dahua part of a scenario takes up. */
export function publicEndpointsNeeded({ dahua }: Scenario): number {
  const devices = dahua.cameras.reduce((sum, { nat }) => sum + poolSize(nat), 0);
  return SERVERS + dahua.servers.moreRelays.length + AGENT_SOCKETS + devices;
}

/** The Dahua part of a scenario as nodes of a network, the cloud's being named `dahua`. */
export function buildDahua(options: DahuaTopologyOptions): DahuaTopology {
  const { scenario, entropy, epoch } = options;
  const { servers, cameras } = scenario.dahua;
  const rest = [...options.endpoints];
  const parties: Parties = {
    main: takeOne(rest),
    p2p: takeOne(rest),
    relay: takeOne(rest),
    moreRelays: servers.moreRelays.map(() => takeOne(rest)),
    agents: Array.from({ length: AGENT_SOCKETS }, () => takeOne(rest)),
    backstageKey: toHex(entropy(BACKSTAGE_KEY_LENGTH)),
    entropy,
  };
  const serials = cameras.map(({ serial }) => serial);
  const deviceInfo = new Map(cameras.map((camera) => [camera.serial, infoOf(camera)]));
  const cloud = new DahuaCloud({ ...parties, serials, deviceInfo, epoch, faults: servers });
  const devices = new Map<string, DahuaDevice>();
  const nodes: SimNode<DahuaSimEvent>[] = [
    { name: "dahua", machine: cloud, sockets: cloud.sockets },
  ];
  const weather = new Rng(scenario.seed);
  cameras.forEach((camera, index) => {
    const pool = Array.from({ length: poolSize(camera.nat) }, () => takeOne(rest));
    const local = camera.nat === "none" ? takeOne(pool) : privateEndpoint(index);
    // Devices take the time from the cloud.
    const time = epoch + servers.main.clockSkew + camera.faults.clockSkew;
    const device = new DahuaDevice(deviceOptions(parties, camera, local, time));
    devices.set(camera.serial, device);
    nodes.push(nodeOf(camera, device, pool, weather.fork()));
  });
  return { cloud, devices, nodes };
}

/** @param weather Decides what its links lose, unless the camera has a seed of its own. */
function nodeOf(
  camera: DahuaCameraScenario,
  machine: DahuaDevice,
  pool: readonly Endpoint[],
  weather: Rng,
): SimNode<DahuaSimEvent> {
  const rng = camera.seed === undefined ? weather : new Rng(camera.seed);
  return {
    name: camera.serial,
    machine,
    sockets: machine.sockets,
    nat: natOf(camera, pool),
    uplink: new Link(camera.link, rng.fork()),
    downlink: new Link(camera.link, rng.fork()),
  };
}

/** What everybody in the cloud and behind it knows. */
interface Parties {
  readonly main: Endpoint;
  readonly p2p: Endpoint;
  readonly relay: Endpoint;
  readonly moreRelays: readonly Endpoint[];
  readonly agents: readonly Endpoint[];
  readonly backstageKey: string;
  readonly entropy: Entropy;
}

function deviceOptions(
  parties: Parties,
  camera: DahuaCameraScenario,
  local: Endpoint,
  epoch: number,
): DeviceOptions {
  const { main, agents, backstageKey, entropy } = parties;
  const { serial, nat, auth, user, password, salt, quirks, faults } = camera;
  const opensHole = nat === "cone";
  return {
    serial,
    local,
    main,
    agents,
    backstageKey,
    entropy,
    opensHole,
    auth: auth === "none" ? auth : { user, password, randSalt: salt.value, epoch },
    ptcp: quirks,
    faults,
  };
}

function natOf(
  { nat, natTimeout }: DahuaCameraScenario,
  pool: readonly Endpoint[],
): Nat | undefined {
  return nat === "none" ? undefined : new Nat({ kind: nat, pool, timeout: natTimeout });
}

/** What the P2P server says about a camera. */
function infoOf({ salt }: DahuaCameraScenario): readonly Field[] {
  switch (salt.told) {
    case "encrypted":
      return [["Info", sealInfo(JSON.stringify({ randsalt: salt.value, rtspport: 554 }))]];
    case "clear":
      return [["RandSalt", salt.value]];
    case "absent":
      return [];
  }
}

function poolSize(nat: DahuaCameraScenario["nat"]): number {
  return nat === "symmetric" ? SYMMETRIC_POOL : 1;
}

/** Each device has a LAN of its own. All of 127.0.0.0/8 is this machine: nothing gets out. */
function privateEndpoint(index: number): Endpoint {
  return { address: `127.1.${index}.10`, port: PRIVATE_PORT };
}

function takeOne(from: Endpoint[]): Endpoint {
  const first = from.shift();
  if (first === undefined) {
    throw new RangeError(
      "Cannot build the simulation as it needs more endpoints than it was given",
    );
  }
  return first;
}
