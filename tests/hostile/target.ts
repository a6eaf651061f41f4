import type { Endpoint, Entropy, Instant, Machine } from "../../lib/machine.ts";

/** Anything that takes bytes of a peer. */
export type Target = DecoderTarget | MachineTarget | ConversationTarget;

/** A pure function: may throw `DecodeError` and nothing else. */
export interface DecoderTarget {
  readonly type: "decoder";
  readonly name: string;
  /** Good inputs to start from. */
  readonly seeds: readonly Uint8Array[];
  readonly decode: (bytes: Uint8Array) => unknown;
}

/** A state machine: may throw nothing at all. */
export interface MachineTarget {
  readonly type: "machine";
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  /** A new one; it may already have been brought to where inputs are most telling. */
  readonly make: (now: Instant, entropy: Entropy) => Victim;
}

/** Makes a datagram worse, or leaves it as it is. */
export type Tamper = (bytes: Uint8Array) => Uint8Array;

/** Machines that talk to each other while somebody on the way tampers: reaches their later states. */
export interface ConversationTarget {
  readonly type: "conversation";
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  /** Holds one conversation to its end, every datagram passed through `tamper`. Must not throw. */
  readonly hold: (seed: number, tamper: Tamper) => void;
}

/** A machine under attack, reduced to what an attacker and a clock can do to it. */
export interface Victim {
  readonly closed: boolean;
  handleDatagram(now: Instant, bytes: Uint8Array): void;
  handleTimeout(now: Instant): void;
  pollTimeout(): Instant | undefined;
  /** Takes one thing it has to send or to tell; false when there is nothing. */
  pollOutput(now: Instant): boolean;
}

/** A socket of the machine, and who writes to it. */
export interface Source {
  readonly via: string;
  readonly from: Endpoint;
}

/** Puts a machine of the contract under attack, from all `sources` in turn. */
export function victimOf<Event extends { readonly type: string }>(
  machine: Machine<Event>,
  sources: readonly [Source, ...Source[]],
  onEvent: (now: Instant, event: Event) => void = () => {},
): Victim {
  let closed = false;
  let turn = 0;
  return {
    get closed() {
      return closed;
    },
    handleDatagram(now, bytes) {
      const { via, from } = sources[turn++ % sources.length] ?? sources[0];
      machine.handleDatagram(now, via, from, bytes);
    },
    handleTimeout: (now) => machine.handleTimeout(now),
    pollTimeout: () => machine.pollTimeout(),
    pollOutput(now) {
      if (machine.pollTransmit() !== undefined) return true;
      const event = machine.pollEvent();
      if (event === undefined) return false;
      closed ||= event.type === "closed";
      onEvent(now, event);
      return true;
    },
  };
}

/** The same machine, but every datagram for it passes through `tamper`. */
export function liedTo<Event>(machine: Machine<Event>, tamper: Tamper): Machine<Event> {
  return {
    handleDatagram: (now, via, from, bytes) => {
      machine.handleDatagram(now, via, from, tamper(bytes));
    },
    handleTimeout: (now) => machine.handleTimeout(now),
    pollTransmit: () => machine.pollTransmit(),
    pollEvent: () => machine.pollEvent(),
    pollTimeout: () => machine.pollTimeout(),
  };
}
