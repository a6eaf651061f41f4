import { toHex } from "../../bytes/bytes.ts";
import { sameEndpoint } from "../../endpoint.ts";
import type { DhResponse } from "../../dahua/signaling/message.ts";
import type { Duration, Endpoint, Entropy, Instant } from "../../machine.ts";
import { AgentSession } from "./agent_session.ts";
import type { Backstage, BackstageMessage } from "./backstage.ts";

/** How long an allocation may carry nothing before somebody else may have it. */
const ALLOCATION_LIFETIME: Duration = 60_000;

/** Signs are 4 bytes in every capture. */
const SIGN_LENGTH = 4;

const TOKEN_LENGTH = 8;

export interface AgentOptions {
  /** Sockets by name. Each carries one allocation at a time, so their number is the cap. */
  readonly sockets: ReadonlyMap<string, Endpoint>;
  readonly entropy: Entropy;
  /** Where its streams begin. */
  readonly initialSeq: number;
  /** It resets a client and its device this long after the client came. */
  readonly resetAfter: Duration | undefined;
  /** It forgets a client this long after that came, without a word. */
  readonly forgetAfter: Duration | undefined;
  readonly toDevice: (via: string, at: Endpoint, message: BackstageMessage) => void;
  readonly toClient: (now: Instant, via: string, at: Endpoint, response: DhResponse) => void;
  readonly sendPtcp: (now: Instant, via: string, to: Endpoint, bytes: Uint8Array) => void;
}

/** One client's use of one socket of the agent. */
interface Allocation {
  readonly via: string;
  readonly token: string;
  /** The request that it answered: the same request again gets the same allocation. */
  readonly requestKey: string;
  readonly sign: Uint8Array;
  readonly session: AgentSession;
  lastUsed: Instant;
  client: Endpoint | undefined;
  resetAt: Instant;
  forgetAt: Instant;
  attached: { readonly device: Endpoint; readonly id: number; readonly cseq: number } | undefined;
  /** The attachment the client was told of. */
  noticed: number | undefined;
}

/**
 * The relay agent and the relay server's book of it: hands out sockets, issues signs, tells clients
 * when their device has come, and carries relayed sessions.
 *
 * Each allocation has a socket of its own, so the agent's address alone says which allocation a
 * device attaches to, as in the client's `relay-channel` request.
 */
export class Agent {
  readonly #options: AgentOptions;
  readonly #allocations = new Map<string, Allocation>();

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  /** Allocations in use. */
  get size(): number {
    return this.#allocations.size;
  }

  /** A token and the endpoint it is good for, or `undefined` when every socket is taken. */
  allocate(
    now: Instant,
    requestKey: string,
  ): { readonly token: string; readonly at: Endpoint } | undefined {
    for (const [via, at] of this.#options.sockets) {
      const { requestKey: key, token } = this.#allocations.get(via) ?? {};
      if (token !== undefined && key === requestKey) return { token, at };
    }
    for (const [via, at] of this.#options.sockets) {
      const old = this.#allocations.get(via);
      if (old !== undefined && now - old.lastUsed < ALLOCATION_LIFETIME) continue;
      if (old !== undefined) this.#end(now, old);
      return { token: this.#create(now, via, requestKey).token, at };
    }
    return undefined;
  }

  /** Allocations out and in use, but for the one that answered this request. */
  held(now: Instant, requestKey: string): number {
    return [...this.#allocations.values()].filter((allocation) => {
      return allocation.requestKey !== requestKey &&
        now - allocation.lastUsed < ALLOCATION_LIFETIME;
    }).length;
  }

  /** Ends an allocation. False when there is none of this token. */
  release(now: Instant, token: string): boolean {
    const allocation = this.#find(token);
    if (allocation === undefined) return false;
    this.#end(now, allocation);
    return true;
  }

  /** The client shows where it is. False when the token is not good for this socket. */
  start(now: Instant, via: string, client: Endpoint, token: string): boolean {
    const allocation = this.#find(token);
    if (allocation === undefined || allocation.via !== via) return false;
    if (allocation.client === undefined) {
      const { resetAfter = Infinity, forgetAfter = Infinity } = this.#options;
      allocation.resetAt = now + resetAfter;
      allocation.forgetAt = now + forgetAfter;
    }
    allocation.client = client;
    allocation.lastUsed = now;
    this.#notice(now, allocation);
    return true;
  }

  /** A device shows where it is and gets to know the sign. */
  attach(now: Instant, via: string, device: Endpoint, { id, cseq }: Backstage<"attach">): void {
    const allocation = this.#allocations.get(via);
    if (allocation === undefined) return;
    allocation.attached = { device, id, cseq };
    allocation.lastUsed = now;
    this.#options.toDevice(via, device, { type: "attached", id, sign: toHex(allocation.sign) });
    this.#notice(now, allocation);
  }

  handlePtcp(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    const allocation = this.#allocations.get(via);
    if (allocation === undefined) return;
    const { client, attached, session } = allocation;
    if (client !== undefined && sameEndpoint(client, from)) session.handleClient(now, bytes);
    else if (attached !== undefined && sameEndpoint(attached.device, from)) {
      session.handleDevice(now, bytes);
    } else return;
    allocation.lastUsed = now;
    this.#flush(now, allocation);
  }

  handleTimeout(now: Instant): void {
    for (const allocation of [...this.#allocations.values()]) {
      allocation.session.handleTimeout(now);
      this.#flush(now, allocation);
      if (allocation.resetAt <= now) this.#end(now, allocation);
      else if (allocation.forgetAt <= now) this.#allocations.delete(allocation.via);
    }
  }

  pollTimeout(): Instant | undefined {
    let earliest = Infinity;
    for (const { session, resetAt, forgetAt } of this.#allocations.values()) {
      earliest = Math.min(earliest, session.pollTimeout() ?? Infinity, resetAt, forgetAt);
    }
    return earliest === Infinity ? undefined : earliest;
  }

  #create(now: Instant, via: string, requestKey: string): Allocation {
    const sign = this.#options.entropy(SIGN_LENGTH);
    const allocation: Allocation = {
      via,
      token: toHex(this.#options.entropy(TOKEN_LENGTH)),
      requestKey,
      sign,
      session: new AgentSession(sign, this.#options.initialSeq),
      lastUsed: now,
      client: undefined,
      resetAt: Infinity,
      forgetAt: Infinity,
      attached: undefined,
      noticed: undefined,
    };
    this.#allocations.set(via, allocation);
    return allocation;
  }

  #end(now: Instant, allocation: Allocation): void {
    allocation.session.reset(now);
    this.#flush(now, allocation);
    this.#allocations.delete(allocation.via);
  }

  #find(token: string): Allocation | undefined {
    for (const allocation of this.#allocations.values()) {
      if (allocation.token === token) return allocation;
    }
    return undefined;
  }

  /** Tells the client, once for each of its requests, that the device has come. */
  #notice(now: Instant, allocation: Allocation): void {
    const { via, client, attached } = allocation;
    if (client === undefined || attached === undefined) return;
    if (allocation.noticed === attached.id) return;
    allocation.noticed = attached.id;
    // The agent answers the request that the client sent to the main server [wire].
    this.#options.toClient(now, via, client, {
      code: 200,
      reason: "Server Nat Info!",
      cseq: attached.cseq,
      headers: new Map(),
      body: "",
    });
  }

  #flush(now: Instant, { via, client, attached, session }: Allocation): void {
    for (let sent = session.pollTransmit(); sent !== undefined; sent = session.pollTransmit()) {
      const to = sent.to === "client" ? client : attached?.device;
      if (to !== undefined) this.#options.sendPtcp(now, via, to, sent.bytes);
    }
  }
}
