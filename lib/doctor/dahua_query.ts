import { readP2pServer } from "../dahua/signaling/answers.ts";
import { Exchange, type Outcome } from "../dahua/signaling/exchange.ts";
import { explainRefusal, explainSilence, explainUnknown } from "../dahua/signaling/failure.ts";
import { RequestMaker } from "../dahua/signaling/request_maker.ts";
import { DEFAULT_ACCOUNT } from "../dahua/signaling/wsse.ts";
import type { DhDialect } from "../dahua/signaling/message.ts";
import type { Duration, Endpoint, Entropy, Instant, Machine, Transmit } from "../machine.ts";
import { outcomeOf, type QueryEvent, type QueryOutcome } from "./query.ts";

export interface DahuaQueryOptions {
  readonly serial: string;
  /** The main rendezvous server. */
  readonly server: Endpoint;
  readonly dialect: DhDialect;
  /** Name of the socket. */
  readonly via: string;
  readonly entropy: Entropy;
  /** To be added to an instant to get milliseconds since 1970. */
  readonly wallClockOffset: Duration;
}

/** Asks a rendezvous server which P2P server looks after a device: the device itself hears nothing. */
export class DahuaQuery implements Machine<QueryEvent> {
  readonly #exchange: Exchange;
  readonly #events: QueryEvent[] = [];

  constructor(now: Instant, options: DahuaQueryOptions) {
    const { serial, server, dialect, via, entropy, wallClockOffset } = options;
    this.#exchange = new Exchange(
      new RequestMaker({ account: DEFAULT_ACCOUNT, dialect, entropy, wallClockOffset }),
    );
    this.#exchange.ask(now, {
      stage: "locate",
      via,
      to: server,
      path: `/online/p2psrv/${serial}`,
      read: (body) => {
        const isKnown = readP2pServer(body) !== undefined;
        return () => this.#close(isKnown ? { type: "online" } : outcomeOf(explainUnknown()));
      },
    });
  }

  handleDatagram(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    this.#handle(now, this.#exchange.handleDatagram(now, via, from, bytes));
  }

  handleTimeout(now: Instant): void {
    this.#handle(now, this.#exchange.handleTimeout(now));
  }

  pollTransmit(): Transmit | undefined {
    return this.#exchange.pollTransmit();
  }

  pollEvent(): QueryEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    return this.#exchange.pollTimeout();
  }

  #handle(now: Instant, outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      switch (outcome.type) {
        case "answered":
        case "late":
          outcome.act(now);
          break;
        case "silent":
          this.#close(outcomeOf(explainSilence(now, outcome.transaction)));
          break;
        case "refused":
          this.#close(outcomeOf(explainRefusal("locate", outcome.response)));
      }
    }
  }

  #close(outcome: QueryOutcome): void {
    this.#events.push({ type: "closed", outcome });
  }
}
