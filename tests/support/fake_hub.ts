import type { ControlOrder } from "../../lib/config/control_order.ts";
import type { CameraConfig } from "../../lib/config/daemon_config.ts";
import type { CameraStatus, WakeRecord } from "../../lib/hub/camera_status.ts";
import type { Cause } from "../../lib/hub/cause.ts";
import type {
  Hub,
  OpenOptions,
  OpenResult,
  PutResult,
  SnapshotResult,
  StartOptions,
  StartResult,
} from "../../lib/hub/hub.ts";
import type { ControlResult } from "../../lib/hub/hub.ts";
import { EventRing } from "../../lib/hub/event_log.ts";
import type { Clock } from "../../lib/io/types.ts";

/** A camera at rest, as the hub shows it. */
export function idleStatus(name: string, changes: Partial<CameraStatus> = {}): CameraStatus {
  return {
    name,
    vendor: "dahua",
    mode: "on-demand",
    state: "idle",
    since: 1_700_000_000_000,
    way: undefined,
    stage: undefined,
    paths: [`/${name}`, `/${name}/sub`],
    streams: [],
    viewers: 0,
    bytes: { received: {}, sent: 0 },
    rtt: undefined,
    loss: undefined,
    counters: { pulls: 0, stalls: 0, reconnects: 0, wakes: 0, failures: 0, retransmits: 0 },
    lease: undefined,
    retryAt: undefined,
    lastError: undefined,
    battery: undefined,
    controls: undefined,
    keyframeAge: undefined,
    handshake: [],
    forwards: [],
    origin: "config",
    ...changes,
  };
}

/** What a camera looks like that has everything. */
export function openStatus(name: string): CameraStatus {
  const at = 1_700_000_000_000;
  return idleStatus(name, {
    vendor: "reolink",
    state: "open",
    way: "relay",
    viewers: 2,
    streams: [{
      path: `/${name}`,
      state: "open",
      viewers: 2,
      tracks: ["H264", "PCMA"],
      keyframeAge: 412.123456,
    }],
    bytes: { received: { relay: 1_234_567, lan: 89 }, sent: 2_000_000 },
    rtt: 61.5,
    loss: 0.01,
    counters: { pulls: 1, stalls: 2, reconnects: 3, wakes: 4, failures: 5, retransmits: 6 },
    lease: { until: at + 600_000 },
    lastError: {
      reason: "timeout",
      stage: "punching",
      detail: "the camera did not answer",
      advice: "Try way=relay.",
      at,
    },
    battery: { percent: 80, charging: false, at },
    controls: [
      { type: "light" },
      { type: "siren" },
      { type: "led" },
      { type: "pir" },
      { type: "ptz", directions: ["left", "right", "up", "down"] },
      { type: "preset", presets: [{ id: 3, name: "gate" }, { id: 4, name: "" }] },
      { type: "zoom", min: 1_000, max: 5_000 },
      { type: "reboot" },
    ],
    keyframeAge: 412.123456,
    handshake: [
      { stage: "locating", at, duration: 120, outcome: "ok" },
      { stage: "punching", at: at + 120, duration: undefined, outcome: "running" },
    ],
    forwards: [{ listen: "127.0.0.1:8081", devicePort: 80 }],
  });
}

/** A hub that does what a test tells it, and remembers what it was told. */
export class FakeHub implements Hub {
  readonly events: EventRing;
  readonly cameras = new Map<string, CameraStatus>();
  readonly starts: { readonly name: string; readonly options: StartOptions }[] = [];
  readonly stops: { readonly name: string; readonly cause: Cause }[] = [];
  readonly puts: CameraConfig[] = [];
  readonly orders: {
    readonly name: string;
    readonly order: ControlOrder;
    readonly cause: Cause;
  }[] = [];
  /** What `control` answers for a camera that is there. */
  onControl: (status: CameraStatus, signal: AbortSignal) => ControlResult | Promise<ControlResult> =
    (status) => ({ type: "done", status });
  /** What `start` answers for a camera that is there. */
  onStart: (status: CameraStatus, options: StartOptions) => StartResult | Promise<StartResult> = (
    status,
    { wait },
  ) => wait ? { type: "frame", status, keyframeAge: 40 } : { type: "started", status };
  onPut: ((config: CameraConfig) => PutResult) | undefined;
  onOpen: Hub["open"] = () => Promise.resolve({ type: "unknown" });
  picture: SnapshotResult = { type: "none", detail: "it was never open", advice: "Start it." };
  records: readonly WakeRecord[] = [];

  constructor(clock: Clock, ...names: readonly string[]) {
    this.events = new EventRing(clock);
    for (const name of names) this.cameras.set(name, idleStatus(name));
  }

  list(): readonly CameraStatus[] {
    return [...this.cameras.values()];
  }

  get(name: string): CameraStatus | undefined {
    return this.list().find((camera) => camera.name.toLowerCase() === name.toLowerCase());
  }

  async start(name: string, options: StartOptions): Promise<StartResult> {
    const status = this.get(name);
    if (status === undefined) return { type: "unknown" };
    this.starts.push({ name, options });
    return await this.onStart(status, options);
  }

  stop(name: string, cause: Cause): ReturnType<Hub["stop"]> {
    const status = this.get(name);
    this.stops.push({ name, cause });
    return Promise.resolve(
      status === undefined ? { type: "unknown" } : { type: "stopped", closed: true, status },
    );
  }

  put(config: CameraConfig): Promise<PutResult> {
    this.puts.push(config);
    if (this.onPut !== undefined) return Promise.resolve(this.onPut(config));
    const known = this.get(config.name);
    const status = known ?? idleStatus(config.name, { origin: "runtime" });
    this.cameras.set(status.name, status);
    return Promise.resolve(
      known === undefined
        ? { type: "added", status }
        : { type: "changed", restarted: false, status },
    );
  }

  remove(name: string): ReturnType<Hub["remove"]> {
    const status = this.get(name);
    if (status === undefined) return Promise.resolve({ type: "unknown" });
    this.cameras.delete(status.name);
    return Promise.resolve({ type: "removed" });
  }

  snapshot(name: string): Promise<SnapshotResult> {
    return Promise.resolve(this.get(name) === undefined ? { type: "unknown" } : this.picture);
  }

  async control(
    name: string,
    order: ControlOrder,
    cause: Cause,
    signal: AbortSignal,
  ): Promise<ControlResult> {
    const status = this.get(name);
    if (status === undefined) return { type: "unknown" };
    this.orders.push({ name, order, cause });
    return await this.onControl(status, signal);
  }

  wakes(name: string): readonly WakeRecord[] | undefined {
    return this.get(name) === undefined ? undefined : this.records;
  }

  open(path: string, options: OpenOptions): Promise<OpenResult> {
    return this.onOpen(path, options);
  }
}
