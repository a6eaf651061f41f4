import { test } from "node:test";
import assert from "node:assert/strict";
import type { Endpoint, Instant, Machine, Transmit } from "../../lib/machine.ts";
import { drive } from "../../lib/io/drive.ts";
import { systemWorld } from "../../lib/io/world.ts";

const loopback: Endpoint = { address: "127.0.0.1", port: 0 };
const RESEND_MS = 20;

type Event = { readonly type: "answered"; readonly by: Endpoint } | { readonly type: "closed" };

/** Asks until it is answered; answers every other question it is asked. */
class AskingMachine implements Machine<Event> {
  asked = 0;
  readonly wakes: Instant[] = [];
  #target: Endpoint | undefined;
  #deadline: Instant | undefined;
  #heard = 0;
  readonly #transmits: Transmit[] = [];
  readonly #events: Event[] = [];

  ask(now: Instant, target: Endpoint): void {
    this.#target = target;
    this.#askAgain(now);
  }

  handleDatagram(_now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    if (bytes[0] === "A".charCodeAt(0)) {
      this.#deadline = undefined;
      this.#events.push({ type: "answered", by: from }, { type: "closed" });
    } else if (++this.#heard % 2 === 0) {
      this.#transmits.push({ via, to: from, bytes: new TextEncoder().encode("A") });
    }
  }

  handleTimeout(now: Instant): void {
    this.wakes.push(now);
    if (this.#deadline !== undefined && now >= this.#deadline) this.#askAgain(now);
  }

  pollTransmit(): Transmit | undefined {
    return this.#transmits.shift();
  }

  pollEvent(): Event | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    return this.#deadline;
  }

  #askAgain(now: Instant): void {
    if (this.#target === undefined) return;
    this.asked++;
    this.#deadline = now + RESEND_MS;
    this.#transmits.push({ via: "out", to: this.#target, bytes: new TextEncoder().encode("Q") });
  }
}

test("drive() joins two machines by real sockets and a real clock", async () => {
  const [out, service] = [await systemWorld.openUdp(loopback), await systemWorld.openUdp(loopback)];
  const clock = systemWorld.clock;
  const asker = new AskingMachine();
  const start = clock.now();
  await new Promise<void>((resolve, reject) => {
    const answering = drive(new AskingMachine(), {
      sockets: new Map([["service", service]]),
      clock,
      onEvent: () => {},
      onError: reject,
    });
    const asking = drive(asker, {
      sockets: new Map([["out", out]]),
      clock,
      onEvent: (event) => {
        if (event.type === "answered") return assert.deepEqual(event.by, service.local);
        asking.close();
        answering.close();
        resolve();
      },
      onError: reject,
    });
    asking.command((machine, now) => machine.ask(now, service.local));
  });
  assert.equal(asker.asked, 2);
  // Woken once, and not before the time it asked for.
  assert.equal(asker.wakes.length, 1);
  assert.ok((asker.wakes[0] ?? 0) - start >= RESEND_MS);
});
