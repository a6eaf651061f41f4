import type { Clock, World } from "../io/types.ts";
import type { Duration } from "../machine.ts";
import type { Track } from "../media/track.ts";
import type { Camera } from "./camera.ts";
import type { CameraError, StreamStatus } from "./camera_status.ts";
import { MAX_GROUP_BYTES } from "./media/gop_cache.ts";
import { formatHubPath } from "./hub_path.ts";
import { MediaPath, type MediaPathEvent } from "./media/media_path.ts";

/** Streams of one camera at once: an NVR has up to this many channels and streams in use. */
export const MAX_STREAMS = 64;

export interface CameraStreamsOptions {
  readonly world: Pick<World, "clock" | "entropy">;
  readonly idle: Duration;
  /** What the current group of pictures of a stream may take up. */
  readonly groupBytes?: number | undefined;
  /** The camera as it is now; another one after a stop. */
  readonly camera: () => Camera;
  readonly onEvent: (stream: string, event: MediaPathEvent) => void;
  readonly onBug: (error: unknown) => void;
}

const AT_REST = { state: "idle", error: undefined, retryAt: undefined } as const;

/** One stream and what its last failure was. */
interface Entry {
  readonly path: MediaPath;
  error: CameraError | undefined;
  retryAt: number | undefined;
  /** Others showed pictures since it failed: that is a matter of this stream, and not of the camera. */
  failedAlone: boolean;
}

/** The streams of one camera that were asked for, by name. */
export class CameraStreams {
  readonly #options: CameraStreamsOptions;
  readonly #entries = new Map<string, Entry>();
  #idle: Duration;
  /** Begun so far. */
  pulls = 0;
  stalls = 0;

  constructor(options: CameraStreamsOptions) {
    this.#options = options;
    this.#idle = options.idle;
  }

  /** The stream of that name, if it was asked for before. */
  get(name: string): MediaPath | undefined {
    return this.#entries.get(name)?.path;
  }

  /** The stream of that name, made when first asked for; `undefined` when there are too many. */
  find(name: string): MediaPath | undefined {
    const known = this.get(name);
    if (known !== undefined || this.#entries.size >= MAX_STREAMS) return known;
    const path = this.#newPath(name);
    this.#entries.set(name, { path, error: undefined, retryAt: undefined, failedAlone: false });
    return path;
  }

  /** What each of them says about the camera: that it has failed only where it is not alone in that. */
  get parts() {
    return [...this.#entries.values()].map(({ path: { state }, error, retryAt, failedAlone }) => {
      const isOver = state === "failed" && failedAlone && retryAt === undefined;
      return isOver ? AT_REST : { state, error, retryAt };
    });
  }

  get isActive(): boolean {
    return this.parts.some(({ state }) => state === "starting" || state === "open");
  }

  get readers(): number {
    return this.#sum((path) => path.readers);
  }

  get sent(): number {
    return this.#sum((path) => path.sent);
  }

  /** Age of the latest key frame of any of them. */
  get keyframeAge(): Duration | undefined {
    const ages = [...this.#entries.values()]
      .flatMap(({ path }) => ageOf(path, this.#options.world.clock) ?? []);
    return ages.length === 0 ? undefined : Math.min(...ages);
  }

  set idle(idle: Duration) {
    this.#idle = idle;
    for (const { path } of this.#entries.values()) path.idle = idle;
  }

  /** As the camera of that name shows them. */
  statuses(camera: string): readonly StreamStatus[] {
    return [...this.#entries].map(([name, { path }]) => ({
      path: formatHubPath(camera, name),
      state: path.state,
      viewers: path.readers,
      tracks: (path.stream?.tracks ?? []).map(codecOf),
      keyframeAge: ageOf(path, this.#options.world.clock),
    }));
  }

  /** Ends every pull and reader; who asks next begins anew. */
  async stop(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ path }) => path.stop()));
  }

  /** Stops for good. */
  async close(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ path }) => path.close()));
  }

  #newPath(name: string): MediaPath {
    const { world: { clock, entropy }, groupBytes = MAX_GROUP_BYTES, camera, onBug } =
      this.#options;
    return new MediaPath({
      startPull: (onUnit, signal) => camera().pull(name, onUnit, signal),
      renew: () => camera().renew(),
      clock,
      entropy,
      limits: { idle: this.#idle, groupBytes },
      onEvent: (event) => this.#handle(name, event),
      onBug,
    });
  }

  #handle(name: string, event: MediaPathEvent): void {
    const entry = this.#entries.get(name);
    if (entry !== undefined && event.type === "state") {
      const at = this.#options.world.clock.wallClock();
      const { end, retryIn } = event;
      entry.error = end && { ...end, at };
      entry.retryAt = retryIn === undefined ? undefined : at + retryIn;
      this.#noteWhoFailedAlone();
    }
    if (event.type === "pulling") this.pulls += 1;
    if (event.type === "stalled") this.stalls += 1;
    this.#options.onEvent(name, event);
  }

  /** Those that failed before or while another is open; one that begins anew has not failed. */
  #noteWhoFailedAlone(): void {
    const entries = [...this.#entries.values()];
    const isOneOpen = entries.some(({ path }) => path.state === "open");
    for (const entry of entries) {
      entry.failedAlone = entry.path.state === "failed" && (entry.failedAlone || isOneOpen);
    }
  }

  #sum(value: (path: MediaPath) => number): number {
    return [...this.#entries.values()].reduce((sum, { path }) => sum + value(path), 0);
  }
}

function ageOf({ stream }: MediaPath, clock: Clock): Duration | undefined {
  const { keyframe } = stream ?? {};
  return keyframe === undefined ? undefined : clock.now() - keyframe.at;
}

function codecOf(track: Track): string {
  return track.codec === "packed" ? track.encoding : track.codec;
}
