/**
 * The parts of the daemon, joined: cameras, RTSP server, HTTP control plane, webhooks and MQTT; and
 * how another configuration is put in force without touching what is the same.
 *
 * @module
 */

import { isLoopback } from "../config/config_checks.ts";
import { ConfigError } from "../config/config_error.ts";
import type { ApiConfig, DaemonConfig } from "../config/daemon_config.ts";
import { formatEndpoint, sameEndpoint } from "../endpoint.ts";
import { CameraHub, type ReloadReport } from "../hub/camera_hub.ts";
import { cameraModel } from "../hub/camera_model.ts";
import { findSource } from "../hub/find_source.ts";
import { ListenError } from "../io/errors.ts";
import { type HttpServer, serveHttp } from "../io/http.ts";
import { processStats } from "../io/process_stats.ts";
import type { World } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import type { Endpoint } from "../machine.ts";
import { type RtspServer, startRtspServer } from "../rtsp/server/server.ts";
import { reportEvents } from "./event_report.ts";
import { LazyApp } from "./lazy_app.ts";
import type { MemoryLimits } from "./low_memory.ts";
import { Outlets } from "./outlets.ts";
import { FlightLog } from "./flight_log.ts";
import { programVersion } from "./commands/version.ts";

export interface DaemonOptions {
  readonly world: World;
  /** The world as cameras have it, where that is another: one that is captured. */
  readonly cameraWorld?: World;
  readonly log: Log;
  readonly limits?: MemoryLimits;
  /** A bug of ours came up. */
  readonly onBug: (error: unknown) => void;
}

/** A server that can be replaced by one that listens elsewhere. */
interface Server<Kind> {
  readonly listen: Endpoint;
  readonly server: Kind;
}

export class Daemon {
  readonly hub: CameraHub;
  readonly #options: DaemonOptions;
  readonly #app: LazyApp;
  readonly #outlets: Outlets;
  readonly #flights: FlightLog | undefined;
  #config: DaemonConfig;
  #rtsp: Server<RtspServer> | undefined;
  #http: Server<HttpServer> | undefined;

  private constructor(config: DaemonConfig, options: DaemonOptions) {
    const { world, cameraWorld = world, log, limits = {}, onBug } = options;
    this.#config = config;
    this.#options = options;
    if (config.recorder !== undefined) {
      const names = () => this.hub.list().map(({ name }) => name);
      this.#flights = new FlightLog(config.recorder, world, log, names);
    }
    this.hub = new CameraHub({
      world: cameraWorld,
      log,
      modelOf: this.#flights?.modelOf ?? cameraModel,
      isListenError: (error) => error instanceof ListenError,
      groupBytes: limits.groupBytes,
      onBug,
    });
    reportEvents(this.hub.events, log);
    this.#flights?.watch(this.hub.events, (name) => {
      return this.#config.cameras.find((camera) => camera.name === name)?.address;
    });
    this.#outlets = new Outlets(this.hub, options);
    this.#app = new LazyApp({
      hub: this.hub,
      settings: () => this.#config.api,
      listening: () => this.#http?.server.local ?? this.#config.api.listen,
      rtsp: () => this.rtsp,
      readiness: () => [
        { name: "rtsp", ok: this.#rtsp !== undefined },
        { name: "api", ok: this.#http !== undefined },
      ],
      processStats,
      addressOf: (name) => this.hub.addressOf(name),
      visit: (address, cause) => this.hub.visit(address, cause),
      cameraWorld,
      webhooks: () => this.#outlets.webhookFigures,
      isMqttConnected: () => this.#outlets.isMqttConnected,
      version: programVersion(),
      clock: world.clock,
      log,
    });
  }

  /** Rejects with `ListenError` or `ConfigError`, having ended what it had begun. */
  static async start(config: DaemonConfig, options: DaemonOptions): Promise<Daemon> {
    checkGuarded(config.api);
    const daemon = new Daemon(config, options);
    await daemon.#flights?.prepare();
    try {
      daemon.#rtsp = await daemon.#startRtsp(config.rtsp.listen);
      daemon.#http = await daemon.#startHttp(config.api.listen);
      await daemon.hub.reload(config.cameras);
      await daemon.#outlets.configure(config);
      daemon.#warn();
      return daemon;
    } catch (error) {
      await daemon.close();
      throw error;
    }
  }

  /** Where RTSP is served. */
  get rtsp(): Endpoint {
    return this.#rtsp?.server.endpoint ?? this.#config.rtsp.listen;
  }

  /** Where the API is served. */
  get http(): Endpoint {
    return this.#http?.server.local ?? this.#config.api.listen;
  }

  /**
   * Puts another configuration in force; what is the same goes on untouched. Rejects with
   * `ListenError` or `ConfigError`, having changed nothing.
   */
  async reload(config: DaemonConfig): Promise<ReloadReport> {
    checkGuarded(config.api);
    const { rtsp, api } = config;
    const [oldRtsp, oldHttp] = [this.#rtsp, this.#http];
    let newRtsp = oldRtsp;
    let newHttp = oldHttp;
    try {
      if (!isAt(oldRtsp, rtsp.listen)) newRtsp = await this.#startRtsp(rtsp.listen);
      if (!isAt(oldHttp, api.listen)) newHttp = await this.#startHttp(api.listen);
      const report = await this.hub.reload(config.cameras);
      this.#config = config;
      [this.#rtsp, this.#http] = [newRtsp, newHttp];
      if (newRtsp !== oldRtsp) await oldRtsp?.server.close();
      if (newHttp !== oldHttp) await oldHttp?.server.close();
      await this.#outlets.configure(config);
      this.#warn();
      return report;
    } catch (error) {
      if (newRtsp !== oldRtsp) await newRtsp?.server.close();
      if (newHttp !== oldHttp) await newHttp?.server.close();
      throw error;
    }
  }

  /** Ends everything in order: viewers first, then cameras, with those who wait for them. */
  async close(): Promise<void> {
    await this.#app.close();
    await this.#rtsp?.server.close();
    await Promise.all([this.#http?.server.close(), this.hub.close()]);
    await this.#outlets.close();
    await this.#flights?.close();
  }

  async #startRtsp(listen: Endpoint): Promise<Server<RtspServer>> {
    const { world, log, limits = {} } = this.#options;
    const users = () => this.#config.rtsp.users;
    const server = await startRtspServer(world, {
      listen,
      find: findSource(this.hub),
      openUdp: world.openUdp,
      log,
      ...limits,
      // Asked for each connection, as a reload may change it.
      get users() {
        const present = users();
        return present.length === 0 ? undefined : present;
      },
    });
    return { listen, server };
  }

  async #startHttp(listen: Endpoint): Promise<Server<HttpServer>> {
    const { log } = this.#options;
    const answer = (request: Request, peer: Endpoint) => this.#app.fetch(request, peer.address);
    const server = await serveHttp(listen, answer, (error) => {
      log.error("a request failed, which is a bug of ours", { error: stackOf(error) });
    });
    return { listen, server };
  }

  /** Tells of what is as configured, and may be other than expected. */
  #warn(): void {
    const { log } = this.#options;
    const { rtsp } = this.#config;
    if (!isLoopback(rtsp.listen) && rtsp.users.length === 0) {
      const listen = formatEndpoint(rtsp.listen);
      log.warn("everybody in this network may watch: rtsp.users is empty", { listen });
    }
  }
}

/** Throws `ConfigError` where everybody in the network could have the cameras. */
function checkGuarded({ listen, tokens }: ApiConfig): void {
  if (isLoopback(listen) || tokens.length > 0) return;
  throw new ConfigError(
    `api.listen must be on loopback unless there is a token: is ${formatEndpoint(listen)}`,
  );
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

function isAt(server: Server<unknown> | undefined, listen: Endpoint): boolean {
  return server !== undefined && sameEndpoint(server.listen, listen);
}
