/**
 * The words of the command line. What is behind one is loaded when it is said, so that `list` in a
 * cron job does not start a simulator's worth of code.
 *
 * @module
 */
import type { Command } from "./context.ts";

/** In the order of help and completions. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["open", async () => (await import("./commands/open.ts")).openCommand],
  ["forward", async () => (await import("./commands/forward.ts")).forwardCommand],
  ["serve", async () => (await import("./commands/serve.ts")).serveCommand],
  ["check", async () => (await import("./commands/check.ts")).checkCommand],
  ["list", async () => (await import("./commands/list.ts")).listCommand],
  ["start", async () => (await import("./commands/start.ts")).startCommand],
  ["stop", async () => (await import("./commands/stop.ts")).stopCommand],
  ["control", async () => (await import("./commands/control.ts")).controlCommand],
  ["status", async () => (await import("./commands/status.ts")).statusCommand],
  ["events", async () => (await import("./commands/events.ts")).eventsCommand],
  ["doctor", async () => (await import("./commands/doctor.ts")).doctorCommand],
  ["online", async () => (await import("./commands/online.ts")).onlineCommand],
  ["dissect", async () => (await import("./commands/dissect.ts")).dissectCommand],
  ["replay", async () => (await import("./commands/replay.ts")).replayCommand],
  ["soak", async () => (await import("./commands/soak.ts")).soakCommand],
  ["sim", async () => (await import("./commands/sim.ts")).simCommand],
  ["demo", async () => (await import("./commands/demo.ts")).demoCommand],
  ["install", async () => (await import("./commands/install.ts")).installCommand],
  ["uninstall", async () => (await import("./commands/uninstall.ts")).uninstallCommand],
  [
    "completions",
    async () => (await import("./commands/completions.ts")).completionsCommand(allCommands),
  ],
  ["version", async () => (await import("./commands/version.ts")).versionCommand],
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
