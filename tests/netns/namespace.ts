/**
 * Network namespaces of a test's own.
 *
 * They have no names: each lives as long as the processes inside it, and those end with this
 * process, also when it is killed. So nothing is ever left behind. Where users may have namespaces of
 * their own, no root is needed.
 *
 * @module
 */

import process from "node:process";
import { run } from "../interop/players.ts";
import { Child } from "./child.ts";

const IS_ROOT = process.getuid?.() === 0;

/** The kernel kills what runs behind this when the process that started it is gone. */
const DIE_WITH_PARENT = ["setpriv", "--pdeathsig=KILL"];

/** Keeps a namespace alive. */
const HOLD = [...DIE_WITH_PARENT, "sh", "-c", "echo made; exec sleep infinity"];

/** A set of namespaces that can be joined with one another. */
export class Namespaces {
  readonly #holders: Child[] = [];
  readonly #guests: Child[] = [];

  /** Makes one. Rejects where that is not allowed. */
  async make(): Promise<Namespace> {
    const [first] = this.#holders;
    const owner = IS_ROOT || first === undefined ? [] : enterUser(first.pid);
    const user = IS_ROOT || first !== undefined ? [] : ["--user", "--map-root-user"];
    const holder = new Child([...owner, "unshare", ...user, "--net", ...HOLD]);
    this.#holders.push(holder);
    await holder.line(/^made$/);
    return new Namespace(holder.pid, this.#guests);
  }

  /** Ends everything in them, and so themselves. */
  async close(): Promise<void> {
    await Promise.all([...this.#guests, ...this.#holders].map((child) => child.end()));
  }
}

/** One network namespace: a host or a router of its own. */
export class Namespace {
  /** A process inside it, which is how `ip` knows it. */
  readonly pid: number;
  readonly #guests: Child[];

  /** @param guests Where to note what is started in here. */
  constructor(pid: number, guests: Child[]) {
    this.pid = pid;
    this.#guests = guests;
  }

  /** The command that runs `command` in here. */
  command(command: readonly string[]): string[] {
    const enter = IS_ROOT ? ["nsenter", `--target=${this.pid}`] : enterUser(this.pid);
    return [...enter, "--net", ...DIE_WITH_PARENT, ...command];
  }

  /** Starts a program in here. */
  start(command: readonly string[]): Child {
    const child = new Child(this.command(command));
    this.#guests.push(child);
    return child;
  }

  /** Runs commands of `ip`, one to a line. */
  ip(commands: string): Promise<void> {
    return this.#feed(["ip", "-batch", "-"], commands);
  }

  /** Loads rules of `nft`. */
  nft(rules: string): Promise<void> {
    return this.#feed(["nft", "-f", "-"], rules);
  }

  /** Sets a setting below `/proc/sys`. */
  sysctl(path: string, value: string): Promise<void> {
    return this.#feed(["tee", `/proc/sys/${path}`], value);
  }

  async #feed(command: readonly string[], input: string): Promise<void> {
    const [program = "", ...args] = this.command(command);
    const stdin = new TextEncoder().encode(input);
    const { code, stderr } = await run(program, args, { stdin });
    if (code !== 0) throw new Error(`Cannot ${command.join(" ")}: ${stderr.trim()}`);
  }
}

function enterUser(pid: number): string[] {
  return ["nsenter", `--target=${pid}`, "--user", "--preserve-credentials"];
}
