import type { CameraAddress } from "../../lib/config/camera_address.ts";
import type { ControlOrder } from "../../lib/config/control_order.ts";
import type { Camera, CameraModel, CameraOptions } from "../../lib/hub/camera.ts";
import type { LinkFigures } from "../../lib/hub/link/link.ts";
import { LinkError } from "../../lib/hub/link/link_error.ts";
import type { Pull } from "../../lib/hub/media/media_path.ts";
import { MachineStream } from "../../lib/io/machine_stream.ts";
import type { AccessUnit } from "../../lib/media/track.ts";
import type { TunnelEnd } from "../../lib/tunnel_end.ts";
import { FakePull, PULL_AUDIO, PULL_VIDEO } from "./fake_pull.ts";

/** What becomes of an attempt to connect, or to pull over a connection. */
export type Fate = "ok" | "hang" | TunnelEnd;

const CLOSED: TunnelEnd = { reason: "local", stage: "closed", detail: "closed", advice: "" };

/** The cameras behind one address, one after the other, whose fate a test decides. */
export class FakeModel implements CameraModel {
  readonly streams = ["", "sub"];
  readonly address: CameraAddress;
  /** Of the attempts to come; those after its end are `ok`. */
  connectFates: Fate[] = [];
  pullFates: Fate[] = [];
  /** Whether the camera has a command for pictures. */
  hasSnapshot = false;
  /** What the camera does with an order; where it is left out, the camera takes none. */
  onOrder: ((order: ControlOrder, signal: AbortSignal) => Promise<boolean>) | undefined;
  /** Attempts to connect so far. */
  connects = 0;
  readonly cameras: FakeCamera[] = [];
  readonly pulls: (FakePull & { stream?: string })[] = [];

  constructor(address: CameraAddress) {
    this.address = address;
  }

  /** The one in use now. */
  get camera(): FakeCamera {
    const camera = this.cameras.at(-1);
    if (camera === undefined) throw new Error("Nobody has made a camera");
    return camera;
  }

  /** The pull that began last. */
  get pull(): FakePull {
    const pull = this.pulls.at(-1);
    if (pull === undefined) throw new Error("Nobody has pulled");
    return pull;
  }

  /** Pulls that go on. */
  get open(): number {
    return this.pulls.filter(({ closed }) => !closed).length;
  }

  streamName(words: readonly string[]): string | undefined {
    const name = words.join("/");
    return /^(|sub|third|ch\d+)$/.test(name) ? name : undefined;
  }

  connect(options: CameraOptions): FakeCamera {
    const camera = new FakeCamera(this, options);
    this.cameras.push(camera);
    return camera;
  }
}

export class FakeCamera implements Camera {
  readonly snapshot?: (signal: AbortSignal) => Promise<Uint8Array>;
  readonly control?: (order: ControlOrder, signal: AbortSignal) => Promise<boolean>;
  readonly #model: FakeModel;
  readonly #options: CameraOptions;
  readonly #pulls = new Set<FakePull>();
  #connecting: Promise<void> | undefined;
  #resume = () => {};
  #releasesAtOnce = false;
  isConnected = false;
  isClosed = false;
  renewals = 0;
  snapshots = 0;

  constructor(model: FakeModel, options: CameraOptions) {
    this.#model = model;
    this.#options = options;
    if (model.hasSnapshot) {
      this.snapshot = () => Promise.resolve(Uint8Array.of(0xff, 0xd8, ++this.snapshots));
    }
    if (model.onOrder !== undefined) this.control = model.onOrder;
  }

  get figures(): LinkFigures {
    return { rtt: 20, loss: 0, retransmits: 1, received: { lan: 10 } };
  }

  async pull(
    stream: string,
    onUnit: (unit: AccessUnit) => void,
    signal: AbortSignal,
  ): Promise<Pull> {
    await this.#connect();
    await this.#meet(this.#model.pullFates.shift() ?? "ok");
    if (signal.aborted || this.isClosed) throw new LinkError(CLOSED);
    const pull = Object.assign(new FakePull([PULL_VIDEO, PULL_AUDIO], onUnit), { stream });
    this.#pulls.add(pull);
    void pull.ended.then(() => {
      this.#pulls.delete(pull);
      this.#releaseIfUnused();
    });
    this.#model.pulls.push(pull);
    return pull;
  }

  async openPort(port: number): Promise<MachineStream> {
    await this.#connect();
    const calls = { space: () => 0, write() {}, read: () => undefined, close() {} };
    return new MachineStream(this.#options.world.clock, port, calls);
  }

  renew(): void {
    this.renewals += 1;
  }

  releaseUnused(): void {
    this.#releasesAtOnce = true;
    this.#releaseIfUnused();
  }

  /** The connection is let go. */
  disconnect(): void {
    this.isConnected = false;
    this.#options.onEvent({ type: "disconnected" });
  }

  /** The connection is lost, and with it every pull. */
  lose(end: TunnelEnd): void {
    this.isConnected = false;
    for (const pull of this.#pulls) pull.end(end);
    this.#options.onEvent({ type: "lost", end, retryIn: 1_000 });
  }

  /** Lets go on what hangs. */
  resume(): void {
    this.#resume();
  }

  tell: CameraOptions["onEvent"] = (event) => this.#options.onEvent(event);

  close(): Promise<void> {
    this.isClosed = true;
    this.isConnected = false;
    for (const pull of this.#pulls) pull.close();
    this.#resume();
    return Promise.resolve();
  }

  #releaseIfUnused(): void {
    if (this.#releasesAtOnce && this.isConnected && this.#pulls.size === 0) this.disconnect();
  }

  async #connect(): Promise<void> {
    this.#releasesAtOnce = false;
    if (this.isConnected) return;
    this.#connecting ??= this.#attempt().finally(() => this.#connecting = undefined);
    await this.#connecting;
  }

  async #attempt(): Promise<void> {
    const refusal = this.#options.admit();
    if (refusal !== undefined) throw refusal;
    this.#model.connects += 1;
    this.#options.onEvent({ type: "connecting", state: "locating" });
    this.#options.onEvent({ type: "step", stage: "locate", status: "started" });
    try {
      await this.#meet(this.#model.connectFates.shift() ?? "ok");
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      const retryIn = error.end.reason === "auth" ? Infinity : 1_000;
      this.#options.onEvent({ type: "lost", end: error.end, retryIn });
      throw error;
    }
    this.isConnected = true;
    this.#options.onEvent({ type: "connected", way: "lan" });
  }

  async #meet(fate: Fate): Promise<void> {
    if (fate === "hang") await new Promise<void>((resolve) => this.#resume = resolve);
    else if (fate !== "ok") throw new LinkError(fate);
    if (this.isClosed) throw new LinkError(CLOSED);
  }
}
