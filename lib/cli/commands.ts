/**
 * The words of the command line. What is behind one is loaded when it is said, so that `list` in a
 * cron job does not start a simulator's worth of code.
 *
 * @module
 */
import type { Command } from "./context.ts";

/** In the order of help and completions. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["open", async () => (await import("./open.ts")).openCommand],
  ["forward", async () => (await import("./forward.ts")).forwardCommand],
  ["serve", async () => (await import("./serve.ts")).serveCommand],
  ["check", async () => (await import("./check.ts")).checkCommand],
  ["list", async () => (await import("./list.ts")).listCommand],
  ["start", async () => (await import("./start.ts")).startCommand],
  ["stop", async () => (await import("./stop.ts")).stopCommand],
  ["control", async () => (await import("./control.ts")).controlCommand],
  ["status", async () => (await import("./status.ts")).statusCommand],
  ["events", async () => (await import("./events.ts")).eventsCommand],
  ["doctor", async () => (await import("./doctor.ts")).doctorCommand],
  ["online", async () => (await import("./online.ts")).onlineCommand],
  ["dissect", async () => (await import("./dissect.ts")).dissectCommand],
  ["replay", async () => (await import("./replay.ts")).replayCommand],
  ["soak", async () => (await import("./soak.ts")).soakCommand],
  ["sim", async () => (await import("./sim.ts")).simCommand],
  ["demo", async () => (await import("./demo.ts")).demoCommand],
  ["install", async () => (await import("./install.ts")).installCommand],
  ["uninstall", async () => (await import("./uninstall.ts")).uninstallCommand],
  ["completions", async () => (await import("./completions.ts")).completionsCommand(allCommands)],
  ["version", async () => (await import("./version.ts")).versionCommand],
]);

export const COMMAND_NAMES: readonly string[] = [...COMMANDS.keys()];

/** `undefined` when there is no such command. */
export async function loadCommand(name: string): Promise<Command | undefined> {
  return await COMMANDS.get(name)?.();
}

/** All of them, for who tells of them. */
export async function allCommands(): Promise<readonly Command[]> {
  return await Promise.all([...COMMANDS.values()].map((load) => load()));
}
