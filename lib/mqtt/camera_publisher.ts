import type { CameraStatus } from "../hub/control.ts";
import { cameraView } from "./camera_view.ts";
import { cameraDiscovery, cameraDiscoveryTopics, type Feature } from "./discovery.ts";
import type { RetainedBoard } from "./retained_board.ts";
import type { Topics } from "./topics.ts";

/** Puts one camera on the board: how it is, and what Home Assistant makes of it. */
export class CameraPublisher {
  readonly #board: RetainedBoard;
  readonly #topics: Topics;
  readonly #version: string;
  readonly #features = new Set<Feature>();
  #hasProblem = false;
  /** What the entities that are shown were made for. */
  #discovered = "";

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
    const made = [status.vendor, ...this.#features].join();
    if (made === this.#discovered) return;
    this.#discovered = made;
    const messages = cameraDiscovery(this.#topics, status, this.#features, this.#version);
    for (const { topic, config } of messages) this.#board.set(topic, JSON.stringify(config));
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
