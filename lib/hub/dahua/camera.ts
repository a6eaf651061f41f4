/**
 * A Dahua camera as the hub drives it: reached through a pool of tunnels, pulled over RTSP.
 *
 * @module
 */

import type { DahuaAddress } from "../../config/camera_address.ts";
import type { ControlOrder } from "../../config/control_order.ts";
import type { DahuaTunnelEvent } from "../../dahua/tunnel_event.ts";
import { formatEndpoint } from "../../endpoint.ts";
import type { MachineStream } from "../../io/machine_stream.ts";
import type { Duration } from "../../machine.ts";
import type { AccessUnit } from "../../media/track.ts";
import type { Credentials } from "../../rtsp/credentials.ts";
import type { Camera, CameraEvent, CameraModel, CameraOptions } from "../camera.ts";
import { DahuaControl } from "./control.ts";
import { createDahuaPool, type DahuaPool } from "./pool.ts";
import { dahuaSnapshot } from "./snapshot.ts";
import { type DahuaStream, formatDahuaStream, parseDahuaStream } from "./stream.ts";
import { HTTP_PORT } from "./web.ts";
import type { LinkFigures } from "../link/link.ts";
import { LinkError } from "../link/link_error.ts";
import type { LinkPoolEvent } from "../link/link_pool.ts";
import type { Pull } from "../media/media_path.ts";
import { startRtspPull } from "../media/rtsp_pull.ts";
import { Turnstile } from "../link/turnstile.ts";

export const RTSP_PORT = 554;

/** How long a device may take to say what it can be told, and how often it is asked in vain. */
const LEARNING_PATIENCE: Duration = 10_000;
const LEARNING_TRIES = 3;

/** What is to be learned of a device yet, over all its connections. */
interface Curiosity {
  triesLeft: number;
}

/** What is known of a Dahua camera from its address. */
export function dahuaModel(address: DahuaAddress): CameraModel {
  const find = (words: readonly string[]) => {
    const stream = parseDahuaStream(words, address);
    return stream === undefined ? undefined : formatDahuaStream(stream, address);
  };
  const curiosity = { triesLeft: LEARNING_TRIES };
  return {
    streams: ["", address.subtype === 0 ? "sub" : "main"],
    streamName: find,
    connect: (options) => new DahuaCamera(address, curiosity, options),
  };
}

class DahuaCamera implements Camera {
  readonly #address: DahuaAddress;
  readonly #options: CameraOptions;
  readonly #pool: DahuaPool;
  /** Firmware does not handle overlapping RTSP negotiations reliably [field]. */
  readonly #negotiations = new Turnstile();
  readonly #closing = new AbortController();
  readonly #curiosity: Curiosity;
  readonly #control: DahuaControl | undefined;
  /** Its web server gives pictures, and takes orders, of accounts only. */
  readonly snapshot?: (signal: AbortSignal) => Promise<Uint8Array>;
  readonly control?: (order: ControlOrder, signal: AbortSignal) => Promise<boolean>;

  constructor(address: DahuaAddress, curiosity: Curiosity, options: CameraOptions) {
    this.#address = address;
    this.#curiosity = curiosity;
    this.#options = options;
    const { world, admit, onEvent, onBug } = options;
    const tell = (event: CameraEvent | undefined) => {
      if (event !== undefined) onEvent(event);
    };
    this.#pool = createDahuaPool({
      address,
      world,
      eager: false,
      admit,
      onTunnelEvent: (event) => tell(fromTunnel(event)),
      onEvent: (event) => tell(fromPool(event)),
      onBug,
    });
    const credentials = dahuaCredentials(address);
    if (credentials !== undefined) {
      this.snapshot = (signal) => this.#takeSnapshot(credentials, signal);
      const control = new DahuaControl({
        openStream: () => this.#pool.openStream(HTTP_PORT),
        channel: address.channel,
        credentials,
        clock: world.clock,
        entropy: world.entropy,
      });
      this.#control = control;
      this.control = (order, signal) => control.give(order, signal);
    }
  }

  get figures(): LinkFigures {
    return this.#pool.figures;
  }

  pull(name: string, onUnit: (unit: AccessUnit) => void, signal: AbortSignal): Promise<Pull> {
    const stream = parseDahuaStream(name === "" ? [] : name.split("/"), this.#address);
    if (stream === undefined) throw new Error(`Cannot pull as there is no stream named "${name}"`);
    const { world: { clock, entropy }, onBug } = this.#options;
    return this.#negotiations.pass(async () => {
      const pull = await startRtspPull({
        stream: await this.#pool.openStream(RTSP_PORT),
        url: dahuaStreamUrl(stream),
        credentials: dahuaCredentials(this.#address),
        clock,
        entropy,
        onUnit,
        signal,
      });
      this.#learn().catch(onBug);
      return pull;
    });
  }

  openPort(port: number): Promise<MachineStream> {
    return this.#pool.openStream(port);
  }

  renew(): void {
    this.#pool.renew();
  }

  releaseUnused(): void {
    this.#pool.releaseUnused();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    // A movement is stopped over the connection that is there yet.
    await this.#control?.close();
    await this.#pool.close();
  }

  /** Asks what it can be told, once its picture is there and as long as it has not said so. */
  async #learn(): Promise<void> {
    const { world: { clock }, onEvent } = this.#options;
    const control = this.#control;
    if (control === undefined || this.#curiosity.triesLeft === 0) return;
    const triesLeft = this.#curiosity.triesLeft - 1;
    this.#curiosity.triesLeft = 0;
    const late = new AbortController();
    const cancel = clock.setTimer(LEARNING_PATIENCE, () => late.abort());
    try {
      const signal = AbortSignal.any([this.#closing.signal, late.signal]);
      onEvent({ type: "controls", controls: await control.readControls(signal) });
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      // A refused password is not tried again: devices lock accounts.
      const isOwn = this.#closing.signal.aborted;
      if (error.end.reason !== "auth") this.#curiosity.triesLeft = triesLeft + (isOwn ? 1 : 0);
      onEvent({ type: "note", message: "controls unknown", fields: { why: error.message } });
    } finally {
      cancel();
    }
  }

  async #takeSnapshot(credentials: Credentials, signal: AbortSignal): Promise<Uint8Array> {
    const { world: { entropy } } = this.#options;
    const stream = await this.#pool.openStream(HTTP_PORT);
    const { channel } = this.#address;
    return await dahuaSnapshot({ stream, channel, credentials, entropy, signal });
  }
}

/** The account of an address: of no use without its password. */
export function dahuaCredentials({ credentials }: DahuaAddress): Credentials | undefined {
  const { user, password } = credentials ?? {};
  return user === undefined || password === undefined ? undefined : { user, password };
}

/** The stream as the device itself knows it. */
export function dahuaStreamUrl({ channel, subtype }: DahuaStream): string {
  return `rtsp://127.0.0.1:${RTSP_PORT}/cam/realmonitor?channel=${channel}&subtype=${subtype}`;
}

function fromTunnel(event: DahuaTunnelEvent): CameraEvent | undefined {
  switch (event.type) {
    case "state":
      if (event.state === "open" || event.state === "closed") return undefined;
      return { type: "connecting", state: event.state };
    case "stage":
      return { type: "step", stage: event.stage, status: event.status };
    case "valid": {
      const { candidate: { kind, endpoint }, roundTrip } = event;
      const rtt = roundTrip === undefined ? undefined : Math.round(roundTrip);
      const fields = { kind, endpoint: formatEndpoint(endpoint), rtt };
      return { type: "note", message: "candidate answers", fields };
    }
    case "wayFailed":
      return { type: "wayFailed", way: event.way, detail: event.detail };
    case "open":
      return { type: "connected", way: event.way };
    case "streamClosed": {
      const { reason, detail } = event;
      return { type: "note", message: "stream closed", fields: { reason, why: detail } };
    }
    default:
      return undefined;
  }
}

/** That a tunnel is open is known from the tunnel itself, which also tells of a change of way. */
function fromPool(event: LinkPoolEvent): CameraEvent | undefined {
  switch (event.type) {
    case "open":
      return undefined;
    case "lost":
      return event;
    case "idle":
      return { type: "disconnected" };
  }
}
