/**
 * From a serial number to a device that expects us: the requests to the vendor's rendezvous servers
 * that find the device, ask it for a channel, and have a relay agent allotted.
 *
 * Two sockets, and neither may change its port: `device` is the one whose address the device is told
 * and over which it is spoken to later; `agent` is the one for everything that goes to relay server
 * and agent [wire]. What does not depend on each other is asked at the same time.
 *
 * @module
 */

import { formatEndpoint } from "../../endpoint.ts";
import type {
  CloseReason,
  Duration,
  Endpoint,
  Entropy,
  Instant,
  Machine,
  Transmit,
} from "../../machine.ts";
import {
  type AgentAnswer,
  type ChannelAnswer,
  readAgent,
  readChannel,
  readP2pServer,
  readRelayServer,
} from "./answers.ts";
import { explainRefusal, explainSilence, explainUnknown, type StageFailure } from "./failure.ts";
import { Exchange, type Outcome, type SignalingCounters } from "./exchange.ts";
import { formatIdentify } from "./identify.ts";
import type { DhDialect } from "./message.ts";
import { RequestMaker } from "./request_maker.ts";
import { isRelayStage, type Stage } from "./stage.ts";
import type { Question, Transaction } from "./transaction.ts";
import { DEFAULT_ACCOUNT, type DhAccount } from "./wsse.ts";

export interface SignalingOptions {
  readonly serial: string;
  /** The main rendezvous server. */
  readonly server: Endpoint;
  readonly account?: DhAccount;
  readonly dialect?: DhDialect;
  /** Our own addresses with the port of socket `device`; at least one. */
  readonly localCandidates: readonly Endpoint[];
  /** 8 random bytes: our tie-breaker in the checks that follow. */
  readonly identify: Uint8Array;
  readonly entropy: Entropy;
  /** To be added to an instant to get milliseconds since 1970. */
  readonly wallClockOffset: Duration;
  /** Names of the sockets. */
  readonly sockets?: { readonly device: string; readonly agent: string };
  /** How many relay servers to try, as some that are handed out never answer. Default 3. */
  readonly relayAttempts?: number;
}

export type SignalingEvent =
  /** A stage began (`elapsed` 0) or ended; it may begin again. */
  | {
    readonly type: "stage";
    readonly stage: Stage;
    readonly status: "started" | "answered" | "failed";
    readonly elapsed: Duration;
    /** Datagrams sent for it. */
    readonly sends: number;
  }
  /** The device answered. */
  | { readonly type: "channel" } & ChannelAnswer
  /** An agent was allotted; it may be spoken to once `ready` came. */
  | { readonly type: "agent" } & AgentAnswer
  /** The device has come to the agent. */
  | { readonly type: "ready" }
  /** With scope `relay` only the agent is out of reach; with `all` nothing but `closed` follows. */
  | { readonly type: "failed"; readonly scope: "all" | "relay" } & StageFailure
  | { readonly type: "closed"; readonly reason: CloseReason };

/** How long the channel request waits for the P2P server to have heard from the device. */
const PROBE_GRACE: Duration = 2000;

/** How long an unbind may hold up the end. */
const CLOSE_WITHIN: Duration = 1500;

const DEFAULT_SOCKETS = { device: "device", agent: "agent" };

type StageStatus = "started" | "answered" | "failed";

/**
 * Best given every datagram of its two sockets that is neither hole punching nor PTCP, whatever it
 * begins with: it tells a server that answers garbage from one that does not answer.
 */
export class Signaling implements Machine<SignalingEvent> {
  readonly #options: SignalingOptions;
  readonly #sockets: { readonly device: string; readonly agent: string };
  readonly #exchange: Exchange;
  /** Stages begun; those of the relay in its present attempt. */
  readonly #progress = new Map<Stage, StageStatus>();
  readonly #events: SignalingEvent[] = [];
  #state: "open" | "closing" | "closed" = "open";
  #closeReason: CloseReason = "local";
  /** When to end although the unbind is not answered. */
  #closeBy: Instant | undefined;
  /** When to ask for a channel although the P2P server has not answered. */
  #channelBy: Instant | undefined;
  #relayAttempt = 1;
  #relay: Endpoint | undefined;
  #agent: AgentAnswer | undefined;

  /** Throws `RangeError` when an option cannot be put into a request. */
  constructor(now: Instant, options: SignalingOptions) {
    if (!/^[\w-]{1,64}$/.test(options.serial)) {
      throw new RangeError("Cannot signal as a serial number has letters and digits only");
    }
    if (options.localCandidates.length === 0) {
      throw new RangeError("Cannot signal as the device must be told a local address: have none");
    }
    this.#options = options;
    this.#sockets = options.sockets ?? DEFAULT_SOCKETS;
    const { entropy, wallClockOffset, account = DEFAULT_ACCOUNT, dialect = "dh" } = options;
    this.#exchange = new Exchange(
      new RequestMaker({ account, dialect, entropy, wallClockOffset }),
    );
    this.#probeMain(now);
  }

  get counters(): Readonly<SignalingCounters> {
    return this.#exchange.counters;
  }

  handleDatagram(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    if (this.#state === "closed") return;
    this.#onOutcomes(now, this.#exchange.handleDatagram(now, via, from, bytes));
  }

  handleTimeout(now: Instant): void {
    if (this.#closeBy !== undefined && now >= this.#closeBy) this.#finish();
    this.#onOutcomes(now, this.#exchange.handleTimeout(now));
  }

  /**
   * Ends it. Releases the agent if one was allotted, as without that the next attempts are answered
   * late or not at all [impl]; `closed` comes when that is done, after 1.5 s at the latest.
   */
  unbind(now: Instant): void {
    if (this.#state === "open") this.#close(now, "local");
  }

  pollTransmit(): Transmit | undefined {
    return this.#exchange.pollTransmit();
  }

  pollEvent(): SignalingEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    const instants = [this.#exchange.pollTimeout(), this.#closeBy, this.#channelBy]
      .filter((instant) => instant !== undefined);
    return instants.length === 0 ? undefined : Math.min(...instants);
  }

  #onOutcomes(now: Instant, outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      if (this.#state !== "closed") this.#onOutcome(now, outcome);
    }
    this.#advance(now);
  }

  #onOutcome(now: Instant, outcome: Outcome): void {
    const { transaction } = outcome;
    const { stage } = transaction.question;
    this.#report(now, transaction, outcome.type === "answered" ? "answered" : "failed");
    if (outcome.type === "answered") return outcome.act(now);
    if (stage === "unbind") return this.#finish();
    // Only authentication needs it, which has defaults [impl].
    if (stage === "device-info") return;
    if (outcome.type === "refused") {
      return this.#fail(now, explainRefusal(stage, outcome.response));
    }
    // The main server may reach the device although its P2P server does not reach us.
    if (stage !== "device-probe") this.#fail(now, explainSilence(now, transaction));
  }

  /** Begins what has become possible. */
  #advance(now: Instant): void {
    if (this.#state !== "open") return;
    if (this.#channelBy !== undefined && (this.#isProbed() || now >= this.#channelBy)) {
      this.#channelBy = undefined;
      this.#askForChannel(now);
    }
    const hasBegun = (stage: Stage) => this.#progress.has(stage);
    const isAnswered = (stage: Stage) => this.#progress.get(stage) === "answered";
    // The device takes its time to answer: the channel is asked for before an agent is.
    if (this.#relay !== undefined && hasBegun("channel") && !hasBegun("relay-agent")) {
      this.#askForAgent(now, this.#relay);
    }
    const isReady = isAnswered("relay-start") && isAnswered("channel");
    if (this.#agent !== undefined && isReady && !hasBegun("relay-channel")) {
      this.#askForRelayChannel(now, this.#agent);
    }
  }

  #isProbed(): boolean {
    const probe = this.#progress.get("device-probe");
    return probe === "answered" || probe === "failed";
  }

  #probeMain(now: Instant): void {
    this.#askMain(now, {
      stage: "main-probe",
      path: "/probe/p2psrv",
      read: () => (now) => this.#locate(now),
    });
  }

  #locate(now: Instant): void {
    this.#askMain(now, {
      stage: "locate",
      path: `/online/p2psrv/${this.#options.serial}`,
      read: (body) => {
        const server = readP2pServer(body);
        if (server === undefined) return (now) => this.#fail(now, explainUnknown());
        return (now) => this.#onLocated(now, server);
      },
    });
  }

  #onLocated(now: Instant, server: Endpoint): void {
    const { serial } = this.#options;
    const common = { via: this.#sockets.agent, to: server, read: () => () => {} };
    this.#ask(now, { ...common, stage: "device-probe", path: `/probe/device/${serial}` });
    this.#ask(now, { ...common, stage: "device-info", path: `/info/device/${serial}` });
    this.#lookUpRelay(now);
    this.#channelBy = now + PROBE_GRACE;
  }

  #lookUpRelay(now: Instant): void {
    this.#askMain(now, {
      stage: "relay-lookup",
      path: "/online/relay",
      read: (body) => {
        const relay = readRelayServer(body);
        return () => this.#relay = relay;
      },
    });
  }

  #askForChannel(now: Instant): void {
    const { serial, identify, localCandidates } = this.#options;
    this.#askMain(now, {
      stage: "channel",
      path: `/device/${serial}/p2p-channel`,
      fields: [
        ["Identify", formatIdentify(identify)],
        ["IpEncrpt", "true"], // true although the address is in clear [wire]
        ["LocalAddr", localCandidates.map(formatEndpoint).join(",")],
        ["version", "5.0.0"],
      ],
      read: (body) => {
        const answer = readChannel(body);
        return () => this.#events.push({ type: "channel", ...answer });
      },
    });
  }

  #askForAgent(now: Instant, relay: Endpoint): void {
    this.#ask(now, {
      stage: "relay-agent",
      via: this.#sockets.agent,
      to: relay,
      path: "/relay/agent",
      read: (body) => {
        const answer = readAgent(body);
        return (now) => this.#onAgent(now, answer);
      },
    });
  }

  #onAgent(now: Instant, answer: AgentAnswer): void {
    this.#agent = answer;
    if (this.#state === "closing") return this.#release(now);
    this.#events.push({ type: "agent", ...answer });
    this.#ask(now, {
      stage: "relay-start",
      via: this.#sockets.agent,
      to: answer.agent,
      path: `/relay/start/${answer.token}`,
      fields: [["Client", ":0"]],
      read: () => () => {},
    });
  }

  #askForRelayChannel(now: Instant, { agent }: AgentAnswer): void {
    this.#ask(now, {
      stage: "relay-channel",
      via: this.#sockets.agent,
      to: this.#options.server,
      answerer: agent, // with the notice that the device has come [wire]
      path: `/device/${this.#options.serial}/relay-channel`,
      fields: [["agentAddr", formatEndpoint(agent)]],
      read: () => () => this.#events.push({ type: "ready" }),
    });
  }

  #askToUnbind(now: Instant, relay: Endpoint, { token }: AgentAnswer): void {
    this.#ask(now, {
      stage: "unbind",
      via: this.#sockets.agent,
      to: relay,
      path: `/relay/unbind/${token}`,
      read: () => () => this.#finish(),
    });
  }

  #askMain(now: Instant, question: Omit<Question, "via" | "to">): void {
    this.#ask(now, { ...question, via: this.#sockets.device, to: this.#options.server });
  }

  #ask(now: Instant, question: Question): void {
    this.#report(now, this.#exchange.ask(now, question), "started");
  }

  #fail(now: Instant, failure: StageFailure): void {
    if (this.#state !== "open") return;
    const { stage } = failure;
    if (!isRelayStage(stage)) {
      this.#events.push({ type: "failed", scope: "all", ...failure });
      return this.#close(now, failure.reason);
    }
    const attempts = this.#options.relayAttempts ?? 3;
    const isServerAtFault = stage === "relay-agent" || stage === "relay-start";
    if (isServerAtFault && this.#relayAttempt < attempts) return this.#retryRelay(now);
    this.#events.push({ type: "failed", scope: "relay", ...failure });
  }

  /** As in the vendor's library: the lookup may hand out another server. */
  #retryRelay(now: Instant): void {
    if (this.#relay !== undefined && this.#agent !== undefined) {
      this.#askToUnbind(now, this.#relay, this.#agent);
    }
    this.#relayAttempt += 1;
    this.#relay = undefined;
    this.#agent = undefined;
    for (const stage of this.#progress.keys()) {
      if (isRelayStage(stage)) this.#progress.delete(stage);
    }
    this.#lookUpRelay(now);
  }

  #close(now: Instant, reason: CloseReason): void {
    this.#state = "closing";
    this.#closeReason = reason;
    this.#closeBy = now + CLOSE_WITHIN;
    this.#channelBy = undefined;
    this.#exchange.dropAllBut("relay-agent");
    // An agent that is just being allotted is released as soon as its token is known.
    if (!this.#exchange.isPending("relay-agent")) this.#release(now);
  }

  #release(now: Instant): void {
    if (this.#relay === undefined || this.#agent === undefined) return this.#finish();
    this.#askToUnbind(now, this.#relay, this.#agent);
  }

  #finish(): void {
    if (this.#state !== "closing") return;
    this.#state = "closed";
    this.#closeBy = undefined;
    this.#exchange.dropAllBut(undefined);
    this.#events.push({ type: "closed", reason: this.#closeReason });
  }

  #report(now: Instant, transaction: Transaction, status: StageStatus): void {
    const { stage } = transaction.question;
    this.#progress.set(stage, status);
    const { sends } = transaction;
    this.#events.push({ type: "stage", stage, status, elapsed: transaction.elapsed(now), sends });
  }
}
