/** What a bench is, and how one is measured. @module */
import process from "node:process";

/** One figure of one bench on one runtime. */
export interface Measurement {
  /** Names the row. Unique over all benches. */
  readonly name: string;
  /** Application bytes that arrived. */
  readonly bytes: number;
  readonly seconds: number;
  /** Of the whole process, both ends included. */
  readonly cpuSeconds: number;
  /** In a few words, e.g. what was lost. */
  readonly note?: string;
}

/** Every `*_bench.ts` in this folder exports one as `bench`. */
export type Bench = () => Promise<readonly Measurement[]>;

/** Runs `transfer`, which returns how many bytes arrived, and says what it took. */
export async function measure(
  name: string,
  transfer: () => Promise<number>,
  note?: string,
): Promise<Measurement> {
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const bytes = await transfer();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuSeconds = (user + system) / 1e6;
  return { name, bytes, seconds, cpuSeconds, ...(note === undefined ? {} : { note }) };
}
