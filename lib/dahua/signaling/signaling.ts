/**
 * From a serial number to a device that expects us: the requests to the vendor's rendezvous servers
 * that find the device, ask it for a channel, and have a relay agent allotted.
 *
 * Two sockets, and neither may change its port: `device` is the one whose address the device is told
 * and over which it is spoken to later; `agent` is the one for everything that goes to relay server
 * and agent [wire]. Requests that do not depend on each other go out together.
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
import { earliest } from "../../timers.ts";
import { type AgentAnswer, type ChannelAnswer, readChannel, readP2pServer } from "./answers.ts";
import type { Field } from "./body.ts";
import { type DeviceAccount, DeviceLogin } from "./device_auth.ts";
import { defaultSalt, type DeviceSalt, readSalt, UNREADABLE } from "./device_info.ts";
import {
  explainDenial,
  explainRefusal,
  explainSilence,
  explainUnknown,
  type StageFailure,
} from "./failure.ts";
import { Exchange, type Outcome, type SignalingCounters } from "./exchange.ts";
import { formatIdentify } from "./identify.ts";
import type { DhDialect, DhResponse } from "./message.ts";
import { RelayAllocation } from "./relay_allocation.ts";
import { RequestMaker } from "./request_maker.ts";
import { isRelayStage, type Stage } from "./stage.ts";
import type { Question, Transaction } from "./transaction.ts";
import { DEFAULT_ACCOUNT, type DhAccount, nonceFrom } from "./wsse.ts";

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
  /** An account of the device, for firmware that opens no channel without. */
  readonly credentials?: DeviceAccount;
  /** Names of the sockets. */
  readonly sockets?: { readonly device: string; readonly agent: string };
  /** How many relay servers to try, as some that are handed out never answer. Default 3. */
  readonly relayAttempts?: number;
}

export type SignalingEvent =
  /**
   * A stage began (`elapsed` 0) or ended; it may begin again. `channel` is also answered by a device
   * that wants authentication, if that can be had: `authenticate` follows.
   */
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
  readonly #relay: RelayAllocation;
  readonly #progress = new Map<Stage, StageStatus>();
  readonly #events: SignalingEvent[] = [];
  #state: "open" | "closing" | "closed" = "open";
  #closeReason: CloseReason = "local";
  /** When to end although the unbind is not answered. */
  #closeBy: Instant | undefined;
  /** When to ask for a channel although the P2P server has not answered. */
  #channelBy: Instant | undefined;
  #salt: DeviceSalt = defaultSalt("the P2P server was not asked");
  /** The device wants authentication, which waits for its salt. */
  #isLoginDue = false;
  #login: DeviceLogin | undefined;
  #isGranted = false;

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
    this.#relay = new RelayAllocation({
      askMain: (now, question) => this.#askMain(now, question),
      ask: (now, question) => this.#ask(now, { ...question, via: this.#sockets.agent }),
      isPending: (stage) => this.#exchange.isPending(stage),
      giveUp: (stage) => this.#exchange.giveUp(stage),
      onAllotted: (answer) => this.#events.push({ type: "agent", ...answer }),
      onReleased: () => this.#finish(),
    }, options.relayAttempts ?? 3);
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
    return earliest(this.#exchange.pollTimeout(), this.#closeBy, this.#channelBy);
  }

  #onOutcomes(now: Instant, outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      if (this.#state !== "closed") this.#onOutcome(now, outcome);
    }
    this.#advance(now);
  }

  #onOutcome(now: Instant, outcome: Outcome): void {
    const { transaction } = outcome;
    const isCallForLogin = outcome.type === "refused" && this.#isCallForLogin(outcome);
    const isBad = outcome.type === "silent" || (outcome.type === "refused" && !isCallForLogin);
    this.#report(now, transaction, isBad ? "failed" : "answered");
    switch (outcome.type) {
      case "answered":
      case "late":
        return outcome.act(now);
      case "silent":
        return this.#onSilence(now, transaction);
      case "refused":
        if (isCallForLogin) this.#isLoginDue = true;
        else this.#onRefusal(now, transaction.question.stage, outcome.response);
    }
  }

  #onSilence(now: Instant, transaction: Transaction): void {
    switch (transaction.question.stage) {
      case "unbind":
        return this.#finish();
      case "device-info":
        this.#salt = defaultSalt(transaction.garbage > 0 ? UNREADABLE : "the P2P server is silent");
        return;
      case "device-probe":
        return; // The main server may reach the device although its P2P server does not reach us.
      default:
        this.#fail(now, explainSilence(now, transaction));
    }
  }

  #onRefusal(now: Instant, stage: Stage, response: DhResponse): void {
    switch (stage) {
      case "unbind":
        return this.#finish();
      case "device-info":
        this.#salt = defaultSalt(`the P2P server answered ${response.code}`);
        return;
      case "authenticate":
        return this.#fail(now, explainDenial(response, this.#salt));
      default:
        this.#fail(now, explainRefusal(stage, response, this.#login !== undefined));
    }
  }

  /**
   * Every device is asked without authentication first: what older firmware makes of it is not known,
   * and most users give credentials, since the camera's RTSP wants them. It costs newer firmware one
   * round trip and no account: a request without proof is no wrong password.
   */
  #isCallForLogin({ transaction, response }: Extract<Outcome, { type: "refused" }>): boolean {
    const { credentials } = this.#options;
    return transaction.question.stage === "channel" && response.code === 403 &&
      credentials !== undefined;
  }

  /** Begins what has become possible. */
  #advance(now: Instant): void {
    if (this.#state !== "open") return;
    if (this.#channelBy !== undefined && (this.#isProbed() || now >= this.#channelBy)) {
      this.#channelBy = undefined;
      this.#askForChannel(now);
    }
    if (this.#isLoginDue && !this.#exchange.isPending("device-info")) {
      this.#isLoginDue = false;
      this.#authenticate(now);
    }
    // The device takes its time to answer: the channel is asked for before an agent is.
    if (this.#progress.has("channel")) this.#relay.allot(now);
    const { agent } = this.#relay;
    if (agent !== undefined && this.#isGranted && !this.#progress.has("relay-channel")) {
      this.#askForRelayChannel(now, agent);
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
    const common = { via: this.#sockets.agent, to: server };
    this.#ask(now, {
      ...common,
      stage: "device-probe",
      path: `/probe/device/${serial}`,
      read: () => () => {},
    });
    this.#ask(now, {
      ...common,
      stage: "device-info",
      path: `/info/device/${serial}`,
      read: (body) => {
        const salt = readSalt(body);
        return () => {
          this.#salt = salt;
        };
      },
    });
    this.#relay.find(now);
    this.#channelBy = now + PROBE_GRACE;
  }

  #askForChannel(now: Instant): void {
    this.#askMain(now, {
      stage: "channel",
      path: this.#channelPath(),
      // True although the address is in clear [wire].
      fields: () => this.#channelFields(["IpEncrpt", "true"], this.#localAddresses()),
      read: (body) => {
        const answer = readChannel(body);
        return () => this.#onChannel(answer);
      },
    });
  }

  /** Asks once more, and only once whatever the answer is: devices lock accounts. */
  #authenticate(now: Instant): void {
    const { credentials, entropy } = this.#options;
    if (credentials === undefined) return;
    const login = new DeviceLogin(credentials, this.#salt.value, nonceFrom(entropy(4)));
    const sealed = login.seal(this.#localAddresses());
    this.#askMain(now, {
      stage: "authenticate",
      path: this.#channelPath(),
      fields: (unixTime) => [
        ...login.prove(unixTime, sealed),
        ...this.#channelFields(["IpEncrptV2", "true"], sealed),
      ],
      read: (body) => {
        const answer = readChannel(body, (nonce, address) => login.open(nonce, address));
        return () => {
          login.adoptNonce(answer.nonce);
          this.#login = login;
          this.#onChannel(answer);
        };
      },
    });
  }

  #onChannel(answer: ChannelAnswer): void {
    this.#isGranted = true;
    this.#events.push({ type: "channel", ...answer });
  }

  #channelPath(): string {
    return `/device/${this.#options.serial}/p2p-channel`;
  }

  #channelFields(encryption: Field, localAddr: string): readonly Field[] {
    const identify = formatIdentify(this.#options.identify);
    return [["Identify", identify], encryption, ["LocalAddr", localAddr], ["version", "5.0.0"]];
  }

  #localAddresses(): string {
    return this.#options.localCandidates.map(formatEndpoint).join(",");
  }

  #askForRelayChannel(now: Instant, agent: Endpoint): void {
    const login = this.#login;
    this.#ask(now, {
      stage: "relay-channel",
      via: this.#sockets.agent,
      to: this.#options.server,
      answerer: agent, // with the notice that the device has come [wire]
      path: `/device/${this.#options.serial}/relay-channel`,
      fields: (unixTime) => [
        ...(login?.prove(unixTime) ?? []),
        ["agentAddr", formatEndpoint(agent)],
      ],
      read: () => () => this.#events.push({ type: "ready" }),
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
    if (!this.#relay.retry(now, stage)) {
      this.#events.push({ type: "failed", scope: "relay", ...failure });
    }
  }

  #close(now: Instant, reason: CloseReason): void {
    this.#state = "closing";
    this.#closeReason = reason;
    this.#closeBy = now + CLOSE_WITHIN;
    this.#channelBy = undefined;
    this.#exchange.dropAllBut("relay-agent");
    this.#relay.close(now);
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
