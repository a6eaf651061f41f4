import { createHash } from "node:crypto";

/** Length of a node's identifier after its prefix, in hex digits. */
const ID_DIGITS = 16;

/** Kinds of entities Home Assistant makes of what we publish; each a part of a topic. */
export type Component = "sensor" | "binary_sensor" | "switch" | "button" | "image";

/** The topics of everything that is published, and the cameras they are about. */
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

  /** Where orders for a camera that is open are published, in the API's JSON. */
  order(name: string): string {
    return `${this.#base}/${name}/control`;
  }

  /** Filters for subscriptions; `cameraOf()` reads the camera's name from a topic. */
  get everyState(): string {
    return this.state("+");
  }

  get everyCommand(): string {
    return this.command("+");
  }

  get everyOrder(): string {
    return this.order("+");
  }

  /** The camera that a topic ending in `what` is about. */
  cameraOf(topic: string, what: "state" | "set" | "control"): string | undefined {
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
