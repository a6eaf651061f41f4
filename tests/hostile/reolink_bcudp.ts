import { fromHex } from "../../lib/bytes/bytes.ts";
import type { Instant } from "../../lib/machine.ts";
import type { BcUdpConnection } from "../../lib/reolink/bcudp/connection.ts";
import { type BcUdpDatagram, decodeBcUdp, encodeBcUdp } from "../../lib/reolink/bcudp/datagram.ts";
import { DATAGRAM_VECTORS } from "../../lib/reolink/bcudp/datagram_vectors.ts";
import { encodeSignaling } from "../../lib/reolink/signaling/datagram.ts";
import { ReolinkTunnel } from "../../lib/reolink/tunnel.ts";
import {
  BcUdpPair,
  CAMERA,
  CID,
  CLIENT,
  DID,
  newCamera,
  newClient,
} from "../support/bcudp_pair.ts";
import { LAN_CAMERA, LAN_UID, LanWorld } from "../support/lan_camera.ts";
import {
  type ConversationTarget,
  type DecoderTarget,
  type MachineTarget,
  type Tamper,
  type Victim,
  victimOf,
} from "./target.ts";

/** What the tunnel's randomness makes of its client id. */
const NO_CHANCE = 7;
const TUNNEL_CID = 0x07070707;

const VECTORS = DATAGRAM_VECTORS.map(({ hex }) => fromHex(hex));

/** What a peer could say next, and what it could not. */
function seedsFor(connectionId: number): Uint8Array[] {
  const data = [0, 1, 2, 3, 5, 8, 200, 1_030, 0xffffffff].map((packetId): BcUdpDatagram => {
    return { type: "data", connectionId, packetId, payload: new Uint8Array(100) };
  });
  const acks = ([[undefined, ""], [0, ""], [0, "0001"], [3, "0001010001"], [300, ""]] as const)
    .map(([packetId, bitmap]): BcUdpDatagram => {
      return { type: "ack", connectionId, packetId, latency: 0, bitmap: fromHex(bitmap) };
    });
  return [...data, ...acks].map(encodeBcUdp);
}

/** Virtual time one conversation may take, and its end. */
const LENGTH = 20_000;
const GOODBYE = 2_000;

export const BCUDP_DECODERS: readonly DecoderTarget[] = [
  {
    type: "decoder",
    name: "BcUDP datagram",
    seeds: [...VECTORS, ...seedsFor(CID)],
    decode: decodeBcUdp,
  },
];

export const BCUDP_MACHINES: readonly MachineTarget[] = [
  {
    type: "machine",
    name: "BcUdpConnection, client",
    seeds: seedsFor(CID),
    make: (now) => connectionVictim(now, newClient(now), CAMERA),
  },
  {
    type: "machine",
    name: "BcUdpConnection, camera",
    seeds: seedsFor(DID),
    make: (now) => connectionVictim(now, newCamera(now), CLIENT),
  },
  {
    type: "machine",
    name: "ReolinkTunnel, open",
    seeds: [...seedsFor(TUNNEL_CID), ...VECTORS],
    make: (now) => {
      const tunnel = tunnelTo(now);
      const ids = { cid: TUNNEL_CID, did: DID };
      const answer = encodeSignaling({ tid: 5, message: { type: "D2C_C_R", rsp: 0, ...ids } });
      tunnel.handleDatagram(now, "lan", LAN_CAMERA, answer);
      tunnel.write(now, new Uint8Array(9_000));
      return victimOf(tunnel, [
        { via: "lan", from: LAN_CAMERA },
        { via: "lan", from: { ...LAN_CAMERA, port: 1 } },
        { via: "cloud", from: LAN_CAMERA },
      ], (at, event) => {
        if (event.type === "readable") echo(at, tunnel);
      });
    },
  },
];

export const BCUDP_CONVERSATIONS: readonly ConversationTarget[] = [
  {
    type: "conversation",
    name: "BcUdpConnection to BcUdpConnection",
    seeds: VECTORS,
    hold: holdConnections,
  },
  {
    type: "conversation",
    name: "ReolinkTunnel to a camera on the LAN",
    seeds: VECTORS,
    hold: holdTunnel,
  },
];

/** Both ends send, and read what comes. */
function holdConnections(seed: number, tamper: Tamper): void {
  const pair = new BcUdpPair({
    seed,
    link: { delay: 10, jitter: 5, loss: 0.01, duplicate: 0.01 },
    tap: (_from, bytes) => tamper(bytes),
  });
  const ends = [pair.client, pair.camera];
  pair.serve = () => {
    for (const end of ends) while (end.read() !== undefined);
  };
  for (let at = 0; at < LENGTH; at += 500) {
    for (const end of ends) end.write(pair.now, new Uint8Array(5_000));
    pair.network.pass(500);
  }
}

/** The camera sends back what it is sent. */
function holdTunnel(seed: number, tamper: Tamper): void {
  const world = new LanWorld({ seed, link: { delay: 10, loss: 0.01 }, tamper });
  world.onBytes = () => {};
  for (let at = 0; at < LENGTH; at += 500) {
    world.command((tunnel, now) => tunnel.write(now, new Uint8Array(2_000)));
    world.world.runFor(500);
  }
  world.command((tunnel, now) => tunnel.close(now));
  world.world.runFor(GOODBYE);
}

function connectionVictim(now: Instant, connection: BcUdpConnection, from: typeof CAMERA): Victim {
  connection.write(now, new Uint8Array(9_000));
  return {
    get closed() {
      return connection.closed;
    },
    handleDatagram: (at, bytes) => connection.handleDatagram(at, from, bytes),
    handleTimeout: (at) => connection.handleTimeout(at),
    pollTimeout: () => connection.pollTimeout(),
    pollOutput(at) {
      if (connection.pollTransmit() !== undefined) return true;
      const event = connection.pollEvent();
      if (event?.type === "readable") echo(at, connection);
      return event !== undefined;
    },
  };
}

function echo(now: Instant, stream: BcUdpConnection | ReolinkTunnel): void {
  for (let bytes = stream.read(); bytes !== undefined; bytes = stream.read()) {
    if (stream.space() > 0) stream.write(now, bytes);
  }
}

function tunnelTo(now: Instant): ReolinkTunnel {
  return new ReolinkTunnel(now, {
    uid: LAN_UID,
    way: "lan",
    lanTargets: [{ ...LAN_CAMERA, port: 2015 }],
    local: { lan: CLIENT, cloud: CLIENT },
    entropy: (length) => new Uint8Array(length).fill(NO_CHANCE),
  });
}
