import { parseCameraAddress } from "../../lib/config/camera_address.ts";
import type { LogFields, LogLevel } from "../../lib/log/log.ts";
import { Log } from "../../lib/log/log.ts";
import { Secret } from "../../lib/config/secret.ts";
import { createApp } from "../../routes/app.ts";
import type { App, AppOptions } from "../../routes/app_options.ts";
import { FakeHub } from "./fake_hub.ts";
import { VirtualClock } from "./virtual_clock.ts";

export interface Logged {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** The API on a fake hub, without a socket. */
export interface ApiWorld {
  readonly app: App;
  readonly appOptions: AppOptions;
  readonly hub: FakeHub;
  readonly clock: VirtualClock;
  readonly logged: readonly Logged[];
  /** Sends a request to a path, from 127.0.0.1 unless told otherwise. */
  request(path: string, init?: RequestInit & { readonly peer?: string }): Promise<Response>;
}

export const TOKEN = "t0ken-of-cron";

/** The header a caller with the token sends. */
export const BEARER = { Authorization: `Bearer ${TOKEN}` };

export interface ApiWorldOptions extends Partial<AppOptions> {
  readonly tokens?: readonly string[];
  readonly allowedHosts?: readonly string[];
  readonly allowedOrigins?: readonly string[];
}

export function apiWorld(options: ApiWorldOptions = {}): ApiWorld {
  const { tokens = [], allowedHosts = [], allowedOrigins = [], ...rest } = options;
  const clock = new VirtualClock();
  const hub = new FakeHub(clock, "front", "yard");
  const logged: Logged[] = [];
  const appOptions: AppOptions = {
    hub,
    settings: () => ({
      tokens: tokens.map((token, i) => ({ name: `token-${i}`, token: new Secret(token) })),
      allowedHosts,
      allowedOrigins,
    }),
    listening: () => ({ address: "127.0.0.1", port: 8580 }),
    rtsp: () => ({ address: "127.0.0.1", port: 8554 }),
    readiness: () => [{ name: "api", ok: true }],
    processStats: () => ({
      residentBytes: 50_000_000,
      heapBytes: 20_000_000,
      cpuSeconds: 1.5,
      uptimeSeconds: 60,
    }),
    doctor: {
      begin: (_request, onLine) => {
        onLine({ event: "verdict", type: "works", cause: "x", remedy: "x", exitCode: 0 });
        return Promise.resolve();
      },
      addressOf: (name) =>
        hub.get(name) === undefined ? undefined : parseCameraAddress("dahua://4K0123PAZ00001"),
      visit: () => () => {},
    },
    version: { version: "0.1.0", runtime: "Deno 2" },
    clock,
    log: new Log((level, message, fields) => logged.push({ level, message, fields })),
    ...rest,
  };
  const app = createApp(appOptions);
  return {
    app,
    appOptions,
    hub,
    clock,
    logged,
    request(path, { peer = "127.0.0.1", ...init } = {}) {
      const headers = new Headers(init.headers);
      if (!headers.has("host")) headers.set("host", "127.0.0.1:8580");
      const request = new Request(`http://127.0.0.1:8580${path}`, { ...init, headers });
      return app.fetch(request, peer);
    },
  };
}

/** A problem, as programs read it. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly camera?: string;
  readonly stage?: string;
  readonly advice?: string;
}

export async function problemOf(response: Response): Promise<ProblemBody> {
  return await response.json() as ProblemBody;
}
