import type { CameraStatus } from "../hub/camera_status.ts";
import { cameraView } from "./camera_view.ts";
import { controlFeatures } from "./control_entities.ts";
import { cameraDiscovery, cameraDiscoveryTopics } from "./discovery.ts";
import type { Feature } from "./entity.ts";
import type { RetainedBoard } from "./retained_board.ts";
import type { Topics } from "./topics.ts";

/** Publishes one camera: its state, and its entities for Home Assistant. */
export class CameraPublisher {
  readonly #board: RetainedBoard;
  readonly #topics: Topics;
  readonly #version: string;
  readonly #features = new Set<Feature>();
  #hasProblem = false;
  /** Vendor and features that the published entities were made for. */
  #discovered = "";
  /** Where they are. */
  #shown: readonly string[] = [];

  constructor(board: RetainedBoard, topics: Topics, version: string) {
    this.#board = board;
    this.#topics = topics;
    this.#version = version;
  }

  show(status: CameraStatus): void {
    const { name } = status;
    const view = cameraView(status, this.#hasProblem);
    this.#hasProblem = view.problem;
    if (view.battery !== null) this.#features.add("battery");
    this.#discover(status);
    this.#board.set(this.#topics.availability(name), view.problem ? "offline" : "online");
    this.#board.set(this.#topics.state(name), JSON.stringify(view));
  }

  /** `jpeg` is of this camera. */
  showPicture(status: CameraStatus, jpeg: Uint8Array): void {
    this.#features.add("picture");
    this.#discover(status);
    this.#board.set(this.#topics.snapshot(status.name), jpeg);
  }

  #discover(status: CameraStatus): void {
    const features = new Set([...this.#features, ...controlFeatures(status.controls ?? [])]);
    const made = [status.vendor, ...features].join();
    if (made === this.#discovered) return;
    this.#discovered = made;
    const messages = cameraDiscovery(this.#topics, status, features, this.#version);
    for (const { topic, config } of messages) this.#board.set(topic, JSON.stringify(config));
    const shown = messages.map(({ topic }) => topic);
    // Another camera of the same name may not have what the one before had.
    for (const topic of this.#shown) if (!shown.includes(topic)) this.#board.clear(topic);
    this.#shown = shown;
  }
}

/**
 * Takes a camera of that name off the broker, as far as it is there. Its state goes last: as long as
 * that is there, the next connection finds it and does what this one did not get to.
 */
export function clearCamera(board: RetainedBoard, topics: Topics, name: string): void {
  for (const topic of cameraDiscoveryTopics(topics, name)) board.clear(topic);
  clearSpelling(board, topics, name);
}

/** As `clearCamera()`, for a camera that is there, but spelled in another way. */
export function clearSpelling(board: RetainedBoard, topics: Topics, name: string): void {
  for (const topic of [topics.availability(name), topics.snapshot(name), topics.state(name)]) {
    board.clear(topic);
  }
}
