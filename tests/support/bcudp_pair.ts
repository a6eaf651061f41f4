import { BcUdpConnection } from "../../lib/reolink/bcudp/connection.ts";
import type { BcUdpEvent, BcUdpOptions } from "../../lib/reolink/bcudp/connection_options.ts";
import type { Endpoint, Instant } from "../../lib/machine.ts";
import { Pair, type PairOptions, type Peer } from "./pair.ts";

export const CID = -123_456_789;
export const DID = 80;
export const CLIENT: Endpoint = { address: "192.168.1.20", port: 40_000 };
export const CAMERA: Endpoint = { address: "192.168.1.110", port: 18_371 };

export interface BcUdpPairOptions extends PairOptions {
  readonly client?: Partial<BcUdpOptions>;
  readonly camera?: Partial<BcUdpOptions>;
}

/** A client and a camera with a seeded bad network between them, in virtual time. */
export class BcUdpPair {
  readonly client: BcUdpConnection;
  readonly camera: BcUdpConnection;
  readonly clientEvents: BcUdpEvent[] = [];
  readonly cameraEvents: BcUdpEvent[] = [];
  readonly network: Pair;
  /** Runs after every mutation, once events are taken; reads and writes as it likes. */
  serve: () => void = () => {};

  constructor(options: BcUdpPairOptions = {}) {
    const start = 1_000;
    this.client = newClient(start, options.client);
    this.camera = newCamera(start, options.camera);
    this.network = new Pair(
      asPeer(this.client, CAMERA),
      asPeer(this.camera, CLIENT),
      () => {
        takeEvents(this.client, this.clientEvents);
        takeEvents(this.camera, this.cameraEvents);
        this.serve();
      },
      options,
    );
  }

  get now(): Instant {
    return this.network.now;
  }
}

export function newClient(now: Instant, options: Partial<BcUdpOptions> = {}): BcUdpConnection {
  return new BcUdpConnection(now, {
    role: "client",
    ownId: CID,
    peerId: DID,
    peer: CAMERA,
    ...options,
  });
}

export function newCamera(now: Instant, options: Partial<BcUdpOptions> = {}): BcUdpConnection {
  return new BcUdpConnection(now, {
    role: "camera",
    ownId: DID,
    peerId: CID,
    peer: CLIENT,
    ...options,
  });
}

function asPeer(connection: BcUdpConnection, from: Endpoint): Peer {
  return {
    handleDatagram: (now, bytes) => connection.handleDatagram(now, from, bytes),
    handleTimeout: (now) => connection.handleTimeout(now),
    pollTransmit: () => connection.pollTransmit(),
    pollTimeout: () => connection.pollTimeout(),
  };
}

function takeEvents(connection: BcUdpConnection, into: BcUdpEvent[]): void {
  for (let event = connection.pollEvent(); event; event = connection.pollEvent()) {
    if (event.type !== "readable") into.push(event);
  }
}
