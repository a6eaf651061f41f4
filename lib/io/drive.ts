/**
 * The one loop that pumps a machine with real sockets and a real clock.
 *
 * Every datagram, timeout and command is one mutation, and after each everything the machine has
 * is taken: datagrams are sent at once, events queue up for the application, the timer is set.
 *
 * @module
 */

import type { Endpoint, Instant, Machine, Transmit } from "../machine.ts";
import type { Clock, UdpSocket } from "./types.ts";
import { WakeTimer } from "./wake_timer.ts";

/** What a driven machine is connected to. */
export interface DriveOptions<Event> {
  /** The local sockets, by the names the machine knows them by. The driver closes them. */
  readonly sockets: ReadonlyMap<string, UdpSocket>;
  readonly clock: Clock;
  /** Takes one event. It may call `command()` and `close()`, and is never called inside them. */
  readonly onEvent: (event: Event) => void;
  /**
   * The machine or `onEvent` threw, which is a bug of ours. Everything is closed by then. Called
   * once at most.
   */
  readonly onError: (error: unknown) => void;
}

/** A machine being pumped. */
export interface Driver<M> {
  readonly closed: boolean;
  /**
   * Changes the machine and sends what it has to send; its events come once the caller is done.
   * Throws what `mutate` throws, which ends the driver, and when the driver is closed.
   */
  command<T>(mutate: (machine: M, now: Instant) => T): T;
  /** Forgets the timer and closes the sockets. No event comes any more. Harmless when closed. */
  close(): void;
}

/** Starts to pump `machine`. What it has to say already is taken once the caller is done. */
export function drive<Event, M extends Machine<Event>>(
  machine: M & Machine<Event>,
  options: DriveOptions<Event>,
): Driver<M> {
  return new MachineDriver<Event, M>(machine, options);
}

/**
 * How many events that came of handling other events are handled before the event loop has a turn.
 * Without a limit, an application that answers each event with a command that causes the next one
 * would hold up everything else for ever.
 */
const CHAINED_EVENTS_PER_TURN = 1024;

/** A machine that has more to say after one mutation never stops talking. */
const MAX_POLLS = 1_000_000;

class MachineDriver<Event, M extends Machine<Event>> implements Driver<M> {
  readonly #machine: M;
  readonly #sockets: ReadonlyMap<string, UdpSocket>;
  readonly #clock: Clock;
  readonly #onEvent: (event: Event) => void;
  readonly #onError: (error: unknown) => void;
  readonly #timer: WakeTimer;
  readonly #events: Event[] = [];
  /** Events that may be handled before the event loop has a turn. */
  #budget = CHAINED_EVENTS_PER_TURN;
  #polls = 0;
  #handling = false;
  #mutating = false;
  #cancelNextTurn: (() => void) | undefined;
  #closed = false;
  #failed = false;

  constructor(machine: M, options: DriveOptions<Event>) {
    this.#machine = machine;
    this.#sockets = options.sockets;
    this.#clock = options.clock;
    this.#onEvent = options.onEvent;
    this.#onError = options.onError;
    this.#timer = new WakeTimer(options.clock, () => this.#wake());
    for (const [via, socket] of this.#sockets) {
      socket.receive((from, bytes) => this.#receive(via, from, bytes));
    }
    queueMicrotask(() => this.#turn(() => {}));
  }

  get closed(): boolean {
    return this.#closed;
  }

  command<T>(mutate: (machine: M, now: Instant) => T): T {
    if (this.#closed) throw new Error("Cannot command a machine as its driver is closed");
    try {
      const result = this.#mutate(() => mutate(this.#machine, this.#clock.now()));
      if (this.#events.length > 0) queueMicrotask(() => this.#guard(() => this.#handleEvents()));
      return result;
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.length = 0;
    this.#timer.set(undefined);
    this.#cancelNextTurn?.();
    for (const socket of this.#sockets.values()) socket.close();
  }

  #receive(via: string, from: Endpoint, bytes: Uint8Array): void {
    this.#turn(() => this.#machine.handleDatagram(this.#clock.now(), via, from, bytes));
  }

  #wake(): void {
    this.#turn(() => this.#machine.handleTimeout(this.#clock.now()));
  }

  /** Something came from the event loop: one mutation, then whatever comes of it. */
  #turn(mutation: () => void): void {
    this.#guard(() => {
      this.#mutate(mutation);
      this.#budget = this.#events.length + CHAINED_EVENTS_PER_TURN;
      this.#handleEvents();
    });
  }

  /** One mutation, then drain. */
  #mutate<T>(mutation: () => T): T {
    if (this.#mutating) throw new Error("Cannot change a machine while it is being changed");
    this.#mutating = true;
    try {
      const result = mutation();
      this.#drain();
      return result;
    } finally {
      this.#mutating = false;
    }
  }

  #drain(): void {
    this.#polls = 0;
    // Events first: while a machine looks for one, a machine inside it may come to send.
    do this.#takeEvents(); while (this.#sendTransmits());
    this.#timer.set(this.#machine.pollTimeout());
  }

  #takeEvents(): void {
    for (
      let next = this.#machine.pollEvent();
      next !== undefined;
      next = this.#machine.pollEvent()
    ) {
      this.#countPoll();
      this.#events.push(next);
    }
  }

  /** Whether there were any. */
  #sendTransmits(): boolean {
    const polls = this.#polls;
    for (let next = this.#machine.pollTransmit(); next; next = this.#machine.pollTransmit()) {
      this.#countPoll();
      this.#send(next);
    }
    return this.#polls > polls;
  }

  #countPoll(): void {
    if (++this.#polls <= MAX_POLLS) return;
    throw new Error(`Cannot drain a machine as it must fall silent: ${MAX_POLLS} polls so far`);
  }

  #send(transmit: Transmit): void {
    const socket = this.#sockets.get(transmit.via);
    if (socket === undefined) {
      const known = [...this.#sockets.keys()].join(", ");
      throw new Error(`Cannot send via "${transmit.via}" as the sockets are: ${known}`);
    }
    socket.send(transmit.to, transmit.bytes);
  }

  /** In order and one at a time: commands given meanwhile only add to the queue. */
  #handleEvents(): void {
    if (this.#handling) return;
    this.#handling = true;
    try {
      for (; this.#budget > 0 && !this.#closed; this.#budget--) {
        const event = this.#events.shift();
        if (event === undefined) return;
        this.#onEvent(event);
      }
    } finally {
      this.#handling = false;
    }
    if (this.#events.length > 0) this.#handleRestInNextTurn();
  }

  #handleRestInNextTurn(): void {
    this.#cancelNextTurn ??= this.#clock.setTimer(0, () => {
      this.#cancelNextTurn = undefined;
      this.#turn(() => {});
    });
  }

  #guard(action: () => void): void {
    if (this.#closed) return;
    try {
      action();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.close();
    this.#onError(error);
  }
}
