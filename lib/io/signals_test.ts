import { test } from "node:test";
import assert from "node:assert/strict";
import { type SignalSource, stopSignal } from "./signals.ts";

class FakeProcess implements SignalSource {
  readonly exits: number[] = [];
  readonly #listeners = new Map<string, () => void>();

  on(signal: string, listener: () => void): void {
    this.#listeners.set(signal, listener);
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  raise(signal: "SIGINT" | "SIGTERM"): void {
    this.#listeners.get(signal)?.();
  }
}

for (
  const [first, second, code] of [["SIGINT", "SIGTERM", 143], ["SIGTERM", "SIGINT", 130]] as const
) {
  test(`stopSignal() fires on ${first}, and a ${second} after it exits with ${code}`, () => {
    const source = new FakeProcess();
    const stop = stopSignal(source);
    assert.equal(stop.aborted, false);
    source.raise(first);
    assert.ok(stop.aborted);
    assert.match(String(stop.reason), new RegExp(first));
    assert.deepEqual(source.exits, []);
    source.raise(second);
    assert.deepEqual(source.exits, [code]);
  });
}
