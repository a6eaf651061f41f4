import { parseCameraAddress } from "../../lib/config/camera_address.ts";
import type { CameraConfig } from "../../lib/config/daemon_config.ts";
import { CameraHub } from "../../lib/hub/camera_hub.ts";
import type { CameraStatus } from "../../lib/hub/camera_status.ts";
import type { Cause } from "../../lib/hub/cause.ts";
import type { OpenResult, StartOptions, StartResult } from "../../lib/hub/hub.ts";
import type { EventData, HubEvent } from "../../lib/hub/hub_event.ts";
import { ListenError } from "../../lib/io/errors.ts";
import type { ByteStream, World } from "../../lib/io/types.ts";
import { silentLog } from "../../lib/log/log.ts";
import type { CloseReason, Duration, Endpoint } from "../../lib/machine.ts";
import type { AccessUnit } from "../../lib/media/track.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { FakeModel } from "./fake_camera.ts";
import { memoryStreams } from "./memory_stream.ts";
import { settled, VirtualClock } from "./virtual_clock.ts";

export const CRON: Cause = { by: "api", who: "cron" };

/** A camera's configuration: on demand, and with a serial number made of its name. */
export function camera(name: string, change: Partial<CameraConfig> = {}): CameraConfig {
  return {
    name,
    address: parseCameraAddress(`dahua://${name.toUpperCase().padEnd(12, "0")}`),
    mode: "on-demand",
    idle: 30_000,
    forward: [],
    wakeBudget: undefined,
    ...change,
  };
}

/** One who watches a stream. */
export class FakeViewer {
  readonly units: AccessUnit[] = [];
  ended: CloseReason | undefined;
  leave = () => {};

  constructor(result: OpenResult) {
    if (result.type !== "source") throw new Error(`Cannot watch: ${JSON.stringify(result)}`);
    this.leave = result.source.read({
      onUnit: (unit) => this.units.push(unit),
      onEnd: (reason) => this.ended = reason,
    });
  }
}

/** A hub of cameras that follow a script, in virtual time. */
export class HubWorld {
  readonly clock = new VirtualClock();
  readonly hub: CameraHub;
  readonly events: HubEvent[] = [];
  /** By serial number. */
  readonly models = new Map<string, FakeModel>();
  /** Ports somebody else has. */
  readonly taken = new Set<number>();
  /** Ports listened on, and how to connect to them. */
  readonly listening = new Map<number, (stream: ByteStream) => void>();
  /** Keeps pictures coming from every pull, ten a second, every tenth a key frame. */
  isFilming = true;
  #frames = 0;

  constructor() {
    const unused = () => Promise.reject(new Error("A fake camera has no network"));
    const world: World = {
      clock: this.clock,
      entropy: new Rng(1).entropy,
      listenTcp: (at, onStream) => this.#listen(at, onStream),
      dialTcp: unused,
      openUdp: unused,
      resolve: unused,
      resolveAll: unused,
      localAddresses: () => [],
      broadcastAddresses: () => [],
    };
    this.hub = new CameraHub({
      world,
      log: silentLog,
      modelOf: (address) => this.#model(address),
      isListenError: (error) => error instanceof ListenError,
      onBug: (error) => {
        throw error;
      },
    });
    this.hub.events.subscribe((event) => this.events.push(event));
  }

  /** A hub that has these cameras. */
  static async with(...configs: readonly CameraConfig[]): Promise<HubWorld> {
    const world = new HubWorld();
    await world.hub.reload(configs);
    return world;
  }

  /** What stands behind a camera of `camera()`. */
  model(name: string): FakeModel {
    return this.#model(camera(name).address);
  }

  status(name: string): CameraStatus {
    const status = this.hub.get(name);
    if (status === undefined) throw new Error(`There is no camera ${name}`);
    return status;
  }

  /** Events of one type about a camera. */
  told<Type extends EventData["type"]>(type: Type): Extract<HubEvent, { readonly type: Type }>[] {
    return this.events.filter((event): event is Extract<HubEvent, { readonly type: Type }> =>
      event.type === type
    );
  }

  /** The states a camera went through. */
  states(name: string): readonly string[] {
    return this.told("state").filter((event) => event.camera === name).map(({ state }) => state);
  }

  async pass(duration: Duration): Promise<void> {
    await settled();
    const step = duration > 600_000 ? 1_000 : 100;
    for (let left = duration; left > 0; left -= step) {
      this.clock.pass(Math.min(left, step));
      await settled();
      if (this.isFilming) this.#film();
      await settled();
    }
  }

  /** What a promise comes to while time passes. */
  async within<T>(duration: Duration, promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = () => isSettled = true;
    promise.then(settle, settle);
    await settled();
    for (let left = duration; left > 0 && !isSettled; left -= 100) await this.pass(100);
    if (!isSettled) throw new Error(`Cannot go on as a promise must settle within ${duration} ms`);
    return await promise;
  }

  start(name: string, options: Partial<StartOptions> = {}): Promise<StartResult> {
    return this.within(60_000, this.hub.start(name, { cause: CRON, ...options }));
  }

  open(path: string, who = "10.0.0.1"): Promise<OpenResult> {
    const { signal } = new AbortController();
    return this.within(60_000, this.hub.open(path, { cause: { by: "viewer", who }, signal }));
  }

  async watch(path: string): Promise<FakeViewer> {
    return new FakeViewer(await this.open(path));
  }

  /** Connects to a port of this machine. */
  connect(port: number): ByteStream {
    const accept = this.listening.get(port);
    if (accept === undefined) throw new Error(`Nothing listens on port ${port}`);
    const [client, server] = memoryStreams();
    accept(server);
    return client;
  }

  #film(): void {
    this.#frames += 1;
    for (const model of this.models.values()) {
      for (const pull of model.pulls) {
        if (!pull.closed) pull.unit(0, this.#frames / 10, this.#frames % 10 === 0);
      }
    }
  }

  #model(address: CameraConfig["address"]): FakeModel {
    if (address.vendor !== "dahua") throw new Error("There are Dahua cameras only");
    const known = this.models.get(address.serial) ?? new FakeModel(address);
    this.models.set(address.serial, known);
    return known;
  }

  #listen(at: Endpoint, onStream: (stream: ByteStream) => void) {
    if (this.taken.has(at.port) || this.listening.has(at.port)) {
      return Promise.reject(new ListenError("in-use", `Cannot listen on TCP port ${at.port}`));
    }
    this.listening.set(at.port, onStream);
    return Promise.resolve({
      local: at,
      close: () => {
        this.listening.delete(at.port);
        return Promise.resolve();
      },
    });
  }
}
