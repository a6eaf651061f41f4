import type {
  DialMqtt,
  MqttDialResult,
  MqttLink,
  MqttMessage,
  MqttSettings,
} from "../../lib/io/mqtt_client.ts";

export interface Published {
  readonly topic: string;
  readonly payload: string | Uint8Array;
}

/** An MQTT broker that does what a test tells it, and remembers what it was told. */
export class FakeBroker {
  /** What it holds; topics that were cleared are not in it. */
  readonly retained = new Map<string, string | Uint8Array>();
  readonly published: Published[] = [];
  readonly subscriptions = new Set<string>();
  readonly dials: MqttSettings[] = [];
  /** What the next dials come to, instead of a connection. */
  readonly refusals: Exclude<MqttDialResult, { readonly type: "link" }>[] = [];
  /** Whether messages are confirmed; those that are not wait until `confirm()`. */
  confirms = true;
  refusesSubscriptions = false;
  goodbyes = 0;
  #waiting: (() => void)[] = [];
  #onMessage: (message: MqttMessage) => void = () => {};
  #end: (why: string) => void = () => {};

  get dial(): DialMqtt {
    return (settings, onMessage) => {
      this.dials.push(settings);
      const refusal = this.refusals.shift();
      if (refusal !== undefined) return Promise.resolve(refusal);
      this.#onMessage = onMessage;
      return Promise.resolve({ type: "link", link: this.#link() });
    };
  }

  /** What a topic holds, as JSON. */
  json(topic: string): Readonly<Record<string, unknown>> {
    const payload = this.retained.get(topic);
    if (typeof payload !== "string") throw new Error(`No text under ${topic}`);
    return JSON.parse(payload);
  }

  /** How often something was published under a topic. */
  count(topic: string): number {
    return this.published.filter((message) => message.topic === topic).length;
  }

  /** Hands a message to the bridge. */
  send(topic: string, text: string, retained = false): void {
    this.#onMessage({ topic, payload: new TextEncoder().encode(text), retained });
  }

  /** The connection breaks, and the broker forgets everything. */
  cut(why = "the other side dropped the connection"): void {
    this.retained.clear();
    this.#end(why);
  }

  confirm(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #link(): MqttLink {
    const { promise: ended, resolve } = Promise.withResolvers<string>();
    let isOver = false;
    this.#end = (why) => {
      isOver = true;
      this.subscriptions.clear();
      resolve(why);
    };
    return {
      ended,
      publish: async (topic, payload) => {
        this.published.push({ topic, payload });
        if (!this.confirms) {
          const confirmed = new Promise<void>((resolve) => this.#waiting.push(resolve));
          await Promise.race([confirmed, ended]);
        }
        if (isOver) return false;
        if (payload.length === 0) this.retained.delete(topic);
        else this.retained.set(topic, payload);
        return true;
      },
      subscribe: (topic) => {
        if (!this.refusesSubscriptions) this.subscriptions.add(topic);
        return Promise.resolve(!this.refusesSubscriptions);
      },
      unsubscribe: (topic) => Promise.resolve(this.subscriptions.delete(topic)),
      close: () => {
        this.goodbyes += 1;
        this.#end("it was ended");
        return Promise.resolve();
      },
    };
  }
}
