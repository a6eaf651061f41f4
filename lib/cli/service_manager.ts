/**
 * Reports to the service manager that started the program how it is (`sd_notify(3)`).
 *
 * The datagram sockets of systemd are of a kind that neither runtime opens, so systemd's own helper
 * sends; the unit has to allow that with `NotifyAccess=all`.
 *
 * @module
 */
import type { ProgramResult } from "../io/programs.ts";
import type { Clock } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import type { Duration } from "../machine.ts";

/** How long the helper may take. */
const PATIENCE: Duration = 5_000;

/** How often systemd hears that all is well, within the time after which it must. */
const REPORTS_IN_TIME = 3;

export interface ServiceManagerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly runProgram: (command: readonly string[], timeout: Duration) => Promise<ProgramResult>;
}

export class ServiceManager {
  readonly #options: ServiceManagerOptions;
  /** Between reports, where they are wanted. */
  readonly #interval: Duration | undefined;
  #cancel = () => {};

  constructor(options: ServiceManagerOptions) {
    this.#options = options;
    const { env } = options;
    const limit = Number(env["WATCHDOG_USEC"]) / 1_000;
    this.#interval = limit > 0 ? limit / REPORTS_IN_TIME : undefined;
  }

  /** Everything listens. From now on systemd hears regularly that the event loop turns. */
  async ready(status: string): Promise<void> {
    await this.#report("--ready", `--status=${status}`);
    this.#watch();
  }

  /** The end has begun. */
  async stopping(): Promise<void> {
    this.#cancel();
    await this.#report("STOPPING=1");
  }

  #watch(): void {
    if (this.#interval === undefined || this.#options.env["NOTIFY_SOCKET"] === undefined) return;
    this.#cancel = this.#options.clock.setTimer(this.#interval, () => {
      this.#watch();
      void this.#report("WATCHDOG=1");
    });
  }

  async #report(...args: readonly string[]): Promise<void> {
    const { env, log, runProgram } = this.#options;
    if (env["NOTIFY_SOCKET"] === undefined) return;
    const { code, stderr } = await runProgram(["systemd-notify", ...args], PATIENCE);
    if (code === 0) return;
    const detail = stderr.trim() === "" ? `it ended with ${code ?? "a signal"}` : stderr.trim();
    log.error("systemd-notify cannot report to systemd", { detail });
  }
}
