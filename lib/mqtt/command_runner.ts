import type { Hub, StartResult } from "../hub/control.ts";
import type { Log } from "../log/log.ts";
import type { Command } from "./command.ts";

const CAUSE = { by: "mqtt" } as const;

/**
 * Carries out commands: for each camera one at a time, and of those that come meanwhile only the
 * last, so that no flood of them piles up.
 */
export class CommandRunner {
  readonly #hub: Hub;
  readonly #log: Log;
  readonly #onBug: (error: unknown) => void;
  /** By camera: what to do once the present command is done. */
  readonly #next = new Map<string, Command | undefined>();

  constructor(hub: Hub, log: Log, onBug: (error: unknown) => void) {
    this.#hub = hub;
    this.#log = log;
    this.#onBug = onBug;
  }

  /** `name` is a camera's, as the hub spells it. */
  run(name: string, command: Command): void {
    const isBusy = this.#next.has(name);
    this.#next.set(name, command);
    if (!isBusy) this.#work(name).catch(this.#onBug);
  }

  async #work(name: string): Promise<void> {
    try {
      for (let next = this.#take(name); next !== undefined; next = this.#take(name)) {
        await this.#carryOut(name, next);
      }
    } finally {
      this.#next.delete(name);
    }
  }

  #take(name: string): Command | undefined {
    const command = this.#next.get(name);
    this.#next.set(name, undefined);
    return command;
  }

  async #carryOut(name: string, command: Command): Promise<void> {
    if (command.type === "off") {
      await this.#hub.stop(name, CAUSE);
      return;
    }
    const span = command.for === undefined ? {} : { for: command.for };
    const why = refusalOf(await this.#hub.start(name, { ...span, cause: CAUSE }));
    if (why !== undefined) this.#log.warn("mqtt: not started", { camera: name, ...why });
  }
}

function refusalOf(
  result: StartResult,
): { readonly why: string; readonly advice: string } | undefined {
  switch (result.type) {
    case "started":
    case "frame":
    case "unknown":
      return undefined;
    case "failed":
      return { why: result.error.detail, advice: result.error.advice };
    case "timedOut":
    case "refused":
    case "budget":
      return { why: result.detail, advice: result.advice };
  }
}
