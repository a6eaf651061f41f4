import { run } from "../../lib/cli/run.ts";
import { readStdin, readTextFile } from "../../lib/io/text_file.ts";
import { systemWorld } from "../../lib/io/world.ts";
import type { World } from "../../lib/io/types.ts";

/**
 * Real sockets, but time passes `factor` times faster for the program: a wait of ten seconds for a
 * silent server takes one.
 */
export function hastyWorld(factor: number): World {
  const { clock } = systemWorld;
  return {
    ...systemWorld,
    clock: {
      now: () => clock.now() * factor,
      wallClock: clock.wallClock,
      setTimer: (delay, callback) => clock.setTimer(delay / factor, callback),
    },
  };
}

/** The program running inside of a test, on real sockets. */
export interface Program {
  /** Lines of results so far. */
  readonly out: readonly string[];
  /** Lines of log and complaint so far. */
  readonly err: readonly string[];
  /** Resolves with the exit code. */
  readonly exit: Promise<number>;
  /** What a first Ctrl-C does. */
  stop(): void;
  /** What SIGHUP does. */
  hangUp(): void;
  /**
   * Resolves with the first line of results that matches, or of log from that line on. Rejects when
   * the program ends before.
   */
  line(pattern: RegExp, from?: number): Promise<string>;
}

export interface ProgramOptions {
  readonly world?: World;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the program with these arguments. */
export function startProgram(args: readonly string[], options: ProgramOptions = {}): Program {
  const controller = new AbortController();
  const out: string[] = [];
  const err: string[] = [];
  const hangups = new Set<() => void>();
  let waiting: (() => void)[] = [];
  const wake = () => {
    const woken = waiting;
    waiting = [];
    for (const resolve of woken) resolve();
  };
  const add = (lines: string[]) => (line: string) => {
    lines.push(line);
    wake();
  };
  let ended = false;
  const exit = run(args, {
    world: options.world ?? systemWorld,
    print: add(out),
    complain: add(err),
    stop: controller.signal,
    onHangup(listener) {
      hangups.add(listener);
      return () => hangups.delete(listener);
    },
    env: options.env ?? {},
    readTextFile,
    readStdin,
  }).finally(() => {
    ended = true;
    wake();
  });
  return {
    out,
    err,
    exit,
    stop: () => controller.abort(),
    hangUp() {
      for (const listener of hangups) listener();
    },
    async line(pattern, from = 0) {
      for (;;) {
        const found = [...out, ...err.slice(from)].find((line) => pattern.test(line));
        if (found !== undefined) return found;
        if (ended) {
          throw new Error(`Program ended without ${pattern}: ${err.slice(-3).join(" | ")}`);
        }
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}

/** A simulated cloud with one or more cameras, and the address of the first. */
export async function startSim(
  options: ProgramOptions & { readonly scenario?: string } = {},
): Promise<{ readonly program: Program; readonly server: string; readonly serial: string }> {
  const scenario = options.scenario === undefined ? [] : ["--scenario", options.scenario];
  const program = startProgram(["sim", "--json", ...scenario], options);
  const line = await program.line(/^\{"dahua"/);
  const { dahua } = JSON.parse(line) as {
    dahua: { server: string; cameras: { serial: string }[] };
  };
  return { program, server: dahua.server, serial: dahua.cameras[0]?.serial ?? "" };
}
