import { tryDecode } from "../../lib/bytes/try_decode.ts";
import type { Endpoint, Instant, Machine, Transmit } from "../../lib/machine.ts";
import { BcUdpConnection } from "../../lib/reolink/bcudp/connection.ts";
import { decodeSignaling, encodeSignaling, kindOf } from "../../lib/reolink/signaling/datagram.ts";
import type { SignalingMessage } from "../../lib/reolink/signaling/message.ts";
import { Link, type LinkOptions } from "../../lib/sim/link.ts";
import { SimNetwork } from "../../lib/sim/network.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { ReolinkTunnel } from "../../lib/reolink/tunnel.ts";
import type { ReolinkTunnelEvent } from "../../lib/reolink/tunnel_event.ts";
import type { ReolinkTunnelOptions } from "../../lib/reolink/tunnel_options.ts";
import { VirtualWorld } from "./virtual_world.ts";

export const LAN_UID = "95270000TESTCAM0";
export const LAN_CAMERA: Endpoint = { address: "192.168.1.110", port: 18_371 };
const DISCOVERY: Endpoint = { ...LAN_CAMERA, port: 2015 };
const MOVED: Endpoint = { ...LAN_CAMERA, port: 18_372 };
const DID = 32;

/** A camera that does nothing but answer on the LAN, and echo what it is sent. */
export class LanCamera implements Machine<never> {
  readonly sockets: ReadonlyMap<string, Endpoint> = new Map([
    ["discovery", DISCOVERY],
    ["data", LAN_CAMERA],
    ["moved", MOVED],
  ]);
  /** Heard of the client, in order. */
  readonly heard: SignalingMessage[] = [];
  connection: BcUdpConnection | undefined;
  /** Takes what the client sends; by default it is sent back. */
  onBytes: (now: Instant, bytes: Uint8Array) => void = (now, bytes) => {
    this.connection?.write(now, bytes);
  };
  /** Says nothing any more. */
  isDead = false;
  /** Sends from another port. */
  hasMoved = false;
  #cid = 0;
  readonly #out: Transmit[] = [];

  /** Says something to the client. */
  say(message: SignalingMessage): void {
    this.#send(encodeSignaling({ tid: 4_711, message }));
  }

  disconnect(): void {
    this.say({ type: "D2C_DISC", cid: this.#cid, did: DID });
  }

  beat(): void {
    this.say({ type: "D2C_HB", cid: this.#cid, did: DID });
  }

  handleDatagram(now: Instant, _via: string, from: Endpoint, bytes: Uint8Array): void {
    if (this.isDead) return;
    if (kindOf(bytes) === "signaling") this.#handleSignaling(now, from, bytes);
    else this.connection?.handleDatagram(now, from, bytes);
    this.#settle(now);
  }

  handleTimeout(now: Instant): void {
    this.connection?.handleTimeout(now);
    this.#settle(now);
  }

  pollTransmit(): Transmit | undefined {
    return this.#out.shift();
  }

  pollEvent(): undefined {
    return undefined;
  }

  pollTimeout(): Instant | undefined {
    return this.connection?.pollTimeout();
  }

  #handleSignaling(now: Instant, from: Endpoint, bytes: Uint8Array): void {
    const datagram = tryDecode(() => decodeSignaling(bytes));
    if (datagram === undefined) return;
    const { tid, message } = datagram;
    this.heard.push(message);
    if (message.type !== "C2D_C") return;
    this.#cid = message.cid;
    const peer = { address: from.address, port: message.cli.port };
    this.connection ??= new BcUdpConnection(now, {
      role: "camera",
      ownId: DID,
      peerId: message.cid,
      peer,
    });
    const answer = { type: "D2C_C_R", rsp: 0, cid: message.cid, did: DID } as const;
    this.#send(encodeSignaling({ tid, message: answer }));
  }

  #settle(now: Instant): void {
    const { connection } = this;
    if (connection === undefined) return;
    while (connection.pollEvent() !== undefined);
    for (let bytes = connection.read(); bytes !== undefined; bytes = connection.read()) {
      this.onBytes(now, bytes);
    }
    for (let bytes = connection.pollTransmit(); bytes; bytes = connection.pollTransmit()) {
      this.#send(bytes);
    }
  }

  #send(bytes: Uint8Array): void {
    const to = this.connection?.peer;
    if (this.isDead || to === undefined) return;
    this.#out.push({ via: this.hasMoved ? "moved" : "data", to, bytes });
  }
}

export interface LanWorldOptions {
  readonly link?: Partial<LinkOptions>;
  readonly seed?: number;
  readonly tunnel?: Partial<ReolinkTunnelOptions>;
  /** Makes datagrams worse, in both directions. */
  readonly tamper?: (bytes: Uint8Array) => Uint8Array;
}

const OWN = {
  lan: { address: "192.168.1.20", port: 40_000 },
  cloud: { address: "192.168.1.20", port: 40_001 },
};

/** A tunnel and such a camera on one LAN, in virtual time. */
export class LanWorld {
  readonly world: VirtualWorld<ReolinkTunnelEvent>;
  readonly tunnel: ReolinkTunnel;
  readonly camera = new LanCamera();
  /** Takes what arrives for the client at once, unless it is left out. */
  onBytes: ((bytes: Uint8Array) => void) | undefined;

  constructor({ link = {}, seed = 1, tunnel = {}, tamper }: LanWorldOptions = {}) {
    const rng = new Rng(seed);
    const network = new SimNetwork<ReolinkTunnelEvent>();
    const { camera } = this;
    network.add({
      name: "camera",
      machine: camera,
      sockets: camera.sockets,
      uplink: new Link(link, rng.fork()),
      downlink: new Link(link, rng.fork()),
    });
    this.world = new VirtualWorld(network, 1_000);
    if (tamper !== undefined) tamperWith(camera, tamper);
    this.tunnel = new ReolinkTunnel(this.world.now, {
      uid: LAN_UID,
      way: "auto",
      lanTargets: [DISCOVERY],
      local: OWN,
      entropy: rng.entropy,
      ...tunnel,
    });
    if (tamper !== undefined) tamperWith(this.tunnel, tamper);
    network.add({
      name: "client",
      machine: this.tunnel,
      sockets: new Map(Object.entries(OWN)),
    });
    this.world.onEvent = ({ event }) => {
      if (event.type !== "readable" || this.onBytes === undefined) return;
      for (let bytes = this.tunnel.read(); bytes !== undefined; bytes = this.tunnel.read()) {
        this.onBytes(bytes);
      }
    };
    this.command(() => {});
  }

  get events(): readonly ReolinkTunnelEvent[] {
    return this.world.events.map(({ event }) => event);
  }

  find<Type extends ReolinkTunnelEvent["type"]>(
    type: Type,
  ): Extract<ReolinkTunnelEvent, { readonly type: Type }> | undefined {
    return this.events.find((event): event is Extract<ReolinkTunnelEvent, { type: Type }> =>
      event.type === type
    );
  }

  command<T>(run: (tunnel: ReolinkTunnel, now: Instant) => T): T {
    return this.world.command("client", (now) => run(this.tunnel, now));
  }

  /** Has the camera do something. */
  stage(run: (camera: LanCamera, now: Instant) => void): void {
    this.world.command("camera", (now) => run(this.camera, now));
  }

  /** Runs until the tunnel is open. */
  open(): this {
    this.world.runUntil(() => this.tunnel.isOpen, 5_000);
    return this;
  }
}

/** What arrives at the machine from now on has been through other hands. */
function tamperWith(machine: Machine<unknown>, tamper: (bytes: Uint8Array) => Uint8Array): void {
  const handle = machine.handleDatagram.bind(machine);
  machine.handleDatagram = (now, via, from, bytes) => handle(now, via, from, tamper(bytes));
}
