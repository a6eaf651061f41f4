import { DecodeError } from "../../bytes/decode_error.ts";
import { sameEndpoint } from "../../endpoint.ts";
import type { Duration, Endpoint, Instant } from "../../machine.ts";
import { decodeSignaling, kindOf } from "../../reolink/signaling/datagram.ts";
import type { SignalingMessage, SignalingType } from "../../reolink/signaling/message.ts";
import type { RelayFaults } from "./server_faults.ts";

/** How long a session may carry nothing before it is given up. */
const IDLE_AFTER: Duration = 60_000;

const FROM_CLIENT: readonly SignalingType[] = ["C2D_HB", "C2D_DISC", "C2D_A"];
const FROM_CAMERA: readonly SignalingType[] = ["D2C_HB", "D2C_DISC", "D2C_CFM"];

export interface RelayOptions {
  /** Its sockets by name. Each carries one session, so their number is the cap. */
  readonly sockets: ReadonlyMap<string, Endpoint>;
  readonly faults: RelayFaults;
  readonly tell: (via: string, to: Endpoint, tid: number, message: SignalingMessage) => void;
  readonly forward: (via: string, to: Endpoint, bytes: Uint8Array) => void;
}

/** What both sides of a session must know to be let on the relay. */
export interface RelayTicket {
  readonly sid: number;
  readonly cid: number;
}

interface Allocation extends RelayTicket {
  readonly via: string;
  lastUsed: Instant;
  client: Endpoint | undefined;
  clientSince: Instant;
  /** The client's latest request, while there is no camera to answer it for. */
  waitingTid: number | undefined;
  camera: { readonly at: Endpoint; readonly did: number } | undefined;
}

/** Forwards between client and camera, each on the socket that was allotted to their session. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #allocations = new Map<string, Allocation>();

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Sessions that hold a socket. */
  get size(): number {
    return this.#allocations.size;
  }

  /** The endpoint for a session, or `undefined` when all are in use. */
  allocate(now: Instant, { sid, cid }: RelayTicket): Endpoint | undefined {
    for (const [via, at] of this.#options.sockets) {
      const old = this.#allocations.get(via);
      if (old !== undefined && now - old.lastUsed < IDLE_AFTER) continue;
      this.#allocations.set(via, {
        sid,
        cid,
        via,
        lastUsed: now,
        client: undefined,
        clientSince: Infinity,
        waitingTid: undefined,
        camera: undefined,
      });
      return at;
    }
    return undefined;
  }

  release(sid: number): void {
    for (const [via, allocation] of this.#allocations) {
      if (allocation.sid === sid) this.#allocations.delete(via);
    }
  }

  /** Throws `DecodeError`. */
  handleDatagram(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    const allocation = this.#allocations.get(via);
    const { silent, forgetAfter = Infinity } = this.#options.faults;
    if (allocation === undefined || silent) return;
    if (now - allocation.clientSince >= forgetAfter) return void this.#allocations.delete(via);
    switch (kindOf(bytes)) {
      case "signaling":
        return this.#handleSignaling(now, allocation, from, bytes);
      case "data":
      case "ack":
        return this.#pass(now, allocation, from, bytes);
      default:
        throw new DecodeError("Cannot decode datagram as it must be one of Reolink's");
    }
  }

  #handleSignaling(now: Instant, allocation: Allocation, from: Endpoint, bytes: Uint8Array): void {
    const { tid, message } = decodeSignaling(bytes);
    const { sid, cid } = allocation;
    if (message.type === "C2D_T" || message.type === "D2C_T") {
      if (message.sid !== sid || message.cid !== cid || message.conn !== "relay") return;
      allocation.lastUsed = now;
    }
    if (message.type === "C2D_T") {
      if (allocation.client === undefined) allocation.clientSince = now;
      allocation.client = from;
      allocation.waitingTid = tid;
      return this.#confirm(allocation);
    }
    if (message.type === "D2C_T") {
      allocation.camera = { at: from, did: message.did };
      return this.#confirm(allocation);
    }
    const allowed = this.#isCamera(allocation, from) ? FROM_CAMERA : FROM_CLIENT;
    if (allowed.includes(message.type)) this.#pass(now, allocation, from, bytes);
  }

  /** Tells the client that the camera is there, once both are. */
  #confirm(allocation: Allocation): void {
    const { via, sid, cid, client, waitingTid, camera } = allocation;
    if (client === undefined || waitingTid === undefined || camera === undefined) return;
    allocation.waitingTid = undefined;
    const { did } = camera;
    const confirmation = { conn: "relay", rsp: 0, cid, did, time_r: 0 } as const;
    this.#options.tell(via, client, waitingTid, { type: "D2C_CFM", sid, ...confirmation });
  }

  #pass(now: Instant, allocation: Allocation, from: Endpoint, bytes: Uint8Array): void {
    const { via, client, camera } = allocation;
    const to = this.#isCamera(allocation, from)
      ? client
      : client !== undefined && sameEndpoint(client, from)
      ? camera?.at
      : undefined;
    if (to === undefined) return;
    allocation.lastUsed = now;
    // What arrived is borrowed.
    this.#options.forward(via, to, bytes.slice());
  }

  #isCamera({ camera }: Allocation, from: Endpoint): boolean {
    return camera !== undefined && sameEndpoint(camera.at, from);
  }
}
