/**
 * A Dahua camera as the hub has it: kept reachable by a pool of tunnels, with a path for every
 * channel and stream somebody asks for.
 *
 * @module
 */

import type { DahuaAddress } from "../config/camera_address.ts";
import type { DahuaTunnelEvent } from "../dahua/tunnel_event.ts";
import type { World } from "../io/types.ts";
import type { Duration } from "../machine.ts";
import type { Credentials } from "../rtsp/credentials.ts";
import { createDahuaPool, type DahuaPool } from "./dahua_pool.ts";
import type { LinkPoolEvent } from "./link_pool.ts";
import { MediaPath, type MediaPathEvent } from "./media_path.ts";
import { startRtspPull } from "./rtsp_pull.ts";
import { Turnstile } from "./turnstile.ts";

const RTSP_PORT = 554;

/** Paths of one camera at once: an NVR has up to this many channels and streams in use. */
const MAX_PATHS = 64;

/** One stream of a camera. */
export interface StreamName {
  /** From 1. */
  readonly channel: number;
  /** 0 main, 1 sub, 2 third. */
  readonly subtype: number;
}

export interface DahuaCameraOptions {
  readonly address: DahuaAddress;
  readonly world: World;
  /** How long pull and tunnel outlive their last viewer. */
  readonly idle: Duration;
  readonly onTunnelEvent: (event: DahuaTunnelEvent) => void;
  readonly onPoolEvent: (event: LinkPoolEvent) => void;
  readonly onPathEvent: (name: StreamName, event: MediaPathEvent) => void;
  readonly onBug: (error: unknown) => void;
}

export class DahuaCamera {
  readonly #options: DahuaCameraOptions;
  readonly #pool: DahuaPool;
  readonly #paths = new Map<string, MediaPath>();
  /** Firmware does not handle overlapping RTSP negotiations reliably [field]. */
  readonly #negotiations = new Turnstile();

  constructor(options: DahuaCameraOptions) {
    this.#options = options;
    const { address, world, idle, onTunnelEvent, onPoolEvent, onBug } = options;
    this.#pool = createDahuaPool({
      address,
      world,
      limits: { idle },
      eager: false,
      onTunnelEvent,
      onEvent: onPoolEvent,
      onBug,
    });
  }

  /** The paths asked for so far. */
  get paths(): readonly MediaPath[] {
    return [...this.#paths.values()];
  }

  /** The path of a stream, made when first asked for; `undefined` when there are too many. */
  path(name: StreamName): MediaPath | undefined {
    const key = `${name.channel}/${name.subtype}`;
    const known = this.#paths.get(key);
    if (known !== undefined || this.#paths.size >= MAX_PATHS) return known;
    const path = this.#newPath(name);
    this.#paths.set(key, path);
    return path;
  }

  async close(): Promise<void> {
    await Promise.all(this.paths.map((path) => path.close()));
    await this.#pool.close();
  }

  #newPath(name: StreamName): MediaPath {
    const { world: { clock, entropy }, idle, onPathEvent, onBug } = this.#options;
    return new MediaPath({
      startPull: (onUnit, signal) =>
        this.#negotiations.pass(async () =>
          await startRtspPull({
            stream: await this.#pool.openStream(RTSP_PORT),
            url: urlOf(name),
            credentials: this.#credentials(),
            clock,
            entropy,
            onUnit,
            signal,
          })
        ),
      renew: () => this.#pool.renew(),
      clock,
      entropy,
      limits: { idle },
      onEvent: (event) => onPathEvent(name, event),
      onBug,
    });
  }

  #credentials(): Credentials | undefined {
    const { user, password } = this.#options.address.credentials ?? {};
    return user === undefined || password === undefined ? undefined : { user, password };
  }
}

/** The stream as the device itself knows it. */
function urlOf({ channel, subtype }: StreamName): string {
  return `rtsp://127.0.0.1:${RTSP_PORT}/cam/realmonitor?channel=${channel}&subtype=${subtype}`;
}
