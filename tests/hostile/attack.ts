import { DecodeError } from "../../lib/bytes/decode_error.ts";
import { toHex } from "../../lib/bytes/bytes.ts";
import type { Instant } from "../../lib/machine.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { heapAfterCollection } from "./heap.ts";
import { Mutator } from "./mutator.ts";
import type { ConversationTarget, DecoderTarget, MachineTarget, Target, Victim } from "./target.ts";

export interface AttackOptions {
  readonly count: number;
  readonly seed: number;
}

export interface AttackReport {
  /** Inputs a decoder refused; for machines, how many lives and conversations it took. */
  readonly refused: number;
  /** Bytes the heap grew by from one tenth of the run to its end, where it can be measured. */
  readonly heapGrowth: number | undefined;
}

/** More than this from one input, and it is taken for an endless answer. */
const MAX_OUTPUT = 100_000;

/** A timeout handled this often and still due is taken for an endless loop. */
const MAX_TIMEOUTS = 1_000;

/** Lives of a machine in inputs: short ones probe its first states, long ones its memory. */
const LIVES = [10, 100, 1_000, 100_000] as const;

/**
 * Feeds `count` hostile inputs to the target. Throws, with the input in hex, when it throws what it
 * must not, never stops talking, asks to be woken at once for ever, or at all once it is closed.
 */
export function attack(target: Target, options: AttackOptions): AttackReport {
  const rng = new Rng(options.seed);
  const step = target.type === "conversation"
    ? conversationStep(target, rng)
    : inputStep(target, rng);
  let refused = 0;
  let heapBefore: number | undefined;
  for (let done = 0; done < options.count;) {
    if (heapBefore === undefined && done >= options.count / 10) heapBefore = heapAfterCollection();
    const result = step();
    done += result.inputs;
    refused += result.refused;
  }
  const heapAfter = heapAfterCollection();
  if (heapBefore === undefined || heapAfter === undefined) {
    return { refused, heapGrowth: undefined };
  }
  return { refused, heapGrowth: heapAfter - heapBefore };
}

/** Some inputs and what came of them. */
type Step = () => { readonly inputs: number; readonly refused: number };

function inputStep(target: DecoderTarget | MachineTarget, rng: Rng): Step {
  const mutator = new Mutator(rng.fork(), target.seeds);
  const feed = target.type === "decoder" ? decoderFeed(target) : machineFeed(target, rng.fork());
  let number = 0;
  return () => {
    number += 1;
    const bytes = mutator.next();
    const kept = bytes.slice();
    try {
      return { inputs: 1, refused: feed(bytes) ? 1 : 0 };
    } catch (cause) {
      const what = `input ${number}: ${toHex(kept)}`;
      throw new Error(`Cannot attack ${target.name} as it must take ${what}`, { cause });
    }
  };
}

/** One datagram in this many is tampered with. */
const TAMPER_EVERY = 8;

/** Datagrams remembered to be replayed. */
const REPLAYABLE = 64;

function conversationStep(target: ConversationTarget, rng: Rng): Step {
  return () => {
    const seed = rng.u32();
    const dice = new Rng(seed);
    const mutator = new Mutator(dice.fork(), target.seeds);
    const seen: Uint8Array[] = [];
    let inputs = 0;
    function tamper(bytes: Uint8Array): Uint8Array {
      seen[dice.u32() % REPLAYABLE] = bytes;
      if (dice.u32() % TAMPER_EVERY !== 0) return bytes;
      inputs += 1;
      const kind = dice.u32() % 8;
      if (kind === 0) return mutator.next();
      if (kind === 1) return seen[dice.u32() % REPLAYABLE] ?? bytes;
      return mutator.mutate(bytes);
    }
    try {
      target.hold(seed, tamper);
    } catch (cause) {
      throw new Error(`Cannot attack ${target.name} as it must survive: seed ${seed}`, { cause });
    }
    return { inputs: Math.max(1, inputs), refused: 1 };
  };
}

/** Takes one input; true when it was refused. */
type Feed = (bytes: Uint8Array) => boolean;

function decoderFeed(target: DecoderTarget): Feed {
  return (bytes) => {
    try {
      target.decode(bytes);
      return false;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return true;
    }
  };
}

function machineFeed(target: MachineTarget, rng: Rng): Feed {
  let now: Instant = 1_000;
  let victim: Victim | undefined;
  let inputsLeft = 0;
  return (bytes) => {
    const renewed = victim === undefined || victim.closed || inputsLeft === 0;
    if (victim === undefined || renewed) {
      victim = target.make(now, rng.fork().entropy);
      inputsLeft = LIVES[rng.u32() % LIVES.length] ?? 1;
      settle(victim, now);
    }
    inputsLeft -= 1;
    victim.handleDatagram(now, bytes);
    settle(victim, now);
    // Mostly bursts, now and then a pause in which timers run out.
    now += rng.u32() % 50 === 0 ? rng.u32() % 5_000 : rng.u32() % 3;
    runTimers(victim, now);
    if (victim.closed && victim.pollTimeout() !== undefined) {
      throw new Error("It is closed, and still wants to be woken");
    }
    return renewed;
  };
}

function settle(victim: Victim, now: Instant): void {
  for (let output = 0; victim.pollOutput(now); output++) {
    if (output > MAX_OUTPUT) throw new Error(`It never stops talking: ${output} outputs`);
  }
}

function runTimers(victim: Victim, now: Instant): void {
  for (let rounds = 0; nextTimeout(victim) <= now; rounds++) {
    if (rounds > MAX_TIMEOUTS) throw new Error(`Its timeout is due for ever: ${rounds} calls`);
    victim.handleTimeout(now);
    settle(victim, now);
  }
}

function nextTimeout(victim: Victim): Instant {
  const at = victim.pollTimeout();
  if (at === undefined) return Infinity;
  if (!Number.isFinite(at)) throw new Error(`Its timeout must be an instant: ${at}`);
  return at;
}
