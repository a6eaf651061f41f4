import type { Endpoint, Instant } from "../../lib/machine.ts";
import type {
  Conn,
  MessageOf,
  SignalingMessage,
  SignalingType,
} from "../../lib/reolink/signaling/message.ts";
import { Link, type LinkOptions } from "../../lib/sim/link.ts";
import { Nat, type NatKind } from "../../lib/sim/nat.ts";
import { SimNetwork } from "../../lib/sim/network.ts";
import type { CameraEvent, ReolinkCamera } from "../../lib/sim/reolink/camera.ts";
import type { CloudEvent, ReolinkCloud } from "../../lib/sim/reolink/cloud.ts";
import {
  REOLINK_CLOUD,
  type ReolinkSimEvent,
  type ReolinkTopology,
} from "../../lib/sim/reolink/topology.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { BcClient } from "./bc_client.ts";
import { type OfType, type ReceivedSignaling, ReolinkProbe } from "./reolink_probe.ts";
import { endpointOf, endpointsFrom, virtualReolink } from "./virtual_topologies.ts";
import { VirtualWorld } from "./virtual_world.ts";

export const UID = "95270000TESTCAM0";
export const PASSWORD = "sightline";

const CLIENT: Endpoint = { address: "127.9.0.2", port: 40_000 };

/** What the probe's NAT has on its other side. */
const NAT_POOL = endpointsFrom("127.8.0.1", 30_000, 24);

/** The probe's socket. */
const VIA = "udp";

export interface ReolinkWorldOptions {
  /** The camera of the scenario, without its UID. */
  readonly camera?: Record<string, unknown>;
  readonly servers?: Record<string, unknown>;
  /** More cameras. */
  readonly others?: readonly Record<string, unknown>[];
  /** What the client is behind. */
  readonly nat?: NatKind;
  readonly link?: Partial<LinkOptions>;
  readonly seed?: number;
  /** Time that passes before anything is asked. Default 1 s, in which a camera comes online. */
  readonly settling?: number;
}

/** What the register has told a client. */
export interface Introduction {
  readonly cid: number;
  readonly sid: number;
  readonly register: Endpoint;
  readonly answer: MessageOf<"R2C_C_R">;
}

/** A client's session: where the camera is, and what the two call each other. */
export interface ProbeSession {
  readonly peer: Endpoint;
  readonly cid: number;
  readonly did: number;
  readonly client: BcClient;
}

/** A simulated cloud with its cameras, and a probe that plays their client. */
export class ReolinkWorld {
  readonly world: VirtualWorld<ReolinkSimEvent>;
  readonly topology: ReolinkTopology;
  readonly cloud: ReolinkCloud;
  /** The first camera. */
  readonly camera: ReolinkCamera;
  readonly probe = new ReolinkProbe();
  readonly #tcp = new Map<number, BcClient>();
  #cid = 1_000;
  #tid = 0;

  constructor(options: ReolinkWorldOptions = {}) {
    const { camera = {}, servers = {}, others = [], nat = "none", seed = 1 } = options;
    const scenario = parseScenario({
      seed,
      reolink: { servers, cameras: [{ uid: UID, ...camera }, ...others] },
    });
    const rng = new Rng(scenario.seed);
    this.topology = virtualReolink(scenario, rng.entropy);
    this.cloud = this.topology.cloud;
    const [first] = this.topology.cameras.values();
    if (first === undefined) throw new Error("a scenario has a camera");
    this.camera = first;
    const network = new SimNetwork<ReolinkSimEvent>();
    for (const node of this.topology.nodes) network.add(node);
    network.add({
      name: "probe",
      machine: this.probe,
      sockets: new Map([[VIA, CLIENT]]),
      nat: nat === "none" ? undefined : new Nat({ kind: nat, pool: NAT_POOL }),
      uplink: new Link(options.link ?? {}, rng.fork()),
      downlink: new Link(options.link ?? {}, rng.fork()),
    });
    this.world = new VirtualWorld(network);
    this.world.onEvent = ({ node, event }) => {
      if (node === UID) this.#handleCamera(event as CameraEvent);
    };
    this.world.runFor(options.settling ?? 1_000);
  }

  get now(): Instant {
    return this.world.now;
  }

  get servers(): readonly Endpoint[] {
    return this.topology.servers;
  }

  get register(): Endpoint {
    return endpointOf(this.cloud.sockets, "register");
  }

  /** What the cloud has said. */
  get cloudEvents(): readonly CloudEvent[] {
    return this.world.events.filter(({ node }) => node === REOLINK_CLOUD)
      .map(({ event }) => event as CloudEvent);
  }

  /** What the first camera has said. */
  get cameraEvents(): readonly CameraEvent[] {
    return this.world.events.filter(({ node }) => node === UID)
      .map(({ event }) => event as CameraEvent);
  }

  nextTid(): number {
    this.#tid = (this.#tid + 1) % 256;
    return this.#tid;
  }

  /** Sends a message and lets things happen; returns what was heard meanwhile. */
  exchange(
    to: Endpoint,
    message: SignalingMessage,
    wait = 100,
    tid = this.nextTid(),
  ): readonly ReceivedSignaling[] {
    const before = this.probe.heard.length;
    this.world.command("probe", () => this.probe.say(VIA, to, tid, message));
    this.world.runFor(wait);
    return this.probe.heard.slice(before);
  }

  /** The same with bytes. */
  exchangeBytes(to: Endpoint, bytes: Uint8Array, wait = 100) {
    const before = this.probe.received.length;
    this.world.command("probe", () => this.probe.send(VIA, to, bytes));
    this.world.runFor(wait);
    return this.probe.received.slice(before);
  }

  /** Sends a message every 500 ms until an answer of a type is heard. */
  until<Type extends SignalingType>(
    type: Type,
    to: Endpoint,
    message: SignalingMessage,
    limit = 15_000,
  ): ReceivedSignaling & { readonly message: OfType<Type> } {
    const before = this.probe.heard.length;
    const end = this.now + limit;
    const tid = this.nextTid();
    while (this.now < end) {
      this.exchange(to, message, 500, tid);
      for (const heard of this.probe.heard.slice(before)) {
        if (heard.tid === tid && isOf(type, heard)) return heard;
      }
    }
    throw new Error(`Cannot go on as ${type} must come within ${limit} ms`);
  }

  /** What a middleman says of a UID. */
  lookUp(uid = UID, server = this.servers[0]): MessageOf<"M2C_Q_R"> | undefined {
    if (server === undefined) throw new Error("a scenario has a middleman");
    const [heard] = this.exchange(server, { type: "C2M_Q", uid, p: "MAC" });
    return heard?.message.type === "M2C_Q_R" ? heard.message : undefined;
  }

  /** Asks the register for a camera, as clients do. */
  request(cid = this.#cid++, uid = UID): MessageOf<"C2R_C"> {
    const relay = endpointOf(this.cloud.sockets, "idle");
    return { type: "C2R_C", uid, cli: CLIENT, relay, cid, debug: 0, family: 4, p: "MAC", r: 3 };
  }

  /** Asks the register until it answers. */
  introduce(): Introduction {
    const request = this.request();
    const { message } = this.until("R2C_C_R", this.register, request);
    if (message.sid === undefined) throw new Error(`the register refused with ${message.rsp}`);
    return { cid: request.cid, sid: message.sid, register: this.register, answer: message };
  }

  /** Brings about a path of this kind, and a connection on it. */
  connect(conn: Conn = "local", introduction = this.introduce()): ProbeSession {
    const { cid, sid, answer } = introduction;
    const to = { local: answer.dev, map: answer.dmap, relay: answer.relay }[conn];
    if (to === undefined) throw new Error(`the register told of no ${conn}`);
    const knock = { type: "C2D_T", sid, conn, cid, mtu: 1350 } as const;
    const { from, message } = this.until("D2C_CFM", to, knock);
    const session = this.carry(from, cid, message.did);
    const confirmation = { type: "C2R_CFM", sid, conn, rsp: 0, cid, did: message.did } as const;
    this.exchange(this.register, confirmation, 0);
    return session;
  }

  /** A connection to a camera that has been met. */
  carry(peer: Endpoint, cid: number, did: number): ProbeSession {
    const options = { role: "client", ownId: cid, peerId: did, peer } as const;
    const connection = this.world.command("probe", (now) => {
      const tid = this.nextTid();
      this.probe.beat(now, VIA, peer, tid, { type: "C2D_HB", cid, did });
      return this.probe.carry(now, VIA, options, (at, bytes) => client.handleBytes(at, bytes));
    });
    const client = this.#clientOver((bytes) => {
      this.world.command("probe", (now) => connection.write(now, bytes));
    });
    return { peer, cid, did, client };
  }

  /** A TCP connection to the first camera; `undefined` when it refuses. */
  connectTcp(): BcClient | undefined {
    const connection = this.command((camera, now) => camera.openTcp(now, CLIENT));
    if (connection === undefined) return undefined;
    const client = this.#clientOver((bytes) => {
      this.command((camera, now) => camera.receiveTcp(now, connection, bytes));
    });
    this.#tcp.set(connection, client);
    return client;
  }

  /** A client that has logged in over TCP. */
  logIn(options: Parameters<BcClient["login"]>[0] = {}): BcClient {
    const client = this.connectTcp();
    if (client === undefined) throw new Error("the camera refused a connection");
    const code = client.login(options);
    if (code !== 200) throw new Error(`the camera refused a login with ${code}`);
    return client;
  }

  command<T>(run: (camera: ReolinkCamera, now: Instant) => T): T {
    return this.world.command(UID, (now) => run(this.camera, now));
  }

  #clientOver(write: (bytes: Uint8Array) => void): BcClient {
    const { world } = this;
    return new BcClient({
      get now() {
        return world.now;
      },
      write,
      runUntil: (done, limit) => {
        world.runUntil(done, limit);
      },
      runFor: (duration) => world.runFor(duration),
    });
  }

  #handleCamera(event: CameraEvent): void {
    if (event.type !== "tcpReadable") return;
    const { connection } = event;
    const read = () => this.command((camera) => camera.readTcp(connection));
    for (let bytes = read(); bytes !== undefined; bytes = read()) {
      this.#tcp.get(connection)?.handleBytes(this.now, bytes);
    }
  }
}

function isOf<Type extends SignalingType>(
  type: Type,
  heard: ReceivedSignaling,
): heard is ReceivedSignaling & { readonly message: OfType<Type> } {
  return heard.message.type === type;
}
