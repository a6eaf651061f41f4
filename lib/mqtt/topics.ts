import { createHash } from "node:crypto";

/** Length of a node's identifier after its prefix, in hex digits. */
const ID_DIGITS = 16;

/** Kinds of entities Home Assistant makes of what we publish; each a part of a topic. */
export type Component = "sensor" | "binary_sensor" | "switch" | "image";

/** Where everything is published, and what can be told from a topic. */
export class Topics {
  readonly #base: string;
  readonly #discoveryPrefix: string;

  constructor(settings: { readonly topic: string; readonly discoveryPrefix: string }) {
    this.#base = settings.topic;
    this.#discoveryPrefix = settings.discoveryPrefix;
  }

  /** Whether the bridge is there: `online` or, as its last will, `offline`. */
  get status(): string {
    return `${this.#base}/status`;
  }

  state(name: string): string {
    return `${this.#base}/${name}/state`;
  }

  availability(name: string): string {
    return `${this.#base}/${name}/availability`;
  }

  snapshot(name: string): string {
    return `${this.#base}/${name}/snapshot`;
  }

  command(name: string): string {
    return `${this.#base}/${name}/set`;
  }

  /** What names of cameras are read from: see `cameraOf()`. */
  get everyState(): string {
    return this.state("+");
  }

  get everyCommand(): string {
    return this.command("+");
  }

  /** The camera that a topic ending in `what` is about. */
  cameraOf(topic: string, what: "state" | "set"): string | undefined {
    const [head, tail] = [`${this.#base}/`, `/${what}`];
    if (!topic.startsWith(head) || !topic.endsWith(tail)) return undefined;
    return topic.slice(head.length, -tail.length);
  }

  discovery(component: Component, node: string, object: string): string {
    return `${this.#discoveryPrefix}/${component}/${node}/${object}/config`;
  }

  /** What Home Assistant knows the bridge by. */
  get bridgeId(): string {
    return `sightline_${this.#hash([])}`;
  }

  /**
   * What Home Assistant knows a camera by, whatever it is renamed to there. The same after every
   * restart, and nothing of the camera but its name is in it.
   */
  cameraId(name: string): string {
    return `sightline_${this.#hash([name.toLowerCase()])}`;
  }

  #hash(parts: readonly string[]): string {
    const text = JSON.stringify([this.#base, ...parts]);
    return createHash("sha256").update(text).digest("hex").slice(0, ID_DIGITS);
  }
}
