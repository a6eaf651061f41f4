import type { WebhookConfig } from "../config/daemon_config.ts";
import type { EventLog } from "../hub/hub_event.ts";
import { sameValue } from "../hub/same_value.ts";
import { type SenderOptions, type WebhookFigures, WebhookSender } from "./webhook_sender.ts";

export type { WebhookFigures } from "./webhook_sender.ts";

/** All receivers of events, as the configuration has them. */
export class Webhooks {
  readonly #options: SenderOptions;
  readonly #unsubscribe: () => void;
  readonly #leaving = new Set<Promise<void>>();
  #senders: readonly WebhookSender[] = [];

  constructor(events: EventLog, options: SenderOptions) {
    this.#options = options;
    this.#unsubscribe = events.subscribe((event) => {
      for (const sender of this.#senders) sender.offer(event);
    });
  }

  /** In the order of the configuration. */
  get figures(): readonly WebhookFigures[] {
    return this.#senders.map(({ figures }) => figures);
  }

  /** Puts other settings in force; a receiver that is the same keeps what is queued for it. */
  configure(configs: readonly WebhookConfig[]): void {
    const old = new Set(this.#senders);
    this.#senders = configs.map((config) => {
      const same = [...old].find((sender) => isSame(sender.config, config));
      if (same !== undefined) old.delete(same);
      return same ?? new WebhookSender(config, this.#options);
    });
    for (const sender of old) this.#release(sender);
  }

  /** Takes no more events, and gives those queued a moment. */
  async close(): Promise<void> {
    this.#unsubscribe();
    for (const sender of this.#senders) this.#release(sender);
    await Promise.all(this.#leaving);
  }

  #release(sender: WebhookSender): void {
    const leaving = sender.close().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }
}

function isSame(a: WebhookConfig, b: WebhookConfig): boolean {
  return a.url.href === b.url.href && sameValue(a.secret, b.secret) &&
    sameValue(a.events, b.events);
}
