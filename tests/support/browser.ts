/** A real browser without a screen, driven over the DevTools protocol. @module */

import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** How long a browser may take to start, and a page to come to what is waited for. */
const PATIENCE = 30_000;

const ARGUMENTS = [
  "--headless=new",
  "--remote-debugging-port=0",
  "--no-first-run",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-extensions",
  "--disable-background-networking",
  "--mute-audio",
  // As root there is no sandbox to be had; it only ever sees pages of our own.
  "--no-sandbox",
];

export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly dark?: boolean;
  /** A finger instead of a mouse. */
  readonly touch?: boolean;
  readonly reducedMotion?: boolean;
}

/** Something a page wrote to its console, or an error nobody caught. */
export interface Complaint {
  readonly kind: string;
  readonly text: string;
}

/** Calls of one connection to the browser, and what it tells by itself. */
class Wire {
  readonly #socket: WebSocket;
  readonly #calls = new Map<number, PromiseWithResolvers<Readonly<Record<string, unknown>>>>();
  readonly #listeners = new Map<string, (params: Readonly<Record<string, unknown>>) => void>();
  #number = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(String(data))));
    socket.addEventListener("close", () => {
      for (const call of this.#calls.values()) call.reject(new Error("The browser has gone"));
    });
  }

  static async open(url: string): Promise<Wire> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", () => reject(new Error(`Cannot reach ${url}`)));
    });
    return new Wire(socket);
  }

  async call(method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#number;
    const call = Promise.withResolvers<Readonly<Record<string, unknown>>>();
    this.#calls.set(id, call);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return await call.promise;
  }

  on(event: string, listener: (params: Readonly<Record<string, unknown>>) => void): void {
    this.#listeners.set(event, listener);
  }

  close(): void {
    this.#socket.close();
  }

  #take(message: {
    readonly id?: number;
    readonly method?: string;
    readonly params?: Readonly<Record<string, unknown>>;
    readonly result?: Readonly<Record<string, unknown>>;
    readonly error?: { readonly message: string };
  }): void {
    if (message.method !== undefined) this.#listeners.get(message.method)?.(message.params ?? {});
    const call = message.id === undefined ? undefined : this.#calls.get(message.id);
    if (message.id !== undefined) this.#calls.delete(message.id);
    if (message.error === undefined) call?.resolve(message.result ?? {});
    else call?.reject(new Error(message.error.message));
  }
}

/** What the browser says of a question whose page has gone before it was answered. */
const NAVIGATED = /navigated or closed|context was destroyed/;

/** An expression that is settled in the page: whether another one became true in time. */
function lookFor(expression: string, ends: number): string {
  return `new Promise((resolve) => {
    const look = () => {
      let is = false;
      try { is = Boolean(${expression}); } catch {}
      if (is || Date.now() > ${ends}) resolve(is);
      else setTimeout(look, 50);
    };
    look();
  })`;
}

/** One tab. */
export class Page {
  readonly complaints: Complaint[] = [];
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
    wire.on("Runtime.exceptionThrown", ({ exceptionDetails }) => {
      const { text, exception } = exceptionDetails as {
        text: string;
        exception?: { description?: string };
      };
      this.complaints.push({ kind: "exception", text: exception?.description ?? text });
    });
    wire.on("Log.entryAdded", ({ entry }) => {
      const { level, text, url } = entry as { level: string; text: string; url?: string };
      this.complaints.push({ kind: level, text: `${text} ${url ?? ""}` });
    });
    wire.on("Runtime.consoleAPICalled", ({ type, args }) => {
      const said = args as { value?: unknown; description?: string }[];
      const text = said.map(({ value, description }) => String(value ?? description)).join(" ");
      this.complaints.push({ kind: String(type), text });
    });
  }

  async show({ width, height, dark = false, touch = false, reducedMotion = false }: Screen) {
    const metrics = { width, height, deviceScaleFactor: touch ? 2 : 1, mobile: touch };
    await this.#wire.call("Emulation.setDeviceMetricsOverride", metrics);
    await this.#wire.call("Emulation.setTouchEmulationEnabled", { enabled: touch });
    await this.#wire.call("Emulation.setEmulatedMedia", {
      features: [
        { name: "prefers-color-scheme", value: dark ? "dark" : "light" },
        { name: "prefers-reduced-motion", value: reducedMotion ? "reduce" : "no-preference" },
      ],
    });
  }

  async goTo(url: string): Promise<void> {
    await this.#wire.call("Page.navigate", { url });
    await this.until("document.readyState === 'complete'");
  }

  /** The value of an expression in the page, awaited; as far as JSON can carry it. */
  async value<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#wire.call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    }) as {
      result: { value?: T };
      exceptionDetails?: { text: string; exception?: { description?: string } };
    };
    if (exceptionDetails !== undefined) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value as T;
  }

  /**
   * Resolves once an expression is true, of the page that is there then: it may load anew meanwhile.
   * Rejects when that takes too long.
   */
  async until(expression: string, patience = PATIENCE): Promise<void> {
    const ends = Date.now() + patience;
    let reached: boolean | undefined;
    while (reached === undefined) {
      reached = await this.value<boolean>(lookFor(expression, ends)).catch((error) => {
        if (NAVIGATED.test(String(error)) && Date.now() < ends) return undefined;
        throw error;
      });
    }
    if (!reached) throw new Error(`Waited ${patience} ms in vain for ${expression}`);
  }

  /** Presses a key as a person does: `Tab`, `Enter`, ` `. */
  async press(key: string): Promise<void> {
    const codes: Record<string, readonly [string, number]> = {
      Tab: ["", 9],
      Enter: ["\r", 13],
      " ": [" ", 32],
    };
    const [text, windowsVirtualKeyCode] = codes[key] ?? [key, key.charCodeAt(0)];
    const common = { key, code: key === " " ? "Space" : key, windowsVirtualKeyCode };
    const type = text === "" ? "rawKeyDown" : "keyDown";
    await this.#wire.call("Input.dispatchKeyEvent", { type, ...common, text });
    await this.#wire.call("Input.dispatchKeyEvent", { type: "keyUp", ...common });
  }

  async insert(text: string): Promise<void> {
    await this.#wire.call("Input.insertText", { text });
  }

  /** Writes a picture of the page, of all of it where `whole` says so. */
  async screenshot(file: string, whole = false): Promise<void> {
    const { data } = await this.#wire.call("Page.captureScreenshot", {
      format: "png",
      captureBeyondViewport: whole,
    });
    await writeFile(file, Buffer.from(String(data), "base64"));
  }

  async close(): Promise<void> {
    await this.#wire.call("Page.close").catch(() => {});
    this.#wire.close();
  }
}

export class Browser {
  readonly #port: string;
  readonly #end: () => Promise<void>;

  private constructor(port: string, end: () => Promise<void>) {
    this.#port = port;
    this.#end = end;
  }

  static async launch(command = "chromium"): Promise<Browser> {
    const folder = await mkdtemp(join(tmpdir(), "sightline-browser-"));
    // A group of its own, as it starts many processes.
    const child = spawn(command, [...ARGUMENTS, `--user-data-dir=${folder}`, "about:blank"], {
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    const gone = new Promise((resolve) => child.on("close", resolve));
    const kill = () => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    };
    const end = async () => {
      kill();
      await gone;
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    };
    const port = await new Promise<string>((resolve, reject) => {
      let said = "";
      const timer = setTimeout(() => reject(new Error(`It does not start: ${said}`)), PATIENCE);
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const found = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(said)?.[1];
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      });
      child.on("error", reject);
      void gone.then(() => reject(new Error(`It has ended: ${said}`)));
    });
    return new Browser(port, end);
  }

  /** A new tab with nothing in it. */
  async open(screen: Screen): Promise<Page> {
    const url = `http://127.0.0.1:${this.#port}/json/new?about:blank`;
    const response = await fetch(url, { method: "PUT" });
    const { webSocketDebuggerUrl } = await response.json() as { webSocketDebuggerUrl: string };
    const wire = await Wire.open(webSocketDebuggerUrl);
    const page = new Page(wire);
    for (const domain of ["Page", "Runtime", "Log"]) await wire.call(`${domain}.enable`);
    await page.show(screen);
    return page;
  }

  async close(): Promise<void> {
    await this.#end();
  }
}
