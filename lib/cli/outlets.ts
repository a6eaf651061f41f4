import type { DaemonConfig, MqttConfig } from "../config/daemon_config.ts";
import type { CameraHub } from "../hub/camera_hub.ts";
import { sameValue } from "../hub/same_value.ts";
import { postHttp } from "../io/http_post.ts";
import { dialMqtt } from "../io/mqtt_client.ts";
import type { World } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import { MqttBridge } from "../mqtt/mqtt_bridge.ts";
import { type WebhookFigures, Webhooks } from "../webhook/webhooks.ts";
import { programVersion } from "./commands/version.ts";

export interface OutletsOptions {
  readonly world: Pick<World, "clock" | "entropy">;
  readonly log: Log;
  /** A bug of ours came up. */
  readonly onBug: (error: unknown) => void;
}

/** Those who are told by themselves of what happens: webhooks, and an MQTT broker. */
export class Outlets {
  readonly #hub: CameraHub;
  readonly #options: OutletsOptions;
  readonly #webhooks: Webhooks;
  #mqtt: MqttBridge | undefined;

  constructor(hub: CameraHub, options: OutletsOptions) {
    const { world: { clock, entropy }, log, onBug } = options;
    const userAgent = `sightline/${programVersion().version}`;
    this.#hub = hub;
    this.#options = options;
    this.#webhooks = new Webhooks(hub.events, {
      clock,
      entropy,
      post: postHttp,
      log,
      userAgent,
      onBug,
    });
  }

  get webhookFigures(): readonly WebhookFigures[] {
    return this.#webhooks.figures;
  }

  /** Whether there is a connection to the broker; `undefined` where none is configured. */
  get isMqttConnected(): boolean | undefined {
    return this.#mqtt?.isConnected;
  }

  /** Puts other settings in force; what is the same goes on untouched. */
  async configure({ webhooks, mqtt }: Pick<DaemonConfig, "webhooks" | "mqtt">): Promise<void> {
    this.#webhooks.configure(webhooks);
    const old = this.#mqtt;
    if (isSame(old?.config, mqtt)) return;
    await old?.close({ forget: movesAway(old.config, mqtt) });
    this.#mqtt = mqtt && this.#connect(mqtt);
  }

  /** To be called when nothing happens any more: the last of it is told, in a moment. */
  async close(): Promise<void> {
    await Promise.all([this.#webhooks.close(), this.#mqtt?.close()]);
  }

  #connect(config: MqttConfig): MqttBridge {
    const { world: { clock, entropy }, log, onBug } = this.#options;
    const { version } = programVersion();
    return new MqttBridge(config, {
      hub: this.#hub,
      clock,
      entropy,
      dial: dialMqtt,
      log,
      version,
      onBug,
    });
  }
}

function isSame(a: MqttConfig | undefined, b: MqttConfig | undefined): boolean {
  // A URL keeps what it is to itself.
  return sameValue(a && { ...a, server: a.server.href }, b && { ...b, server: b.server.href });
}

/** Whether what the old settings have published stands for nothing any more. */
function movesAway(from: MqttConfig, to: MqttConfig | undefined): boolean {
  return to === undefined || from.server.href !== to.server.href || from.topic !== to.topic ||
    from.discoveryPrefix !== to.discoveryPrefix;
}
