import { systemWorld } from "../../lib/io/world.ts";
import { silentLog } from "../../lib/log/log.ts";
import type { Endpoint } from "../../lib/machine.ts";
import type { Source, SourceReader } from "../../lib/media/source.ts";
import type { AccessUnit, Track } from "../../lib/media/track.ts";
import { type RtspServer, startRtspServer } from "../../lib/rtsp/server/server.ts";
import { type Clip, loadClip } from "../../lib/sim/clip/clip.ts";
import { ClipSource } from "../../lib/sim/clip/clip_source.ts";

/** A clip in real time that freezes, changes and lets its clock jump when told to. */
class FickleSource implements Source {
  /** As they are described, whatever comes later. */
  readonly tracks: readonly Track[];
  #clip: ClipSource;
  readonly #stops = new Map<SourceReader, () => void>();
  isFrozen = false;
  /** Added to every timestamp, in seconds. */
  shift = 0;

  constructor(clip: Clip) {
    this.#clip = new ClipSource(systemWorld.clock, clip);
    this.tracks = clip.tracks;
  }

  read(reader: SourceReader): () => void {
    const stop = this.#clip.read({
      onUnit: (unit) => this.isFrozen || reader.onUnit(this.#shifted(unit)),
      onEnd: (reason) => reader.onEnd(reason),
    });
    this.#stops.set(reader, stop);
    return () => {
      this.#stops.get(reader)?.();
      this.#stops.delete(reader);
    };
  }

  change(clip: Clip): void {
    const readers = [...this.#stops];
    this.#clip = new ClipSource(systemWorld.clock, clip);
    for (const [reader, stop] of readers) {
      stop();
      this.read(reader);
    }
  }

  close(): void {
    this.#clip.close();
  }

  #shifted(unit: AccessUnit): AccessUnit {
    const rate = this.tracks.find(({ id }) => id === unit.trackId)?.clockRate ?? 0;
    return { ...unit, timestamp: unit.timestamp + this.shift * rate };
  }
}

/** An RTSP camera on a real socket whose moods a test decides on. */
export class FickleCamera {
  readonly #clip: Clip;
  #source: FickleSource;
  #server: RtspServer;
  #accepted = 0;

  private constructor(clip: Clip, source: FickleSource, server: RtspServer) {
    this.#clip = clip;
    this.#source = source;
    this.#server = server;
  }

  static async start(clip = loadClip()): Promise<FickleCamera> {
    const source = new FickleSource(clip);
    const camera: FickleCamera = new FickleCamera(
      clip,
      source,
      await serve({ address: "127.0.0.1", port: 0 }, () => camera.#source),
    );
    return camera;
  }

  get endpoint(): Endpoint {
    return this.#server.endpoint;
  }

  /** Connections so far. */
  get accepted(): number {
    return this.#accepted + this.#server.accepted;
  }

  /** While it is frozen, sessions stay open and nothing comes. */
  set isFrozen(isFrozen: boolean) {
    this.#source.isFrozen = isFrozen;
  }

  /** Moves all later timestamps this many seconds ahead. */
  jump(seconds: number): void {
    this.#source.shift += seconds;
  }

  /** Ends every session, and goes on with `clip`. */
  restart(clip = this.#clip): void {
    const old = this.#source;
    this.#source = new FickleSource(clip);
    old.close();
  }

  /** From now on with `clip`, in the sessions there are. */
  change(clip: Clip): void {
    this.#source.change(clip);
  }

  /** Is not there any more, until `comeBack()`. */
  async vanish(): Promise<void> {
    this.#accepted += this.#server.accepted;
    await this.#server.close();
  }

  async comeBack(): Promise<void> {
    this.#server = await serve(this.endpoint, () => this.#source);
  }

  async close(): Promise<void> {
    await this.#server.close();
    this.#source.close();
  }
}

function serve(listen: Endpoint, source: () => Source): Promise<RtspServer> {
  return startRtspServer(systemWorld, {
    listen,
    find: () => Promise.resolve(source()),
    log: silentLog,
  });
}
