import { formatEndpoint } from "../../endpoint.ts";
import type { Endpoint, Entropy, Instant } from "../../machine.ts";
import { decodeBcUdp } from "../../reolink/bcudp/datagram.ts";
import type { MessageOf, SignalingMessage } from "../../reolink/signaling/message.ts";
import { earliest } from "../../timers.ts";
import type { BcServerEvent, SessionEnd } from "./bc_server.ts";
import type { CameraState } from "./camera_state.ts";
import { Visit, type VisitWay } from "./visit.ts";

/** Clients at once; further ones are not answered. */
export const MAX_VISITS = 8;

/** Ids of connections seen are small multiples of 16 and numbers beside them [capture]. */
const FIRST_DID = 32;
const DID_STEP = 16;

export type VisitsEvent =
  | { readonly type: "opened"; readonly client: Endpoint; readonly way: VisitWay }
  | { readonly type: "closed"; readonly visit: Visit; readonly end: SessionEnd };

export interface VisitsOptions {
  readonly camera: CameraState;
  readonly entropy: Entropy;
  readonly send: (to: Endpoint, bytes: Uint8Array) => void;
  readonly onEvent: (now: Instant, event: VisitsEvent) => void;
  readonly onServerEvent: (client: Endpoint | undefined, event: BcServerEvent) => void;
}

/** Everybody who uses the camera over UDP, or is about to. */
export class Visits {
  readonly #options: VisitsOptions;
  /** By session id, or by client id and address on the LAN. */
  readonly #visits = new Map<string, Visit>();
  /** Those whose opening was told of. */
  readonly #told = new Set<Visit>();
  #nextDid = FIRST_DID;

  constructor(options: VisitsOptions) {
    this.#options = options;
  }

  /** Sessions, not counting clients who are still on their way. */
  get open(): number {
    return this.#told.size;
  }

  /** The register calls for a client; it does so several times. */
  call(now: Instant, call: MessageOf<"R2D_C">, isUp: boolean): void {
    const visit = this.#find(`sid ${call.sid}`) ??
      this.#add(now, `sid ${call.sid}`, call.cid, { type: "call", call });
    if (visit !== undefined && isUp) this.#run(now, visit, () => visit.start(now));
  }

  /** The camera is awake: whoever has called meanwhile is answered. */
  startAll(now: Instant): void {
    for (const visit of [...this.#visits.values()]) this.#run(now, visit, () => visit.start(now));
  }

  /** A client on the LAN calls; its visit, or `undefined` when there is no room. */
  greet(now: Instant, client: Endpoint, cid: number): Visit | undefined {
    const key = `lan ${cid} ${formatEndpoint(client)}`;
    const visit = this.#find(key) ?? this.#add(now, key, cid, { type: "lan", client });
    visit?.refresh(now);
    return visit;
  }

  handleMessage(now: Instant, from: Endpoint, tid: number, message: SignalingMessage): void {
    switch (message.type) {
      case "C2D_T":
      case "C2D_A": {
        const visit = this.#find(`sid ${message.sid}`);
        if (visit === undefined || visit.cid !== message.cid) return;
        if (message.type === "C2D_A" && message.did !== visit.did) return;
        return this.#run(now, visit, () => visit.handleKnock(now, from, tid, message));
      }
      case "C2D_HB":
      case "C2D_DISC": {
        const visit = this.#byDid(message.did);
        if (visit === undefined || visit.cid !== message.cid) return;
        if (message.type === "C2D_DISC") {
          return this.#run(now, visit, () => visit.handleGoodbye(from));
        }
        return this.#run(now, visit, () => visit.handleHeartbeat(now, from));
      }
      default:
        return;
    }
  }

  /** BcUDP for one of them. Throws `DecodeError`. */
  handleDatagram(now: Instant, from: Endpoint, bytes: Uint8Array): boolean {
    const visit = this.#byDid(decodeBcUdp(bytes).connectionId);
    if (visit === undefined) return false;
    this.#run(now, visit, () => visit.handleDatagram(now, from, bytes));
    return true;
  }

  /** Lets everybody have what the camera has come to say. */
  flush(now: Instant): void {
    for (const visit of [...this.#visits.values()]) {
      this.#run(now, visit, () => visit.flush(now));
    }
  }

  /** Ends all of them without a word. */
  abandon(now: Instant, detail: string): void {
    for (const visit of [...this.#visits.values()]) {
      this.#run(now, visit, () => visit.abandon(detail));
    }
  }

  handleTimeout(now: Instant): void {
    for (const visit of [...this.#visits.values()]) {
      const at = visit.pollTimeout();
      if (at !== undefined && at <= now) this.#run(now, visit, () => visit.handleTimeout(now));
    }
  }

  pollTimeout(): Instant | undefined {
    return earliest(...Array.from(this.#visits.values(), (visit) => visit.pollTimeout()));
  }

  #find(key: string): Visit | undefined {
    return this.#visits.get(key);
  }

  #byDid(did: number): Visit | undefined {
    for (const visit of this.#visits.values()) if (visit.did === did) return visit;
    return undefined;
  }

  #add(now: Instant, key: string, cid: number, origin: Visit["origin"]): Visit | undefined {
    if (this.#visits.size >= MAX_VISITS) return undefined;
    const { camera, entropy, send, onServerEvent } = this.#options;
    const visit: Visit = new Visit(now, {
      camera,
      cid,
      origin,
      entropy,
      send,
      did: this.#nextDid,
      onServerEvent: (event) => onServerEvent(visit.client, event),
    });
    this.#nextDid += DID_STEP;
    this.#visits.set(key, visit);
    return visit;
  }

  /** Does something with a visit, and tells of what has become of it. */
  #run(now: Instant, visit: Visit, action: () => void): void {
    const { onEvent } = this.#options;
    action();
    if (visit.client !== undefined && visit.way !== undefined && !this.#told.has(visit)) {
      this.#told.add(visit);
      onEvent(now, { type: "opened", client: visit.client, way: visit.way });
    }
    if (visit.end === undefined) return;
    for (const [key, known] of this.#visits) if (known === visit) this.#visits.delete(key);
    if (this.#told.delete(visit)) onEvent(now, { type: "closed", visit, end: visit.end });
  }
}
