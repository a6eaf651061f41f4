import type { Endpoint, Instant } from "../../machine.ts";
import { type AgentAnswer, readAgent, readRelayServer } from "./answers.ts";
import type { Stage } from "./stage.ts";
import type { Question } from "./transaction.ts";

/** What an allocation needs of the signaling it is part of. */
export interface RelayHost {
  /** Asks the main server from the socket it knows us by. */
  readonly askMain: (now: Instant, question: Omit<Question, "via" | "to">) => void;
  /** Asks from the socket that the agent is to know. */
  readonly ask: (now: Instant, question: Omit<Question, "via">) => void;
  readonly isPending: (stage: Stage) => boolean;
  readonly giveUp: (stage: Stage) => void;
  readonly onAllotted: (answer: AgentAnswer) => void;
  /** Nothing is held any more, once `close` was called. */
  readonly onReleased: () => void;
}

/**
 * - `idle`: nothing asked yet
 * - `finding`: which relay server?
 * - `found`: one is known, and asked for an agent as soon as the channel was asked for
 * - `allotting`, `starting`, `ready`: the agent
 * - `failed`: no further attempt
 * - `closing`: what is held is given back
 */
type Step =
  | "idle"
  | "finding"
  | "found"
  | "allotting"
  | "starting"
  | "ready"
  | "failed"
  | "closing";

interface Allocation extends AgentAnswer {
  /** Who allotted it, and wants it back. */
  readonly relay: Endpoint;
}

/**
 * A relay agent of our own: found, allotted, started, and given back whatever happens, as without
 * that the next attempts are answered late or not at all [impl].
 */
export class RelayAllocation {
  readonly #host: RelayHost;
  readonly #maxAttempts: number;
  #attempts = 1;
  #step: Step = "idle";
  #relay: Endpoint | undefined;
  #allocation: Allocation | undefined;

  /** @param maxAttempts How many relay servers to try. */
  constructor(host: RelayHost, maxAttempts: number) {
    this.#host = host;
    this.#maxAttempts = maxAttempts;
  }

  /** The agent, once it is ready for us. */
  get agent(): Endpoint | undefined {
    return this.#step === "ready" ? this.#allocation?.agent : undefined;
  }

  find(now: Instant): void {
    this.#step = "finding";
    this.#host.askMain(now, {
      stage: "relay-lookup",
      path: "/online/relay",
      read: (body) => {
        const relay = readRelayServer(body);
        return () => {
          this.#relay = relay;
          this.#step = "found";
        };
      },
    });
  }

  /** Has an agent allotted if a server for that has been found. */
  allot(now: Instant): void {
    const relay = this.#relay;
    if (this.#step !== "found" || relay === undefined) return;
    this.#step = "allotting";
    const readAllocation = (body: string) => ({ relay, ...readAgent(body) });
    this.#host.ask(now, {
      stage: "relay-agent",
      to: relay,
      path: "/relay/agent",
      read: (body) => {
        const allocation = readAllocation(body);
        return (now) => this.#onAllotted(now, allocation);
      },
      readLate: (body) => {
        const allocation = readAllocation(body);
        return (now) => this.#onAllottedLate(now, allocation);
      },
    });
  }

  /** Starts over after the failure of a stage, or returns false when that makes no sense. */
  retry(now: Instant, failed: Stage): boolean {
    const isServerAtFault = failed === "relay-agent" || failed === "relay-start";
    if (!isServerAtFault || this.#attempts >= this.#maxAttempts) {
      this.#step = "failed";
      return false;
    }
    if (this.#allocation !== undefined) this.#unbind(now, this.#allocation);
    this.#attempts += 1;
    this.#relay = undefined;
    this.#allocation = undefined;
    // As in the vendor's library: the lookup may hand out another server.
    this.find(now);
    return true;
  }

  /** Gives the agent back; one that is just being allotted, as soon as its token is known. */
  close(now: Instant): void {
    this.#step = "closing";
    if (!this.#host.isPending("relay-agent")) this.#release(now);
  }

  #onAllotted(now: Instant, allocation: Allocation): void {
    this.#allocation = allocation;
    if (this.#step === "closing") return this.#release(now);
    const { agent, token } = allocation;
    this.#host.onAllotted({ agent, token });
    this.#step = "starting";
    this.#host.ask(now, {
      stage: "relay-start",
      to: agent,
      path: `/relay/start/${token}`,
      fields: () => [["Client", ":0"]],
      read: () => () => {
        this.#step = "ready";
      },
    });
  }

  /** A slow server's agent is as good as any, as long as there is no other. */
  #onAllottedLate(now: Instant, allocation: Allocation): void {
    if (allocation.token === this.#allocation?.token) return;
    const isSeeking = this.#step === "finding" || this.#step === "found" ||
      this.#step === "allotting";
    if (!isSeeking) return this.#unbind(now, allocation);
    this.#host.giveUp("relay-lookup");
    this.#host.giveUp("relay-agent");
    this.#onAllotted(now, allocation);
  }

  #release(now: Instant): void {
    if (this.#allocation === undefined) return this.#host.onReleased();
    this.#unbind(now, this.#allocation);
  }

  #unbind(now: Instant, { relay, token }: Allocation): void {
    this.#host.ask(now, {
      stage: "unbind",
      to: relay,
      path: `/relay/unbind/${token}`,
      read: () => () => {
        if (this.#step === "closing") this.#host.onReleased();
      },
    });
  }
}
