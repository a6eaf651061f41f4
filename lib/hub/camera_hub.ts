/**
 * All cameras of one daemon, by name.
 *
 * @module
 */

import { type CameraAddress, cameraIdOf } from "../config/camera_address.ts";
import type { ControlOrder } from "../config/control_order.ts";
import type { CameraConfig } from "../config/daemon_config.ts";
import type { World } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import type { Duration } from "../machine.ts";
import type { CameraModel } from "./camera.ts";
import type { CameraStatus, WakeRecord } from "./camera_status.ts";
import type { Cause } from "./cause.ts";
import type {
  BudgetSpent,
  Hub,
  OpenOptions,
  OpenResult,
  PutResult,
  RemoveResult,
  SnapshotResult,
  StartOptions,
  StartResult,
  StopResult,
  UnknownCamera,
} from "./hub.ts";
import type { ControlResult } from "./hub.ts";
import { EventRing } from "./event_log.ts";
import { ForwardTable } from "./forward_table.ts";
import { waitForFrame } from "./frame_start.ts";
import { HubCamera } from "./hub_camera.ts";
import { parseHubPath } from "./hub_path.ts";
import { LinkError } from "./link/link_error.ts";
import { cannotListen, CLOSING, tooManyCameras } from "./refusals.ts";
import { sameValue } from "./same_value.ts";
import { Turnstile } from "./link/turnstile.ts";

/** Cameras of one daemon. */
export const MAX_CAMERAS = 256;

/** How long a start waits for a key frame unless told otherwise: Frigate gives up after 20 s. */
const FRAME_TIMEOUT: Duration = 18_000;

export interface CameraHubOptions {
  readonly world: World;
  readonly log: Log;
  /** How a camera is reached. */
  readonly modelOf: (address: CameraAddress) => CameraModel;
  /** Whether an error is a port that could not be had. */
  readonly isListenError: (error: unknown) => boolean;
  /** What the current group of pictures of a stream may take up. */
  readonly groupBytes?: number | undefined;
  /** A bug of ours came up; the hub is of no more use. */
  readonly onBug: (error: unknown) => void;
}

/** What a reload changed, by the names of cameras. */
export interface ReloadReport {
  readonly added: readonly string[];
  /** In place: their streams went on. */
  readonly changed: readonly string[];
  /** They had to be closed for it. */
  readonly restarted: readonly string[];
  readonly removed: readonly string[];
}

interface Entry {
  readonly camera: HubCamera;
  origin: CameraStatus["origin"];
}

export class CameraHub implements Hub {
  readonly events: EventRing;
  readonly #options: CameraHubOptions;
  readonly #forwards: ForwardTable;
  /** By name in small letters. */
  readonly #entries = new Map<string, Entry>();
  /** One change of the list at a time. */
  readonly #changes = new Turnstile();
  #isClosed = false;

  constructor(options: CameraHubOptions) {
    const { world, log } = options;
    this.#options = options;
    this.events = new EventRing(world.clock);
    this.#forwards = new ForwardTable({
      listenTcp: world.listenTcp,
      log,
      openPort: (name, port) => {
        const camera = this.#find(name)?.camera;
        return camera === undefined
          ? Promise.reject(new LinkError(REMOVED))
          : camera.openPort(port);
      },
      onConnections: (name, count) => {
        const camera = this.#find(name)?.camera;
        if (camera !== undefined) camera.ports = count;
      },
    });
  }

  list(): readonly CameraStatus[] {
    return [...this.#entries.values()].map((entry) => this.#status(entry));
  }

  get(name: string): CameraStatus | undefined {
    const entry = this.#find(name);
    return entry && this.#status(entry);
  }

  /** The address of a camera, secrets and all: for whoever reaches it by other means. */
  addressOf(name: string): CameraAddress | undefined {
    return this.#find(name)?.camera.config.address;
  }

  /**
   * The doctor reaches whatever camera is behind an address, on connections of its own: why it must
   * not, as the wake budget of one here is spent; or what to call once that is over.
   */
  visit(address: CameraAddress, cause: Cause): BudgetSpent | (() => void) {
    const id = cameraIdOf(address);
    const ends: (() => void)[] = [];
    for (const { camera } of this.#entries.values()) {
      if (cameraIdOf(camera.config.address) !== id) continue;
      const visit = camera.visit(cause);
      if (typeof visit !== "function") {
        for (const end of ends) end();
        return visit;
      }
      ends.push(visit);
    }
    return () => {
      for (const end of ends) end();
    };
  }

  async start(name: string, options: StartOptions): Promise<StartResult> {
    const entry = this.#find(name);
    if (entry === undefined) return UNKNOWN;
    const { camera } = entry;
    const refusal = await camera.lease(options.for, options.cause);
    if (refusal?.type === "failed") return { ...refusal, status: this.#status(entry) };
    if (refusal !== undefined) return refusal;
    if (options.wait === undefined) return { type: "started", status: this.#status(entry) };
    const { timeout = FRAME_TIMEOUT, signal } = options;
    const outcome = await waitForFrame(camera, this.#options.world.clock, timeout, signal);
    return outcome.type === "budget" ? outcome : { ...outcome, status: this.#status(entry) };
  }

  async stop(name: string, cause: Cause): Promise<StopResult> {
    const entry = this.#find(name);
    if (entry === undefined) return UNKNOWN;
    const closed = await entry.camera.stop(cause);
    return { type: "stopped", closed, status: this.#status(entry) };
  }

  put(config: CameraConfig): Promise<PutResult> {
    return this.#changes.pass(() => this.#put(config));
  }

  remove(name: string): Promise<RemoveResult> {
    return this.#changes.pass(async () => {
      const entry = this.#find(name);
      if (entry === undefined) return UNKNOWN;
      const others = this.#configs().filter((config) => config.name !== entry.camera.name);
      const commit = await this.#prepareForwards(others);
      await this.#remove(entry);
      await commit();
      return { type: "removed" };
    });
  }

  async snapshot(name: string, signal: AbortSignal): Promise<SnapshotResult> {
    return await this.#find(name)?.camera.snapshot(signal) ?? UNKNOWN;
  }

  async control(
    name: string,
    order: ControlOrder,
    cause: Cause,
    signal: AbortSignal,
  ): Promise<ControlResult> {
    const entry = this.#find(name);
    if (entry === undefined) return UNKNOWN;
    const outcome = await entry.camera.orders.give(order, cause, signal);
    return outcome.type === "done" ? { ...outcome, status: this.#status(entry) } : outcome;
  }

  wakes(name: string): readonly WakeRecord[] | undefined {
    return this.#find(name)?.camera.wakes;
  }

  async open(path: string, options: OpenOptions): Promise<OpenResult> {
    const parsed = parseHubPath(path);
    const entry = parsed && this.#find(parsed.name);
    if (parsed === undefined || entry === undefined) return UNKNOWN;
    return await entry.camera.open(parsed.words, parsed.peek, options);
  }

  /**
   * Has exactly these cameras, besides those added at run time. What is the same already is left
   * alone, streams and all. Rejects with `ListenError`, having changed nothing.
   */
  reload(configs: readonly CameraConfig[]): Promise<ReloadReport> {
    return this.#changes.pass(() => this.#reload(configs));
  }

  /** Closes every camera, and every connection to their ports. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#changes.pass(async () => {
      const cameras = [...this.#entries.values()].map(({ camera }) => camera);
      await Promise.all([
        this.#forwards.close(),
        ...cameras.map((camera) => camera.close("sightline is ending")),
      ]);
    });
  }

  async #put(wanted: CameraConfig): Promise<PutResult> {
    if (this.#isClosed) return CLOSING;
    const known = this.#find(wanted.name);
    const config = { ...wanted, name: known?.camera.name ?? wanted.name };
    if (known !== undefined && sameValue(known.camera.config, config)) {
      return { type: "unchanged", status: this.#status(known) };
    }
    if (known === undefined && this.#entries.size >= MAX_CAMERAS) {
      return tooManyCameras(MAX_CAMERAS);
    }
    try {
      const others = this.#configs().filter(({ name }) => name !== config.name);
      const commit = await this.#prepareForwards([...others, config]);
      const restarted = await this.#apply(known, config, "runtime");
      await commit();
      const status = this.#status(this.#entry(config.name));
      return known === undefined
        ? { type: "added", status }
        : { type: "changed", restarted, status };
    } catch (error) {
      if (!this.#options.isListenError(error)) throw error;
      return cannotListen(error instanceof Error ? error.message : String(error));
    }
  }

  async #reload(configs: readonly CameraConfig[]): Promise<ReloadReport> {
    const report = emptyReport();
    if (this.#isClosed) return report;
    const gone = this.#goneWith(configs);
    const names = new Set(configs.map(({ name }) => name.toLowerCase()));
    const kept = [...this.#entries.entries()].filter(([key, entry]) => {
      return !names.has(key) && !gone.includes(entry);
    });
    const all = [...configs, ...kept.map(([, { camera }]) => camera.config)];
    const commit = await this.#prepareForwards(all);
    for (const entry of gone) {
      await this.#remove(entry);
      report.removed.push(entry.camera.name);
    }
    for (const config of configs) {
      const known = this.#find(config.name);
      if (known !== undefined) known.origin = "config";
      if (sameValue(known?.camera.config, config)) continue;
      const restarted = await this.#apply(known, config, "config");
      const kind = known === undefined ? "added" : restarted ? "restarted" : "changed";
      report[kind].push(config.name);
    }
    await commit();
    this.#sort(all);
    return report;
  }

  /** Cameras of the file that it has no more; one spelled in another way now is another one. */
  #goneWith(configs: readonly CameraConfig[]): readonly Entry[] {
    const spelled = new Map(configs.map(({ name }) => [name.toLowerCase(), name]));
    return [...this.#entries.entries()].filter(([key, { camera, origin }]) => {
      const name = spelled.get(key);
      return name === undefined ? origin === "config" : name !== camera.name;
    }).map(([, entry]) => entry);
  }

  /** Adds a camera or changes the one that is known; returns whether it was closed for that. */
  async #apply(
    known: Entry | undefined,
    config: CameraConfig,
    origin: Entry["origin"],
  ): Promise<boolean> {
    const { name } = config;
    if (known !== undefined) {
      const isOther = !sameValue(known.camera.config.address, config.address);
      const model = isOther ? this.#options.modelOf(config.address) : undefined;
      const restarted = await known.camera.apply(config, model);
      this.events.add({ type: "camera", camera: name, change: "changed" });
      return restarted;
    }
    const { world, log, modelOf, groupBytes, onBug } = this.#options;
    this.events.add({ type: "camera", camera: name, change: "added" });
    const camera = new HubCamera({
      config,
      model: modelOf(config.address),
      world,
      log: log.with({ camera: name }),
      groupBytes,
      onEvent: (event) => this.events.add(event),
      onBug,
    });
    this.#entries.set(name.toLowerCase(), { camera, origin });
    return false;
  }

  async #remove({ camera }: Entry): Promise<void> {
    this.#entries.delete(camera.name.toLowerCase());
    await camera.close("it was removed");
    this.events.add({ type: "camera", camera: camera.name, change: "removed" });
  }

  #prepareForwards(configs: readonly CameraConfig[]): Promise<() => Promise<void>> {
    return this.#forwards.prepare(
      configs.map(({ name, forward }) => ({ camera: name, forwards: forward })),
    );
  }

  #sort(configs: readonly CameraConfig[]): void {
    for (const { name } of configs) {
      const key = name.toLowerCase();
      const entry = this.#entry(name);
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
  }

  #configs(): readonly CameraConfig[] {
    return [...this.#entries.values()].map(({ camera }) => camera.config);
  }

  #find(name: string): Entry | undefined {
    return this.#entries.get(name.toLowerCase());
  }

  #entry(name: string): Entry {
    const entry = this.#find(name);
    if (entry === undefined) throw new Error(`There must be a camera named ${name}`);
    return entry;
  }

  #status({ camera, origin }: Entry): CameraStatus {
    return { ...camera.status, origin, forwards: this.#forwards.of(camera.name) };
  }
}

type Names = { [Kind in keyof ReloadReport]: string[] };

function emptyReport(): Names {
  return { added: [], changed: [], restarted: [], removed: [] };
}

const UNKNOWN: UnknownCamera = { type: "unknown" };

const REMOVED = {
  reason: "local",
  stage: "closed",
  detail: "the camera was removed",
  advice: "",
} as const;
