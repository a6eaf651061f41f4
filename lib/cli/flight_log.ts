import type { CameraAddress } from "../config/camera_address.ts";
import type { RecorderConfig } from "../config/daemon_config.ts";
import { formatAddress } from "./flight_address.ts";
import type { CameraEvent, CameraModel } from "../hub/camera.ts";
import { cameraModel } from "../hub/camera_model.ts";
import type { EventLog } from "../hub/control.ts";
import { FileError } from "../io/errors.ts";
import { pruneFiles, writePrivateFile } from "../io/file_appender.ts";
import type { World } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import type { Instant } from "../machine.ts";
import { type FlightCause, writeFlight } from "../recorder/flight_file.ts";
import { FlightRecorder } from "../recorder/flight_recorder.ts";
import type { Identities } from "../recorder/redactor.ts";

/** Files kept where nobody says how many. */
export const MAX_FLIGHTS = 50;

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
  #writing: Promise<void> = Promise.resolve();
  #count = 0;

  constructor(config: RecorderConfig, world: World, log: Log) {
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
        const subject = {
          vendor: address.vendor,
          address: formatAddress(address),
          hasAccount: address.credentials?.password !== undefined,
        };
        const recorder = new FlightRecorder(subject, options.world);
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
      identitiesOf(recording.address),
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
      await pruneFiles(dir, FLIGHT_NAME, maxFiles);
      this.#log.info("flight recorded", { file: `${dir}/${name}` });
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#log.warn("a flight could not be written", { detail: error.message });
    }
  }
}

/** What of an address is somebody's own. */
export function identitiesOf(address: CameraAddress): Identities {
  const { credentials } = address;
  const id = address.vendor === "dahua"
    ? address.serial
    : address.target.type === "uid"
    ? address.target.uid
    : "";
  return {
    ids: [id],
    secrets: [credentials?.password?.reveal() ?? "", credentials?.user ?? ""],
  };
}
