import type { CameraAddress } from "../config/camera_address.ts";
import type { RecorderConfig } from "../config/daemon_config.ts";
import type { CameraEvent, CameraModel } from "../hub/camera.ts";
import { cameraModel } from "../hub/camera_model.ts";
import type { EventLog } from "../hub/hub_event.ts";
import { FileError } from "../io/errors.ts";
import { checkPrivateFolder, pruneFiles, writePrivateFile } from "../io/file_appender.ts";
import type { World } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import type { Instant } from "../machine.ts";
import { type FlightCause, writeFlight } from "../recorder/flight_file.ts";
import { FlightRecorder } from "../recorder/flight_recorder.ts";
import { identitiesOf, subjectOf } from "../recorder/flight_subject.ts";

/** Files kept where nobody says how many. */
export const MAX_FLIGHTS = 50;

/** Of all of them together. */
const MAX_BYTES = 200 << 20;

/** A camera that fails every second fills no disk with the same story. */
const MIN_BETWEEN = 30_000;

const FLIGHT_NAME = /^flight-[\dTZ-]+\.jsonl$/;

interface Recording {
  readonly recorder: FlightRecorder;
  readonly address: CameraAddress;
  /** When each kind of flight was written last. */
  readonly written: Map<FlightCause["type"], Instant>;
}

/** Records what cameras do, and writes it into a folder whenever one stalls or fails. */
export class FlightLog {
  readonly #config: RecorderConfig;
  readonly #world: World;
  readonly #log: Log;
  readonly #recordings = new Set<Recording>();
  readonly #names: () => readonly string[];
  #writing: Promise<void> = Promise.resolve();
  #count = 0;

  /** @param names What cameras are called here. */
  constructor(
    config: RecorderConfig,
    world: World,
    log: Log,
    names: () => readonly string[] = () => [],
  ) {
    this.#names = names;
    this.#config = config;
    this.#world = world;
    this.#log = log;
  }

  /** How the camera behind an address is reached, listened to. */
  readonly modelOf = (address: CameraAddress): CameraModel => {
    const model = cameraModel(address);
    return {
      ...model,
      connect: (options) => {
        const recorder = new FlightRecorder(subjectOf(address), options.world);
        const recording: Recording = { recorder, address, written: new Map() };
        this.#recordings.add(recording);
        const onEvent = (event: CameraEvent) => {
          recorder.note(event);
          if (event.type === "lost") this.#write(recording, { type: "failure", ...event.end });
          options.onEvent(event);
        };
        const camera = model.connect({ ...options, world: recorder.world, onEvent });
        const close = camera.close.bind(camera);
        camera.close = async () => {
          this.#recordings.delete(recording);
          await close();
        };
        return camera;
      },
    };
  };

  /** Writes the flight of a camera whose picture freezes. Returns how to end that. */
  watch(events: EventLog, addressOf: (name: string) => CameraAddress | undefined): () => void {
    return events.subscribe((event) => {
      if (event.type !== "stall") return;
      const address = addressOf(event.camera);
      for (const recording of this.#recordings) {
        if (recording.address === address) this.#write(recording, { type: "stall" });
      }
    });
  }

  /** Makes sure of the folder: who finds out when something has gone wrong finds out too late. */
  async prepare(): Promise<void> {
    try {
      await checkPrivateFolder(this.#config.dir);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#log.warn("nothing will be recorded", { detail: error.message });
    }
  }

  /** Resolves once everything is written. */
  async close(): Promise<void> {
    await this.#writing;
  }

  #write(recording: Recording, cause: FlightCause): void {
    const now = this.#world.clock.now();
    if (now - (recording.written.get(cause.type) ?? -Infinity) < MIN_BETWEEN) return;
    recording.written.set(cause.type, now);
    const text = writeFlight(
      { flight: recording.recorder.take(), cause },
      identitiesOf(recording.address, this.#names()),
    );
    this.#count += 1;
    const time = new Date(this.#world.clock.wallClock()).toISOString().replace(/[:.]/g, "-");
    const name = `flight-${time}-${this.#count}.jsonl`;
    this.#writing = this.#writing.then(() => this.#store(name, text));
  }

  async #store(name: string, text: string): Promise<void> {
    const { dir, maxFiles } = this.#config;
    try {
      await writePrivateFile(dir, name, new TextEncoder().encode(text));
      await pruneFiles(dir, FLIGHT_NAME, { files: maxFiles, bytes: MAX_BYTES });
      this.#log.info("flight recorded", { file: `${dir}/${name}` });
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#log.warn("a flight could not be written", { detail: error.message });
    }
  }
}
