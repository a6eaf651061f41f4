import type { Hub, StartResult } from "../hub/hub.ts";
import type { Log } from "../log/log.ts";
import type { Command, OrderCommand } from "./command.ts";

const CAUSE = { by: "mqtt" } as const;

/** Nobody at a broker can be seen to go away. */
const NEVER = new AbortController().signal;

/**
 * Carries out commands: for each camera one at a time, and so of each kind of order, and of those
 * that come meanwhile only the last, so that no flood of them piles up.
 */
export class CommandRunner {
  readonly #hub: Hub;
  readonly #log: Log;
  readonly #onBug: (error: unknown) => void;
  /** By camera, and kind of order: what to do once the present command is done. */
  readonly #next = new Map<string, Command | OrderCommand | undefined>();

  constructor(hub: Hub, log: Log, onBug: (error: unknown) => void) {
    this.#hub = hub;
    this.#log = log;
    this.#onBug = onBug;
  }

  /** `name` is a camera's, as the hub spells it. */
  run(name: string, command: Command | OrderCommand): void {
    // No name has a blank in it.
    const key = command.type === "order" ? `${name} ${command.order.type}` : name;
    const isBusy = this.#next.has(key);
    this.#next.set(key, command);
    if (!isBusy) this.#work(name, key).catch(this.#onBug);
  }

  async #work(name: string, key: string): Promise<void> {
    try {
      for (let next = this.#take(key); next !== undefined; next = this.#take(key)) {
        // What became of it, the hub tells.
        if (next.type === "order") await this.#hub.control(name, next.order, CAUSE, NEVER);
        else await this.#carryOut(name, next);
      }
    } finally {
      this.#next.delete(key);
    }
  }

  #take(key: string): Command | OrderCommand | undefined {
    const command = this.#next.get(key);
    this.#next.set(key, undefined);
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
