/** A real MQTT broker and its clients, as child processes. @module */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { listenTcp } from "../../lib/io/tcp.ts";

/** Debian has the broker where only root looks. */
const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` };

/** `false` where broker and clients are here, otherwise the reason to skip. */
export function mosquittoMissing(): string | false {
  for (const command of ["mosquitto", "mosquitto_sub", "mosquitto_pub"]) {
    const { error } = spawnSync(command, ["--help"], { stdio: "ignore", env });
    if (error !== undefined) return `${command} is not installed`;
  }
  return false;
}

export interface Message {
  readonly topic: string;
  readonly retained: boolean;
  readonly payload: Uint8Array;
  readonly text: string;
}

export interface BrokerOptions {
  /** The only account there is; anybody may connect without one. */
  readonly account?: { readonly user: string; readonly password: string };
  /** PEM files: the broker speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** What somebody sees who subscribes to everything. */
export class Subscriber {
  readonly messages: Message[] = [];
  readonly #child: ChildProcess;
  #waiting: (() => void)[] = [];

  constructor(args: readonly string[]) {
    const format = ["-F", "%r %t %x"];
    this.#child = spawn("mosquitto_sub", [...args, "-q", "1", "-t", "#", ...format], { env });
    let rest = "";
    this.#child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#add(line);
      const woken = this.#waiting;
      this.#waiting = [];
      for (const wake of woken) wake();
    });
  }

  /** The latest message of a topic. */
  last(topic: string): Message | undefined {
    return this.messages.findLast((message) => message.topic === topic);
  }

  /** Resolves with the first message, from the `from`th on, that is as wanted. */
  async message(
    isWanted: (message: Message) => boolean,
    { from = 0, limit = 15_000 } = {},
  ): Promise<Message> {
    const end = performance.now() + limit;
    for (;;) {
      const found = this.messages.slice(from).find(isWanted);
      if (found !== undefined) return found;
      if (performance.now() > end) {
        const seen = this.messages.map(({ topic, text }) => `${topic} ${text.slice(0, 80)}`);
        throw new Error(`No such message came: ${isWanted}; but\n${seen.join("\n")}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  async close(): Promise<void> {
    await kill(this.#child, "SIGTERM");
  }

  #add(line: string): void {
    const [retained, topic = "", hex = ""] = line.split(" ");
    const payload = Uint8Array.fromHex(hex);
    const text = new TextDecoder().decode(payload);
    this.messages.push({ topic, retained: retained === "1", payload, text });
  }
}

/** A broker that remembers nothing over a restart. */
export class Broker {
  readonly port: number;
  readonly #folder: string;
  readonly #account: BrokerOptions["account"];
  readonly #log: string[] = [];
  #child: ChildProcess | undefined;

  private constructor(port: number, folder: string, options: BrokerOptions) {
    this.port = port;
    this.#folder = folder;
    this.#account = options.account;
  }

  static async start(options: BrokerOptions = {}): Promise<Broker> {
    const folder = await mkdtemp(join(tmpdir(), "sightline-mosquitto-"));
    const broker = new Broker(await freePort(), folder, options);
    await broker.#configure(options);
    await broker.restart();
    return broker;
  }

  /** Lines of its log. */
  get log(): readonly string[] {
    return this.#log;
  }

  async restart(): Promise<void> {
    const child = spawn("mosquitto", ["-v", "-c", join(this.#folder, "broker.conf")], { env });
    this.#child = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#log.push(...text.split("\n"));
    });
    for (let tries = 0; tries < 100; tries++) {
      if (await answers(this.port)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`mosquitto does not start: ${this.#log.slice(-5).join(" | ")}`);
  }

  /** As a power cut does it. */
  async kill(): Promise<void> {
    await kill(this.#child, "SIGKILL");
  }

  subscribe(): Subscriber {
    return new Subscriber(this.#clientArgs);
  }

  async publish(topic: string, payload: string, ...more: readonly string[]): Promise<void> {
    const args = [...this.#clientArgs, "-q", "1", "-t", topic, "-m", payload, ...more];
    const [code] = await once(spawn("mosquitto_pub", args, { env }), "close");
    if (code !== 0) throw new Error(`mosquitto_pub ended with ${code}`);
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true });
  }

  get #clientArgs(): readonly string[] {
    const account = this.#account === undefined
      ? []
      : ["-u", this.#account.user, "-P", this.#account.password];
    return ["-h", "127.0.0.1", "-p", String(this.port), ...account];
  }

  async #configure({ account, tls }: BrokerOptions): Promise<void> {
    const lines = [
      `listener ${this.port} 127.0.0.1`,
      `allow_anonymous ${account === undefined}`,
      // It would change to a user who may not read this folder.
      ...(process.getuid?.() === 0 ? ["user root"] : []),
    ];
    if (tls !== undefined) lines.push(`certfile ${tls.cert}`, `keyfile ${tls.key}`);
    if (account !== undefined) {
      const file = join(this.#folder, "passwords");
      const args = ["-b", "-c", file, account.user, account.password];
      const { status, stderr } = spawnSync("mosquitto_passwd", args, { env, encoding: "utf8" });
      if (status !== 0) throw new Error(`mosquitto_passwd failed: ${stderr}`);
      lines.push(`password_file ${file}`);
    }
    await writeFile(join(this.#folder, "broker.conf"), `${lines.join("\n")}\n`);
  }
}

async function freePort(): Promise<number> {
  const listener = await listenTcp({ address: "127.0.0.1", port: 0 }, () => {});
  await listener.close();
  return listener.local.port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function kill(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}
