import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "../../lib/bytes/decode_error.ts";
import { attack, type AttackReport } from "./attack.ts";
import { CONVERSATIONS } from "./conversations.ts";
import { DECODERS } from "./decoders.ts";
import { MACHINES } from "./machines.ts";
import { type DecoderTarget, type Target, victimOf } from "./target.ts";

/** A million of each is `deno task fuzz`. */
const COUNT = 20_000;

/** Around each datagram tampered with, a conversation has many more. */
const CONVERSATION_COUNT = 5_000;

const TIMEOUT_MS = 60_000;
const MAX_HEAP_GROWTH = 8 << 20;

function attackBriefly(target: Target, count = COUNT): AttackReport {
  const report = attack(target, { count, seed: 1 });
  const { heapGrowth = 0 } = report;
  assert.ok(heapGrowth < MAX_HEAP_GROWTH, `the heap grew by ${heapGrowth} bytes`);
  return report;
}

for (const target of DECODERS) {
  test(
    `${target.name}: ${COUNT} hostile inputs, no throw but DecodeError`,
    { timeout: TIMEOUT_MS },
    () => {
      const { refused } = attackBriefly(target);
      assert.ok(refused < COUNT, "even its seeds were refused");
    },
  );
}

for (const target of MACHINES) {
  test(`${target.name}: ${COUNT} hostile datagrams, no throw`, { timeout: TIMEOUT_MS }, () => {
    attackBriefly(target);
  });
}

for (const target of CONVERSATIONS) {
  const title = `${target.name}: ${CONVERSATION_COUNT} datagrams tampered with, no throw`;
  test(title, { timeout: TIMEOUT_MS }, () => {
    attackBriefly(target, CONVERSATION_COUNT);
  });
}

const SEED = Uint8Array.of(1, 2, 3, 4);

function decoder(decode: (bytes: Uint8Array) => unknown): DecoderTarget {
  return { type: "decoder", name: "test", seeds: [SEED], decode };
}

test("attack() counts what a decoder refuses", () => {
  const report = attack(
    decoder((bytes) => {
      if (bytes.byteLength !== SEED.byteLength) throw new DecodeError("length");
    }),
    { count: 1_000, seed: 1 },
  );
  assert.ok(report.refused > 100 && report.refused < 900, `${report.refused}`);
});

test("attack() names the input at which a decoder throws anything else", () => {
  const fragile = decoder((bytes) => {
    if (bytes[0] === 0xff) throw new RangeError("a bug");
  });
  assert.throws(() => attack(fragile, { count: 10_000, seed: 1 }), /attack test .*: ff[0-9a-f]*$/);
});

const FROM = { address: "127.0.0.1", port: 1 };
const SILENT = {
  handleDatagram: () => {},
  handleTimeout: () => {},
  pollTransmit: () => undefined,
  pollEvent: () => undefined,
  pollTimeout: (): number | undefined => undefined,
};

test("attack() finds a machine that never stops talking", () => {
  const chatty = { ...SILENT, pollEvent: () => ({ type: "again" }) };
  const make = () => victimOf(chatty, [{ via: "a", from: FROM }]);
  const target = { type: "machine", name: "test", seeds: [SEED], make } as const;
  assert.throws(() => attack(target, { count: 10, seed: 1 }), (error: Error) => {
    return /never stops talking/.test(String(error.cause));
  });
});

test("attack() finds a machine that is closed and still has a timeout", () => {
  let hasEnded = false;
  const ends = {
    ...SILENT,
    pollEvent() {
      if (hasEnded) return undefined;
      hasEnded = true;
      return { type: "closed" };
    },
    pollTimeout: () => 1_000_000,
  };
  const make = () => victimOf(ends, [{ via: "a", from: FROM }]);
  const target = { type: "machine", name: "test", seeds: [SEED], make } as const;
  assert.throws(() => attack(target, { count: 10, seed: 1 }), (error: Error) => {
    return /still wants to be woken/.test(String(error.cause));
  });
});

test("attack() finds a machine whose timeout is due for ever", () => {
  const make = () => victimOf({ ...SILENT, pollTimeout: () => 0 }, [{ via: "a", from: FROM }]);
  const target = { type: "machine", name: "test", seeds: [SEED], make } as const;
  assert.throws(() => attack(target, { count: 10, seed: 1 }), (error: Error) => {
    return /due for ever/.test(String(error.cause));
  });
});
