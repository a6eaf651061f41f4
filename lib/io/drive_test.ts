import { test } from "node:test";
import assert from "node:assert/strict";
import type { Endpoint, Instant, Machine, Transmit } from "../machine.ts";
import type { Clock, UdpSocket } from "./types.ts";
import { drive, type DriveOptions, type Driver } from "./drive.ts";

const peer: Endpoint = { address: "192.0.2.1", port: 8800 };

/** Does what the test tells it to, and writes down what it is asked. */
class FakeMachine implements Machine<string> {
  readonly calls: string[] = [];
  readonly transmits: Transmit[] = [];
  readonly events: string[] = [];
  deadline: Instant | undefined;
  onDatagram: (bytes: Uint8Array) => void = () => {};
  onTimeout: (now: Instant) => void = () => {};
  beforePollEvent: () => void = () => {};

  handleDatagram(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    this.calls.push(`datagram ${now} ${via} ${from.port} ${bytes}`);
    this.onDatagram(bytes);
  }

  handleTimeout(now: Instant): void {
    this.calls.push(`timeout ${now}`);
    this.deadline = undefined;
    this.onTimeout(now);
  }

  pollTransmit(): Transmit | undefined {
    return this.transmits.shift();
  }

  pollEvent(): string | undefined {
    this.beforePollEvent();
    return this.events.shift();
  }

  pollTimeout(): Instant | undefined {
    return this.deadline;
  }

  say(byte: number, via = "main"): void {
    this.transmits.push({ via, to: peer, bytes: Uint8Array.of(byte) });
  }
}

class FakeSocket implements UdpSocket {
  readonly local: Endpoint = { address: "127.0.0.1", port: 1 };
  readonly dropped = 0;
  readonly sent: number[] = [];
  closed = 0;
  deliver: (from: Endpoint, bytes: Uint8Array) => void = () => {};

  receive(handler: (from: Endpoint, bytes: Uint8Array) => void): void {
    this.deliver = handler;
  }

  send(_to: Endpoint, bytes: Uint8Array): void {
    this.sent.push(...bytes);
  }

  close(): void {
    this.closed++;
  }
}

class FakeClock implements Clock {
  #now = 1000;
  readonly timers = new Map<number, { at: Instant; callback: () => void }>();
  #made = 0;

  get made(): number {
    return this.#made;
  }

  now(): number {
    return this.#now;
  }

  wallClock(): number {
    return this.#now;
  }

  setTimer(delay: number, callback: () => void): () => void {
    const id = ++this.#made;
    this.timers.set(id, { at: this.#now + delay, callback });
    return () => this.timers.delete(id);
  }

  /** Moves time and fires every timer set for then or before; timers set meanwhile wait. */
  advance(duration: number): void {
    this.#now += duration;
    for (const [id, timer] of [...this.timers]) {
      if (timer.at > this.#now || !this.timers.delete(id)) continue;
      timer.callback();
    }
  }
}

interface Rig {
  readonly machine: FakeMachine;
  readonly socket: FakeSocket;
  readonly clock: FakeClock;
  readonly events: string[];
  readonly errors: unknown[];
  readonly driver: Driver<FakeMachine>;
}

function rig(options: Partial<DriveOptions<string>> = {}): Rig {
  const machine = new FakeMachine();
  const socket = new FakeSocket();
  const clock = new FakeClock();
  const events: string[] = [];
  const errors: unknown[] = [];
  const driver = drive(machine, {
    sockets: new Map([["main", socket]]),
    clock,
    onEvent: (event) => events.push(event),
    onError: (error) => errors.push(error),
    ...options,
  });
  return { machine, socket, clock, events, errors, driver };
}

/** Lets every microtask run that is queued by now, or by those. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

test("drive() hands a datagram to the machine with the time and the name of its socket", () => {
  const { machine, socket } = rig();
  socket.deliver(peer, Uint8Array.of(7));
  assert.deepEqual(machine.calls, ["datagram 1000 main 8800 7"]);
});

test("drive() sends and reports everything the machine has after a datagram", () => {
  const { machine, socket, events } = rig();
  machine.onDatagram = () => {
    machine.say(1);
    machine.say(2);
    machine.events.push("a", "b");
  };
  socket.deliver(peer, Uint8Array.of(7));
  assert.deepEqual(socket.sent, [1, 2]);
  assert.deepEqual(events, ["a", "b"]);
});

test("drive() sends what comes up while the machine is asked for events", () => {
  const { machine, socket } = rig();
  let asked = 0;
  machine.beforePollEvent = () => {
    if (++asked === 2) machine.say(9);
  };
  machine.onDatagram = () => machine.events.push("a");
  socket.deliver(peer, new Uint8Array());
  assert.deepEqual(socket.sent, [9]);
});

test("drive() takes what the machine has from the beginning once its caller is done", async () => {
  const { machine, socket, events, clock } = rig();
  machine.say(1);
  machine.events.push("ready");
  machine.deadline = 1500;
  assert.deepEqual(socket.sent, []);
  await microtasks();
  assert.deepEqual(socket.sent, [1]);
  assert.deepEqual(events, ["ready"]);
  assert.equal(clock.timers.size, 1);
});

test("command() returns what the mutation returns and sends before it does", () => {
  const { driver, socket } = rig();
  const result = driver.command((machine, now) => {
    machine.say(3);
    return now + 1;
  });
  assert.equal(result, 1001);
  assert.deepEqual(socket.sent, [3]);
});

test("command() leaves its events for when its caller is done", async () => {
  const { driver, events } = rig();
  driver.command((machine) => machine.events.push("opened"));
  assert.deepEqual(events, []);
  await microtasks();
  assert.deepEqual(events, ["opened"]);
});

test("command() given inside of onEvent sends at once and keeps events in order", () => {
  const log: string[] = [];
  const { driver, machine, socket } = rig({
    onEvent: (event) => {
      log.push(`begin ${event}`);
      if (event === "a") {
        driver.command((m) => {
          m.say(5);
          m.events.push("c");
        });
        assert.deepEqual(socket.sent, [5]);
      }
      log.push(`end ${event}`);
    },
  });
  machine.onDatagram = () => machine.events.push("a", "b");
  socket.deliver(peer, new Uint8Array());
  assert.deepEqual(log, ["begin a", "end a", "begin b", "end b", "begin c", "end c"]);
});

test("drive() lets the event loop have a turn when events go on causing events", () => {
  let count = 0;
  const { driver, machine, socket, clock } = rig({
    onEvent: (event) => {
      count++;
      driver.command((m) => m.events.push(event));
    },
  });
  machine.onDatagram = () => machine.events.push("again");
  socket.deliver(peer, new Uint8Array());
  const first = count;
  assert.equal(first, 1 + 1024);
  clock.advance(0);
  assert.equal(count, 2 * first);
  driver.close();
  clock.advance(0);
  assert.equal(count, 2 * first);
});

test("drive() lets the event loop have a turn when commands given later cause events", async () => {
  let count = 0;
  const { driver } = rig({
    onEvent: (event) => {
      count++;
      queueMicrotask(() => driver.command((m) => m.events.push(event)));
    },
  });
  driver.command((m) => m.events.push("again"));
  await microtasks();
  assert.ok(count <= 1026, `handled ${count} events`);
});

test("drive() reports all events of one datagram, however many", () => {
  const { machine, socket, events } = rig();
  machine.onDatagram = () => machine.events.push(...Array<string>(5000).fill("x"));
  socket.deliver(peer, new Uint8Array());
  assert.equal(events.length, 5000);
});

test("drive() wakes the machine at the instant it asked for", () => {
  const { machine, driver, clock } = rig();
  driver.command((m) => m.deadline = 1200);
  clock.advance(199);
  assert.deepEqual(machine.calls, []);
  clock.advance(1);
  assert.deepEqual(machine.calls, ["timeout 1200"]);
  assert.equal(clock.timers.size, 0);
});

test("drive() sends and reports what a timeout causes, and sets the next one", () => {
  const { machine, driver, socket, events, clock } = rig();
  machine.onTimeout = (now) => {
    machine.say(8);
    machine.events.push("resent");
    machine.deadline = now + 50;
  };
  driver.command((m) => m.deadline = 1100);
  clock.advance(100);
  clock.advance(50);
  assert.deepEqual(machine.calls, ["timeout 1100", "timeout 1150"]);
  assert.deepEqual(socket.sent, [8, 8]);
  assert.deepEqual(events, ["resent", "resent"]);
});

test("drive() forgets the timer when the machine no longer wants to be woken", () => {
  const { driver, clock } = rig();
  driver.command((m) => m.deadline = 1100);
  driver.command((m) => m.deadline = undefined);
  assert.equal(clock.timers.size, 0);
});

test("drive() reports a machine that throws, and closes", () => {
  const bug = new Error("bug");
  const { machine, driver, socket, clock, errors, events } = rig();
  driver.command((m) => m.deadline = 2000);
  machine.onDatagram = () => {
    machine.events.push("never");
    throw bug;
  };
  socket.deliver(peer, new Uint8Array());
  assert.deepEqual(errors, [bug]);
  assert.ok(driver.closed);
  assert.equal(socket.closed, 1);
  assert.equal(clock.timers.size, 0);
  socket.deliver(peer, new Uint8Array());
  assert.equal(machine.calls.length, 1);
  assert.deepEqual(events, []);
});

test("drive() reports a machine that throws when woken", () => {
  const bug = new Error("bug");
  const { machine, driver, clock, errors } = rig();
  machine.onTimeout = () => {
    throw bug;
  };
  driver.command((m) => m.deadline = 1001);
  clock.advance(1);
  assert.deepEqual(errors, [bug]);
  assert.ok(driver.closed);
});

test("drive() reports an application that throws", () => {
  const bug = new Error("bug");
  const { machine, driver, socket, errors } = rig({
    onEvent: () => {
      throw bug;
    },
  });
  machine.onDatagram = () => machine.events.push("a", "b");
  socket.deliver(peer, new Uint8Array());
  assert.deepEqual(errors, [bug]);
  assert.ok(driver.closed);
});

test("command() throws what the mutation throws, reports it and closes", () => {
  const bug = new Error("bug");
  const { driver, errors } = rig();
  assert.throws(() =>
    driver.command(() => {
      throw bug;
    }), bug);
  assert.deepEqual(errors, [bug]);
  assert.ok(driver.closed);
});

test("command() given inside of onEvent reports what its mutation throws once", () => {
  const bug = new Error("bug");
  const { machine, driver, socket, errors } = rig({
    onEvent: () =>
      driver.command(() => {
        throw bug;
      }),
  });
  machine.onDatagram = () => machine.events.push("a");
  socket.deliver(peer, new Uint8Array());
  assert.deepEqual(errors, [bug]);
});

test("command() refuses to run inside of another command", () => {
  const { driver } = rig();
  const nested = () => driver.command(() => {});
  assert.throws(() => driver.command(nested), /while it is being changed/);
});

test("drive() rejects a datagram for a socket it does not have", () => {
  const { driver, errors } = rig();
  assert.throws(() => driver.command((m) => m.say(1, "relay")), /via "relay".*main/);
  assert.equal(errors.length, 1);
});

test("drive() gives up on a machine that never falls silent", () => {
  const { machine, driver } = rig();
  machine.pollTransmit = () => ({ via: "main", to: peer, bytes: new Uint8Array() });
  assert.throws(() => driver.command(() => {}), /must fall silent/);
});

test("close() forgets the timer, closes the sockets and drops events, once", () => {
  const { machine, driver, socket, clock, events } = rig({
    onEvent: (event) => {
      events.push(event);
      driver.close();
    },
  });
  driver.command((m) => m.deadline = 2000);
  machine.onDatagram = () => machine.events.push("closed", "late");
  socket.deliver(peer, new Uint8Array());
  driver.close();
  assert.deepEqual(events, ["closed"]);
  assert.equal(socket.closed, 1);
  assert.equal(clock.timers.size, 0);
});

test("command() throws when the driver is closed", () => {
  const { driver, errors } = rig();
  driver.close();
  assert.throws(() => driver.command(() => {}), /closed/);
  assert.deepEqual(errors, []);
});
