/**
 * From a UID to a camera that expects us, and then keeping that contact alive.
 *
 * Two branches race, each on a socket of its own and under its own client id: discovery on the LAN,
 * and the vendor's cloud (see `cloud.ts`). The first one to have a contact wins; if the camera comes
 * to the other one as well, it is told goodbye there. From then on this machine speaks for the
 * session: heartbeats, the news for the register, answers to the camera's handshakes, and goodbyes
 * of either side.
 *
 * @module
 */

import { isIpv4 } from "../../endpoint.ts";
import type { Endpoint, Instant, Machine, Transmit } from "../../machine.ts";
import { tryDecode } from "../../bytes/try_decode.ts";
import { earliest } from "../../timers.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import { Cloud } from "./cloud.ts";
import type { CloudContact } from "./cloud_attempt.ts";
import { decodeSignaling, encodeSignaling, type SignalingDatagram } from "./datagram.ts";
import { Discovery, type Found } from "./discovery.ts";
import { joinEnds } from "./failure.ts";
import { farewell } from "./farewell.ts";
import { wantedBy } from "./handshakes.ts";
import { Keeper, type KeeperOptions } from "./keeper.ts";
import { VERDICT_AFTER } from "./lookup.ts";
import { type Repeat, RESEND_FOR } from "./repeat.ts";
import type {
  Handled,
  ReolinkContact,
  ReolinkSignalingCounters,
  ReolinkSignalingEvent,
} from "./signaling_event.ts";
import type { ReolinkSignalingOptions, ReolinkSocket } from "./signaling_options.ts";
import { Stages } from "./stages.ts";
import { makeCid, Tids } from "./tids.ts";

const DEFAULT_ATTEMPTS = 10;

/** How often the camera is told goodbye in the name of the branch that lost, if it keeps coming. */
const MAX_FAREWELLS = 2;

/** The branch that was not chosen, while the camera may not know it yet. */
interface Loser {
  readonly via: ReolinkSocket;
  readonly cid: number;
  farewellsLeft: number;
}

export class ReolinkSignaling implements Machine<ReolinkSignalingEvent> {
  readonly counters: ReolinkSignalingCounters = { undecodable: 0, unmatched: 0, repeated: 0 };

  readonly #options: ReolinkSignalingOptions;
  readonly #startedAt: Instant;
  readonly #tids: Tids;
  readonly #lanStages: Stages;
  readonly #cloudStages: Stages;
  readonly #transmits: Transmit[] = [];
  readonly #events: ReolinkSignalingEvent[] = [];
  #discovery: Discovery | undefined;
  #cloud: Cloud | undefined;
  #keeper: Keeper | undefined;
  #loser: Loser | undefined;
  #farewells: Repeat[] = [];
  /** Set once it is to end; `closed` follows when the goodbyes are said. */
  #end: TunnelEnd | undefined;
  #isClosed = false;

  /** Throws `RangeError` for a UID or an address that cannot be put into a message. */
  constructor(now: Instant, options: ReolinkSignalingOptions) {
    if (!/^[\w-]{1,64}$/.test(options.uid)) {
      throw new RangeError("Cannot signal as a UID has letters and digits only");
    }
    if (!isIpv4(options.local.cloud.address)) {
      throw new RangeError("Cannot signal as our own address must be IPv4");
    }
    this.#options = options;
    this.#startedAt = now;
    this.#tids = new Tids(options.entropy);
    this.#lanStages = new Stages((event) => this.#events.push(event));
    this.#cloudStages = new Stages((event) => this.#events.push(event));
    this.#discovery = this.#beginDiscovery(now);
    this.#cloud = this.#beginCloud(now);
    this.#settle(now);
  }

  /** The camera, from `established` on. */
  get contact(): ReolinkContact | undefined {
    return this.#keeper?.contact;
  }

  /** One more lookup server. Ignored when known, when too many, and when no longer of use. */
  addMiddleman(now: Instant, endpoint: Endpoint): void {
    this.#cloud?.addMiddleman(now, endpoint);
    this.#settle(now);
  }

  /** No more lookup servers will be added. */
  endMiddlemen(now: Instant): void {
    this.#cloud?.endMiddlemen(now);
    this.#settle(now);
  }

  /** The camera's data comes from another endpoint now: heartbeats and goodbye go there. */
  follow(peer: Endpoint): void {
    this.#keeper?.follow(peer);
  }

  /**
   * Ends it. If the camera was met, goodbye is said to it three times within 200 ms; then comes
   * `closed`. Harmless when closed.
   */
  close(now: Instant): void {
    if (this.#end !== undefined) return;
    const contact = this.#keeper?.contact;
    if (contact !== undefined) this.#part(now, contact.via, contact.cid, contact.did, contact.peer);
    else this.#partFromCloud(now);
    const stage = contact === undefined ? "signaling" : "open";
    this.#finish(now, { reason: "local", stage, detail: "closed", advice: "" });
    this.#settle(now);
  }

  /** Takes signaling only: data and acknowledgements on the same sockets are for others. */
  handleDatagram(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    if (this.#end !== undefined) return;
    const datagram = tryDecode(() => decodeSignaling(bytes));
    if (datagram === undefined) {
      this.counters.undecodable += 1;
      return;
    }
    const handled = this.#dispatch(now, via, from, datagram);
    if (handled !== "taken") this.counters[handled] += 1;
    this.#settle(now);
  }

  handleTimeout(now: Instant): void {
    this.#discovery?.handleTimeout(now);
    this.#cloud?.handleTimeout(now);
    this.#settle(now);
  }

  pollTransmit(): Transmit | undefined {
    return this.#transmits.shift();
  }

  pollEvent(): ReolinkSignalingEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    if (this.#isClosed) return undefined;
    return earliest(
      this.#discovery?.pollTimeout(),
      this.#cloud?.pollTimeout(),
      this.#keeper?.pollTimeout(),
      ...this.#farewells.map((repeat) => repeat.pollTimeout()),
    );
  }

  #beginDiscovery(now: Instant): Discovery | undefined {
    const { uid, way, lanTargets, local, entropy, discoverFor = RESEND_FOR } = this.#options;
    if (lanTargets.length === 0 || (way !== "auto" && way !== "lan")) return undefined;
    return new Discovery(now, {
      uid,
      targets: lanTargets,
      port: local.lan.port,
      cid: makeCid(entropy),
      lasts: discoverFor,
      tids: this.#tids,
      stages: this.#lanStages,
    });
  }

  #beginCloud(now: Instant): Cloud | undefined {
    const { uid, way, middlemen = [], moreMiddlemen = false, local, entropy } = this.#options;
    const { attempts = DEFAULT_ATTEMPTS, calls = attempts } = this.#options;
    // With nobody to ask, what the LAN says is all there is to say.
    if (middlemen.length === 0 && !moreMiddlemen && this.#discovery !== undefined) return undefined;
    return new Cloud(now, {
      uid,
      way,
      middlemen,
      isComplete: !moreMiddlemen,
      cli: local.cloud,
      attempts,
      calls,
      entropy,
      tids: this.#tids,
      stages: this.#cloudStages,
    });
  }

  #dispatch(now: Instant, via: string, from: Endpoint, datagram: SignalingDatagram): Handled {
    if (this.#keeper !== undefined) {
      const isOwn = via === this.#keeper.contact.via;
      if (!isOwn) return this.#handleLoser(now, via, from, datagram);
      return this.#keeper.handle(now, from, datagram);
    }
    if (via === "cloud") return this.#cloud?.handle(now, from, datagram) ?? "unmatched";
    if (via !== "lan" || this.#discovery === undefined) return "unmatched";
    const { handled, answer } = this.#discovery.handle(now, from, datagram);
    if (answer !== undefined) this.#transmits.push(lanTransmit(from, answer));
    return handled;
  }

  /** The camera came to both branches: it is told that only one of them is needed. */
  #handleLoser(now: Instant, via: string, from: Endpoint, datagram: SignalingDatagram): Handled {
    const loser = this.#loser;
    const { message } = datagram;
    if (loser === undefined || via !== loser.via) return "unmatched";
    if (!("cid" in message && "did" in message) || message.cid !== loser.cid) return "repeated";
    if (loser.farewellsLeft > 0 && message.type !== "D2C_DISC" && this.#isFarewellOver(now)) {
      loser.farewellsLeft -= 1;
      this.#part(now, loser.via, loser.cid, message.did, from);
    }
    return "repeated";
  }

  /** Decides what follows from whatever has happened, and collects what is to be sent. */
  #settle(now: Instant): void {
    if (this.#end === undefined) this.#decide(now);
    const transmits = [
      ...(this.#discovery?.takeTransmits(now) ?? []),
      ...(this.#cloud?.takeTransmits(now) ?? []),
      ...(this.#keeper?.takeTransmits(now) ?? []),
      ...this.#farewells.map((repeat) => repeat.take(now)),
    ];
    for (const transmit of transmits) if (transmit !== undefined) this.#transmits.push(transmit);
    if (this.#end === undefined || this.#isClosed || !this.#isFarewellOver(now)) return;
    this.#isClosed = true;
    this.#events.push({ type: "closed", ...this.#end });
  }

  #decide(now: Instant): void {
    if (this.#keeper !== undefined) {
      if (this.#keeper.end !== undefined) this.#break(now, this.#keeper.end);
      return;
    }
    const found = this.#discovery?.found;
    const contact = this.#cloud?.contact;
    if (found !== undefined) return this.#establishOnLan(now, found);
    if (contact !== undefined) return this.#establishByCloud(now, contact);
    const cloudEnd = this.#cloud?.end;
    // Who is unknown to the cloud is seldom on the LAN, and if so, answers soon.
    if (cloudEnd?.stage === "lookup" && cloudEnd.reason === "unreachable") {
      this.#discovery?.shorten(now, this.#startedAt + VERDICT_AFTER);
    }
    const lanEnd = this.#discovery?.end;
    const isOver = (this.#discovery === undefined || lanEnd !== undefined) &&
      (this.#cloud === undefined || cloudEnd !== undefined);
    const end = isOver ? joinEnds(lanEnd, cloudEnd) : undefined;
    if (end !== undefined) this.#break(now, end);
  }

  #establishOnLan(now: Instant, found: Found): void {
    const cid = this.#discovery?.cid;
    if (cid === undefined) return;
    const { tid, ...rest } = found;
    if (this.#cloud !== undefined) this.#loser = lost("cloud", this.#cloud.cid);
    if (this.#loser !== undefined && this.#partFromCloud(now)) this.#loser.farewellsLeft -= 1;
    this.#establish(now, { contact: { via: "lan", way: "lan", cid, ...rest }, tid });
  }

  #establishByCloud(now: Instant, { confirmed, sid, cid, reg }: CloudContact): void {
    const { conn, peer, did, tid } = confirmed;
    if (this.#discovery !== undefined) this.#loser = lost("lan", this.#discovery.cid);
    const way = conn === "local" ? "lan" : conn;
    this.#establish(now, {
      contact: { via: "cloud", peer, way, conn, cid, did, sid },
      tid,
      register: { reg, tid: this.#tids.next() },
    });
  }

  #establish(now: Instant, options: Omit<KeeperOptions, "wanted">): void {
    this.#letGo(now);
    this.#keeper = new Keeper(now, { ...options, wanted: wantedBy(this.#options.way) });
    this.#events.push({ type: "established", ...options.contact });
  }

  /** Says goodbye to the camera in the name of the cloud branch, if it has come there. */
  #partFromCloud(now: Instant): boolean {
    const heard = this.#cloud?.heard;
    if (this.#cloud === undefined || heard === undefined) return false;
    this.#part(now, "cloud", this.#cloud.cid, heard.did, heard.from);
    return true;
  }

  #part(now: Instant, via: ReolinkSocket, cid: number, did: number, to: Endpoint): void {
    this.#farewells = this.#farewells.filter((repeat) => !repeat.hasEnded(now));
    this.#farewells.push(farewell(now, { via, to, cid, did, tid: this.#tids.next() }));
  }

  #isFarewellOver(now: Instant): boolean {
    return this.#farewells.every((repeat) => repeat.hasEnded(now));
  }

  /** Ends it without a goodbye, as there is nobody to say it to. */
  #break(now: Instant, end: TunnelEnd): void {
    this.#farewells = [];
    this.#finish(now, end);
  }

  #finish(now: Instant, end: TunnelEnd): void {
    this.#end = end;
    this.#letGo(now);
    this.#keeper = undefined;
  }

  #letGo(now: Instant): void {
    this.#lanStages.drop(now);
    this.#cloudStages.drop(now);
    this.#discovery = undefined;
    this.#cloud = undefined;
  }
}

function lost(via: ReolinkSocket, cid: number): Loser {
  return { via, cid, farewellsLeft: MAX_FAREWELLS };
}

function lanTransmit(to: Endpoint, answer: SignalingDatagram): Transmit {
  return { via: "lan", to, bytes: encodeSignaling(answer) };
}
