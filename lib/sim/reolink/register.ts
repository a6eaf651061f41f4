import { formatEndpoint } from "../../endpoint.ts";
import type { Duration, Endpoint, Entropy, Instant } from "../../machine.ts";
import type { Conn, MessageOf, SignalingMessage } from "../../reolink/signaling/message.ts";
import { InFlight } from "../in_flight.ts";
import { ownTid, randomId } from "./own_tid.ts";
import { OFFLINE_AFTER, type RegisteredCamera, type Registry } from "./registry.ts";
import type { Relay } from "./relay.ts";
import type { RegisterFaults } from "./server_faults.ts";

/** How often a camera is told of a client, and how many times [observed]. */
const POKE_EVERY: Duration = 100;
const POKES = 10;

/** After a client's `C2R_C` [observed]. */
const HINT_AFTER: Duration = 40;
const ANSWER_AFTER: Duration = 140;
const ANSWER_EVERY: Duration = 500;

/** A client that has not confirmed by then is given up [observed]. */
const GIVE_UP_AFTER: Duration = 13_000;

/** Sessions remembered at once; the oldest is forgotten. */
export const MAX_SESSIONS = 64;

/** Attempts remembered as refused; the oldest is forgotten. */
const MAX_REFUSED = 64;

const MAX_TASKS = 4096;

/** How often a camera that sleeps shows itself, in milliseconds, as it is told [observed]. */
const HEARTBEAT_EVERY = 20_000;

export type RegisterEvent =
  | { readonly type: "online"; readonly uid: string }
  /** A client has asked for a camera; `sid` only if it was let. */
  | {
    readonly type: "asked";
    readonly uid: string;
    readonly client: Endpoint;
    readonly sid: number | undefined;
  }
  | { readonly type: "confirmed"; readonly uid: string; readonly sid: number; readonly conn: Conn }
  | { readonly type: "ended"; readonly uid: string; readonly sid: number; readonly by: Ender };

/** Who ended a session: the camera said so, or the client never confirmed it. */
export type Ender = "camera" | "register";

export interface RegisterOptions {
  readonly registry: Registry;
  readonly relay: Relay;
  /** Port of the service named `relayt`, whose purpose is not known. */
  readonly relayt: Endpoint;
  readonly entropy: Entropy;
  /** Time of day at instant 0, in milliseconds since 1970. */
  readonly epoch: number;
  readonly faults: RegisterFaults;
  readonly toCamera: (at: Endpoint, tid: number, message: SignalingMessage) => void;
  readonly toClient: (now: Instant, at: Endpoint, tid: number, message: SignalingMessage) => void;
  readonly onEvent: (event: RegisterEvent) => void;
}

/** One client's wish for one camera. */
interface Session {
  readonly key: string;
  readonly sid: number;
  readonly cid: number;
  /** Of the client's request; all answers carry it. */
  readonly tid: number;
  readonly client: Endpoint;
  /** The client's own address, as it says. */
  readonly cli: Endpoint | undefined;
  readonly camera: RegisteredCamera;
  readonly relay: Endpoint | undefined;
  conn: Conn | undefined;
  /** Over; its tasks come to nothing. */
  ended: boolean;
}

interface Task {
  readonly session: Session;
  readonly what: "poke" | "hint" | "answer" | "giveUp";
}

/** The register: keeps cameras in reach of the cloud, and brings clients and cameras together. */
export class Register {
  readonly #options: RegisterOptions;
  /** By client id and source; oldest first. */
  readonly #sessions = new Map<string, Session>();
  readonly #tasks = new InFlight<Task>(MAX_TASKS);
  /** Attempts that are refused for the first ones' sake. */
  readonly #refused = new Set<string>();
  #attempts = 0;

  constructor(options: RegisterOptions) {
    this.#options = options;
  }

  /** Sessions that clients may use. */
  get size(): number {
    return this.#sessions.size;
  }

  /** What a camera sent. */
  handleCamera(now: Instant, from: Endpoint, tid: number, message: SignalingMessage): void {
    const { registry, toCamera } = this.#options;
    switch (message.type) {
      case "D2R_R": {
        const camera = registry.byToken(message.token);
        if (camera === undefined) return;
        return toCamera(from, tid, { type: "R2D_R_R", rsp: -4, ac: camera.ac });
      }
      case "D2R_HB":
        return this.#handleHeartbeat(now, from, tid, message);
      case "D2R_DISC":
        return this.#handleDisconnect(from, tid, message);
      default:
        return;
    }
  }

  /** A client asks for a camera. */
  connect(now: Instant, from: Endpoint, tid: number, request: MessageOf<"C2R_C">): void {
    const { registry, onEvent } = this.#options;
    const key = `${request.cid} ${formatEndpoint(from)}`;
    const known = this.#sessions.get(key);
    // The answers to the first one keep coming.
    if (known !== undefined) return;
    const camera = registry.online(now, request.uid);
    if (camera === undefined || this.#refuses(key)) {
      this.#options.toClient(now, from, tid, this.#refusal(camera !== undefined));
      return onEvent({ type: "asked", uid: request.uid, client: from, sid: undefined });
    }
    const session = this.#open(now, key, from, tid, request, camera);
    onEvent({ type: "asked", uid: camera.uid, client: from, sid: session.sid });
  }

  /** A client says which way it took. */
  confirm({ sid, cid, conn }: MessageOf<"C2R_CFM">): void {
    const session = this.#bySid(sid);
    if (session === undefined || session.cid !== cid || session.conn !== undefined) return;
    session.conn = conn;
    if (conn !== "relay") this.#options.relay.release(sid);
    this.#options.onEvent({ type: "confirmed", uid: session.camera.uid, sid, conn });
  }

  handleTimeout(now: Instant): void {
    for (let task = this.#tasks.takeDue(now); task !== undefined; task = this.#tasks.takeDue(now)) {
      if (!task.session.ended) this.#perform(now, task);
    }
  }

  pollTimeout(): Instant | undefined {
    return this.#tasks.next;
  }

  #handleHeartbeat(
    now: Instant,
    from: Endpoint,
    tid: number,
    { token, dev, needrsp }: MessageOf<"D2R_HB">,
  ): void {
    const { registry, epoch, toCamera, onEvent } = this.#options;
    const camera = registry.byToken(token);
    if (camera === undefined) return;
    const isNew = now - camera.seenAt >= OFFLINE_AFTER;
    camera.mapped = from;
    camera.local = dev;
    camera.seenAt = now;
    if (isNew) onEvent({ type: "online", uid: camera.uid });
    if (needrsp !== 1) return;
    const time_t = Math.floor((epoch + now) / 1000);
    toCamera(from, tid, { type: "R2D_HB_R", rsp: 0, time_t, timer: { hb: HEARTBEAT_EVERY } });
  }

  #handleDisconnect(from: Endpoint, tid: number, { sid }: MessageOf<"D2R_DISC">): void {
    const { registry, toCamera } = this.#options;
    // Told again of a session long forgotten, it confirms again: the first answer was lost.
    if (registry.bySource(from) === undefined) return;
    toCamera(from, tid, { type: "R2D_DC_R", sid, rsp: 0 });
    const session = this.#bySid(sid);
    if (session !== undefined) this.#end(session, "camera");
  }

  #open(
    now: Instant,
    key: string,
    client: Endpoint,
    tid: number,
    { cid, cli }: MessageOf<"C2R_C">,
    camera: RegisteredCamera,
  ): Session {
    const { relay, entropy, faults } = this.#options;
    const [oldest] = this.#sessions.values();
    if (this.#sessions.size >= MAX_SESSIONS && oldest !== undefined) this.#end(oldest, "register");
    const sid = randomId(entropy);
    const session: Session = {
      key,
      sid,
      cid,
      tid,
      client,
      cli,
      camera,
      relay: relay.allocate(now, { sid, cid }),
      conn: undefined,
      ended: false,
    };
    this.#sessions.set(key, session);
    for (let poke = 0; poke < POKES; poke++) {
      this.#tasks.push(now + poke * POKE_EVERY, { session, what: "poke" });
    }
    const isReversed = faults.order === "reversed";
    const hintAfter = isReversed ? ANSWER_AFTER : HINT_AFTER;
    if (faults.order !== "withoutT") this.#tasks.push(now + hintAfter, { session, what: "hint" });
    const answerAfter = isReversed ? HINT_AFTER : ANSWER_AFTER;
    this.#tasks.push(now + answerAfter, { session, what: "answer" });
    this.#tasks.push(now + GIVE_UP_AFTER, { session, what: "giveUp" });
    return session;
  }

  #perform(now: Instant, { session, what }: Task): void {
    const { entropy, toCamera, toClient } = this.#options;
    const { sid, cid, tid, client, cli, camera, relay, conn } = session;
    if (what === "poke" && camera.mapped !== undefined) {
      const places = { ...(cli && { cli }), cmap: client, ...(relay && { relay }) };
      return toCamera(camera.mapped, ownTid(entropy), { type: "R2D_C", ...places, sid, cid });
    }
    if (conn !== undefined) return;
    if (what === "hint") {
      const places = { ...devOf(camera), ...dmapOf(camera) };
      toClient(now, client, tid, { type: "R2C_T", ...places, sid, cid, rsp: 0 });
    } else if (what === "answer") {
      toClient(now, client, tid, this.#answer(session));
      this.#tasks.push(now + ANSWER_EVERY, { session, what });
    } else if (what === "giveUp") {
      toClient(now, client, ownTid(entropy), { type: "R2C_DISC", sid });
      this.#end(session, "register");
    }
  }

  #answer({ sid, camera, relay }: Session): MessageOf<"R2C_C_R"> {
    const { relayt } = this.#options;
    const places = { ...dmapOf(camera), ...devOf(camera), ...(relay && { relay }), relayt };
    return { type: "R2C_C_R", ...places, nat: "NULL", sid, rsp: 0, ac: sid };
  }

  /** Whether this attempt is one of the first, which are refused however often they are repeated. */
  #refuses(key: string): boolean {
    if (this.#refused.has(key)) return true;
    this.#attempts += 1;
    if (this.#attempts > this.#options.faults.refuseFirst) return false;
    this.#refused.add(key);
    const [oldest] = this.#refused;
    if (this.#refused.size > MAX_REFUSED && oldest !== undefined) this.#refused.delete(oldest);
    return true;
  }

  #refusal(isKnown: boolean): MessageOf<"R2C_C_R"> {
    const { faults, relayt } = this.#options;
    const rsp = isKnown ? faults.refuseWith : -3;
    const place = faults.refusalHasAddress ? { relay: relayt } : {};
    return { type: "R2C_C_R", ...place, nat: "NULL", rsp, ac: 0 };
  }

  #bySid(sid: number): Session | undefined {
    for (const session of this.#sessions.values()) if (session.sid === sid) return session;
    return undefined;
  }

  #end(session: Session, by: Ender): void {
    session.ended = true;
    this.#sessions.delete(session.key);
    this.#options.relay.release(session.sid);
    this.#options.onEvent({ type: "ended", uid: session.camera.uid, sid: session.sid, by });
  }
}

function devOf({ local }: RegisteredCamera): { readonly dev?: Endpoint } {
  return local === undefined ? {} : { dev: local };
}

function dmapOf({ mapped }: RegisteredCamera): { readonly dmap?: Endpoint } {
  return mapped === undefined ? {} : { dmap: mapped };
}
