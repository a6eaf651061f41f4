import type { Endpoint, Entropy, Instant, Machine } from "../../lib/machine.ts";
import { BaichuanCodec, type BcMessage } from "../../lib/reolink/baichuan/codec.ts";
import { visitCommands } from "../../lib/reolink/baichuan/commands/all.ts";
import { LOGIN } from "../../lib/reolink/baichuan/commands/login.ts";
import { BcClass } from "../../lib/reolink/baichuan/header.ts";
import { loginHash } from "../../lib/reolink/baichuan/login_hash.ts";
import { encodeBcUdp } from "../../lib/reolink/bcudp/datagram.ts";
import { encodeSignaling, kindOf } from "../../lib/reolink/signaling/datagram.ts";
import type { SignalingMessage } from "../../lib/reolink/signaling/message.ts";
import { decodeAlarm, encodeAlarm } from "../../lib/sim/reolink/alarm.ts";
import { ReolinkCamera } from "../../lib/sim/reolink/camera.ts";
import { ReolinkCloud } from "../../lib/sim/reolink/cloud.ts";
import { MaterialStore } from "../../lib/sim/reolink/material.ts";
import { ReolinkTunnel } from "../../lib/reolink/tunnel.ts";
import type { ReolinkTunnelEvent } from "../../lib/reolink/tunnel_event.ts";
import { SimNetwork } from "../../lib/sim/network.ts";
import type { ReolinkSimEvent } from "../../lib/sim/reolink/topology.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { EPOCH, virtualReolink } from "../support/virtual_topologies.ts";
import { VirtualWorld } from "../support/virtual_world.ts";
import { resealed } from "./reolink_signaling.ts";
import {
  type ConversationTarget,
  type DecoderTarget,
  liedTo,
  type MachineTarget,
  type Tamper,
  type Victim,
  victimOf,
} from "./target.ts";

const UID = "95270000TESTCAM0";
const LONG_UID = `${UID}0000`;

const MIDDLEMAN = at(1);
const REGISTER = at(2);
const RELAY = at(3);
const IDLE = at(4);
const CAMERA = at(5);
const LAN = at(6);
const PROBE = at(7);
const CLIENT = at(8);

/** What the victims' randomness makes of every id, and what the seeds say then. */
const entropy: Entropy = (length) => new Uint8Array(length).fill(7);
const CHANCE = 0x0707_0707;
const NONCE = "H".repeat(22);
const CID = 5;
const DID = 32;
const IDS = { cid: CID, did: DID };
const SESSION = { sid: CHANCE, cid: CID };

/** All of them share the clip, which takes a while to load. */
const materials = new MaterialStore();

/** The login in the clear, and everything a client may ask after it. */
const REQUESTS: readonly Uint8Array[] = requests();

const CLIENT_SIGNALING: readonly SignalingMessage[] = [
  { type: "C2M_Q", uid: UID, p: "MAC" },
  { type: "C2R_C", uid: UID, cli: CLIENT, relay: IDLE, cid: CID, family: 4, p: "MAC", r: 3 },
  { type: "C2R_C", uid: "95270000NOSUCHID", cli: CLIENT, cid: CID },
  { type: "C2R_CFM", ...SESSION, conn: "map", rsp: 0, did: DID },
  { type: "C2D_C", uid: UID, cli: { port: CLIENT.port }, cid: CID, mtu: 1350 },
  { type: "C2D_S", to: { port: 3000 } },
  { type: "C2D_T", ...SESSION, conn: "local", mtu: 1350 },
  { type: "C2D_T", ...SESSION, conn: "map", mtu: 1350 },
  { type: "C2D_T", ...SESSION, conn: "relay", mtu: 1350 },
  { type: "C2D_A", ...SESSION, conn: "map", did: DID, mtu: 1350 },
  { type: "C2D_HB", ...IDS },
  { type: "C2D_DISC", ...IDS },
];

const CLOUD_SIGNALING: readonly SignalingMessage[] = [
  {
    type: "M2D_Q_R",
    reg: REGISTER,
    log: IDLE,
    timer: {},
    retry: {},
    rsp: 0,
    token: BigInt(CHANCE),
    ac: CHANCE,
  },
  { type: "R2D_R_R", rsp: -4, ac: CHANCE },
  { type: "R2D_HB_R", rsp: 0, time_t: 1_700_000_000, timer: { hb: 20_000 } },
  { type: "R2D_C", cli: CLIENT, cmap: CLIENT, relay: RELAY, ...SESSION },
  { type: "R2D_DC_R", sid: CHANCE, rsp: 0 },
];

const CAMERA_SIGNALING: readonly SignalingMessage[] = [
  { type: "D2M_Q", uid: LONG_UID, r: 3 },
  { type: "D2R_R", uid: LONG_UID, token: BigInt(CHANCE), r: 3 },
  { type: "D2R_HB", uid: LONG_UID, dev: CAMERA, needrsp: 1, token: BigInt(CHANCE) },
  { type: "D2R_C_R", sid: CHANCE, dev: CAMERA, rsp: 0 },
  { type: "D2R_DISC", sid: CHANCE, conn: "map", rsp: 0, did: DID },
  { type: "D2C_T", ...SESSION, conn: "relay", did: DID },
];

const ALARM = encodeAlarm({ counter: 1, uid: UID }, entropy);

/** What a client may send once it has shown itself: its requests, in order, and acknowledgements. */
const STREAM: readonly Uint8Array[] = [
  ...REQUESTS.map((payload, packetId) => {
    return encodeBcUdp({ type: "data", connectionId: DID, packetId, payload });
  }),
  ...[undefined, 0, 1, 5].map((packetId) => {
    return encodeBcUdp({
      type: "ack",
      connectionId: DID,
      packetId,
      latency: 0,
      bitmap: new Uint8Array(3),
    });
  }),
];

export const REOLINK_SIM_DECODERS: readonly DecoderTarget[] = [
  { type: "decoder", name: "Reolink alarm", seeds: [ALARM], decode: decodeAlarm },
];

export const REOLINK_SIM_MACHINES: readonly MachineTarget[] = [
  {
    type: "machine",
    name: "ReolinkCloud",
    seeds: [...seal([...CAMERA_SIGNALING, ...CLIENT_SIGNALING]), ALARM, ...STREAM],
    make: () => {
      const cloud = new ReolinkCloud({
        middlemen: [MIDDLEMAN],
        register: REGISTER,
        relays: [RELAY],
        idle: IDLE,
        uids: [UID],
        entropy,
        epoch: EPOCH,
      });
      return victimOf(checking(cloud), [
        { via: "middleman0", from: CAMERA },
        { via: "middleman0", from: CLIENT },
        { via: "register", from: CAMERA },
        { via: "register", from: CLIENT },
        { via: "relay0", from: CAMERA },
        { via: "relay0", from: CLIENT },
        { via: "idle", from: CLIENT },
      ]);
    },
  },
  {
    type: "machine",
    name: "ReolinkCamera, on battery and just switched on",
    seeds: [...seal([...CLOUD_SIGNALING, ...CLIENT_SIGNALING]), ...STREAM],
    make: (now) => cameraVictim(camera(now, { power: "battery" })),
  },
  {
    type: "machine",
    name: "ReolinkCamera, with a client",
    seeds: [...seal([...CLOUD_SIGNALING, ...CLIENT_SIGNALING]), ...STREAM],
    make: (now) => {
      const machine = camera(now, { encryption: "none" });
      bringOnline(now, machine);
      for (const bytes of seal(CLIENT_SIGNALING.slice(6, 7))) {
        machine.handleDatagram(now, "cloud", CLIENT, bytes);
      }
      for (const bytes of STREAM.slice(0, 2)) machine.handleDatagram(now, "cloud", CLIENT, bytes);
      return cameraVictim(machine);
    },
  },
  {
    type: "machine",
    name: "ReolinkCamera over TCP, before the login",
    seeds: REQUESTS,
    make: (now) => tcpVictim(now, 0),
  },
  {
    type: "machine",
    name: "ReolinkCamera over TCP, after the login",
    seeds: REQUESTS.slice(2),
    make: (now) => tcpVictim(now, 2),
  },
];

/** Virtual time one conversation takes, and its end. */
const LENGTH = 30_000;
const GOODBYE = 15_000;

export const REOLINK_SIM_CONVERSATIONS: readonly ConversationTarget[] = [
  {
    type: "conversation",
    name: "ReolinkTunnel to simulator",
    seeds: [...seal([...CLIENT_SIGNALING, ...CLOUD_SIGNALING, ...CAMERA_SIGNALING]), ...STREAM],
    hold: holdTunnel,
  },
];

/** From the UID to a stream of media, every party being lied to. */
function holdTunnel(seed: number, tamper: Tamper): void {
  const lie = (bytes: Uint8Array) => withGoodChecksum(tamper(bytes));
  const nat = (["none", "cone", "symmetric"] as const)[seed % 3];
  const power = seed % 2 === 0 ? "mains" : "battery";
  const link = { delay: "10ms", loss: 0.01 };
  const scenario = parseScenario({
    seed,
    reolink: { cameras: [{ uid: UID, nat, power, link, encryption: "none" }] },
  });
  const topology = virtualReolink(scenario, entropy);
  const network = new SimNetwork<ReolinkSimEvent | ReolinkTunnelEvent>();
  for (const node of topology.nodes) {
    network.add({ ...node, machine: liedTo(node.machine, lie) });
  }
  const world = new VirtualWorld(network);
  world.runFor(1_000);
  const local = { lan: at(1_000), cloud: at(1_001) };
  const tunnel = new ReolinkTunnel(world.now, {
    uid: UID,
    way: "auto",
    middlemen: topology.servers,
    lanTargets: [],
    local,
    entropy,
  });
  network.add({
    name: "client",
    machine: liedTo(tunnel, lie),
    sockets: new Map(Object.entries(local)),
  });
  world.onEvent = ({ event }) => {
    if (event.type === "open") {
      world.command("client", (now) => {
        for (const bytes of REQUESTS) tunnel.write(now, bytes.slice());
      });
    }
    if (event.type === "readable") { while (tunnel.read() !== undefined); }
  };
  world.command("client", () => {});
  world.runFor(LENGTH);
  world.command("client", (now) => tunnel.close(now));
  world.runFor(GOODBYE);
}

/** The same machine, before an attacker who knows how to write a checksum. */
function checking<Event>(machine: Machine<Event>): Machine<Event> {
  return liedTo(machine, withGoodChecksum);
}

function withGoodChecksum(bytes: Uint8Array): Uint8Array {
  return kindOf(bytes) === "signaling" ? resealed(bytes) : bytes;
}

function camera(now: Instant, settings: Record<string, unknown>): ReolinkCamera {
  const { reolink } = parseScenario({ reolink: { cameras: [{ uid: UID, ...settings }] } });
  const [described] = reolink.cameras;
  if (described === undefined) throw new Error("the scenario has a camera");
  return new ReolinkCamera(now, {
    settings: described,
    local: CAMERA,
    lan: [LAN],
    probe: PROBE,
    probeAnswerPort: 3000,
    middleman: MIDDLEMAN,
    uidSuffix: "0000",
    materials,
    entropy,
    epoch: EPOCH,
  });
}

/** The cloud knows it, and has a client for it. */
function bringOnline(now: Instant, machine: ReolinkCamera): void {
  machine.handleTimeout(now);
  const [directions, admission, , call] = seal(CLOUD_SIGNALING);
  if (directions !== undefined) machine.handleDatagram(now, "cloud", MIDDLEMAN, directions);
  for (const bytes of [admission, call]) {
    if (bytes !== undefined) machine.handleDatagram(now, "cloud", REGISTER, bytes);
  }
}

function cameraVictim(machine: ReolinkCamera): Victim {
  return victimOf(checking(machine), [
    { via: "cloud", from: MIDDLEMAN },
    { via: "cloud", from: REGISTER },
    { via: "cloud", from: CLIENT },
    { via: "cloud", from: CLIENT },
    { via: "cloud", from: RELAY },
    { via: "lan0", from: CLIENT },
    { via: "probe", from: CLIENT },
  ]);
}

/** A connection on which this many of the requests were already made. */
function tcpVictim(start: Instant, made: number): Victim {
  const machine = camera(start, { encryption: "none" });
  bringOnline(start, machine);
  const connection = machine.openTcp(start, CLIENT);
  if (connection === undefined) throw new Error("the camera is up");
  for (const bytes of REQUESTS.slice(0, made)) machine.receiveTcp(start, connection, bytes.slice());
  let closed = false;
  return {
    get closed() {
      return closed;
    },
    handleDatagram: (now, bytes) => machine.receiveTcp(now, connection, bytes.slice()),
    handleTimeout: (now) => machine.handleTimeout(now),
    // The camera outlives the connection, which is the victim here.
    pollTimeout: () => closed ? undefined : machine.pollTimeout(),
    pollOutput() {
      const event = machine.pollEvent();
      closed ||= event?.type === "tcpClosed";
      return event !== undefined || machine.pollTransmit() !== undefined ||
        machine.readTcp(connection) !== undefined;
    },
  };
}

function seal(messages: readonly SignalingMessage[]): Uint8Array[] {
  return messages.map((message) => encodeSignaling({ tid: 300, message }));
}

function requests(): Uint8Array[] {
  const codec = new BaichuanCodec();
  codec.cipher.agree("none", new Uint8Array(16));
  const header = { id: 1, channel: 0, stream: 0, num: 0, code: 0, messageClass: BcClass.modern };
  const password = loginHash("sightline", NONCE);
  const user = { userName: loginHash("admin", NONCE), password };
  const messages: BcMessage[] = [
    {
      header: { ...header, code: 0xdc00, messageClass: BcClass.legacy },
      payload: { type: "none" },
    },
    { header, ...LOGIN.request.write(user) },
    { header: { ...header, id: 36 }, payload: { type: "xml", elements: [] } },
    { header: { ...header, id: 234 }, payload: { type: "none" } },
  ];
  visitCommands({
    command({ id, request, requests }) {
      // Those that end the connection, or hold the bytes of what comes next.
      if (id <= 2 || id === 23) return;
      for (const { value } of requests) {
        messages.push({ header: { ...header, id, num: id }, ...request.write(value) });
      }
    },
    push: () => {},
  });
  return messages.map((message) => codec.encode(message));
}

function at(port: number): Endpoint {
  return { address: "127.0.0.1", port: 10_000 + port };
}
