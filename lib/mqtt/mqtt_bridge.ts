/**
 * Cameras on an MQTT broker: their state as retained messages that Home Assistant finds by itself,
 * commands to start and stop them, and orders for those that are open.
 *
 * @module
 */

import { nameProblem } from "../config/camera_name.ts";
import type { MqttConfig } from "../config/daemon_config.ts";
import { Backoff, type BackoffLimits, RECONNECT_BACKOFF } from "../hub/link/backoff.ts";
import type { Hub } from "../hub/hub.ts";
import type { HubEvent } from "../hub/hub_event.ts";
import type { DialMqtt, MqttLink, MqttMessage } from "../io/mqtt_client.ts";
import type { Clock } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import type { Duration, Entropy } from "../machine.ts";
import { CameraPublisher, clearCamera, clearSpelling } from "./camera_publisher.ts";
import { parseCommand, parseOrder } from "./command.ts";
import { CommandRunner } from "./command_runner.ts";
import { bridgeDiscovery } from "./discovery.ts";
import { RetainedBoard } from "./retained_board.ts";
import { SnapshotFeed } from "./snapshot_feed.ts";
import { Topics } from "./topics.ts";

/** After a refusal: the same again would be refused, too, and brokers watch who tries passwords. */
export const REFUSED_BACKOFF: BackoffLimits = { first: 300_000, max: 300_000 };

/** How long messages of a life before may take to come after subscribing. */
const REMNANTS_COME_WITHIN: Duration = 5_000;

/** Cameras of a life before that are cleared over one connection: others can publish there, too. */
const MAX_REMNANTS = 1_024;

/** How long the last messages may take when the daemon ends. */
const CLOSE_GRACE: Duration = 2_000;

/** Brokers must take identifiers of up to 23 characters (MQTT 3.1.1, section 3.1.3.1). */
const CLIENT_ID_BYTES = 6;

export interface MqttBridgeOptions {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly dial: DialMqtt;
  readonly log: Log;
  readonly version: string;
  /** A bug of ours came up. */
  readonly onBug: (error: unknown) => void;
}

export class MqttBridge {
  readonly config: MqttConfig;
  readonly #options: MqttBridgeOptions;
  readonly #log: Log;
  readonly #topics: Topics;
  readonly #board: RetainedBoard;
  readonly #commands: CommandRunner;
  readonly #snapshots: SnapshotFeed;
  /** By the names of cameras. */
  readonly #publishers = new Map<string, CameraPublisher>();
  readonly #toShow = new Set<string>();
  readonly #unsubscribe: () => void;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  readonly #backoff: Backoff;
  readonly #refusedBackoff: Backoff;
  #link: MqttLink | undefined;
  #remnants = 0;
  #lastFailure: string | undefined;
  #endWait = () => {};

  constructor(config: MqttConfig, options: MqttBridgeOptions) {
    const { hub, clock, onBug } = options;
    this.config = config;
    this.#options = options;
    this.#log = options.log.with({ broker: config.server.host });
    this.#backoff = new Backoff(RECONNECT_BACKOFF, options.entropy);
    this.#refusedBackoff = new Backoff(REFUSED_BACKOFF, options.entropy);
    this.#topics = new Topics(config);
    this.#board = new RetainedBoard(clock, onBug);
    this.#commands = new CommandRunner(hub, this.#log, onBug);
    this.#snapshots = new SnapshotFeed({
      hub,
      clock,
      onPicture: (name, jpeg) => this.#showPicture(name, jpeg),
      onBug,
    });
    const bridge = bridgeDiscovery(this.#topics, options.version);
    this.#board.set(bridge.topic, JSON.stringify(bridge.config));
    this.#board.set(this.#topics.status, "online");
    for (const { name } of hub.list()) this.#show(name);
    this.#unsubscribe = hub.events.subscribe((event) => this.#onEvent(event));
    this.#running = this.#run().catch(onBug);
  }

  get isConnected(): boolean {
    return this.#link !== undefined;
  }

  /**
   * Tells that the bridge is gone, and ends the connection. With `forget` cameras and bridge are
   * taken off the broker, as other topics will stand for them.
   */
  async close({ forget = false }: { readonly forget?: boolean } = {}): Promise<void> {
    this.#unsubscribe();
    this.#snapshots.close();
    if (forget) this.#forgetAll();
    else this.#board.set(this.#topics.status, "offline");
    const cancel = this.#options.clock.setTimer(CLOSE_GRACE, () => this.#board.detach());
    await this.#board.flush();
    cancel();
    this.#ending.abort();
    this.#endWait();
    await this.#link?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const wait = await this.#connectOnce();
      if (!signal.aborted) await this.#wait(wait);
    }
  }

  /** One connection, from dialing to its end; resolves with how long to wait before the next. */
  async #connectOnce(): Promise<Duration> {
    const { clock } = this.#options;
    const result = await this.#dial();
    if (result.type !== "link") {
      const backoff = result.type === "refused" ? this.#refusedBackoff : this.#backoff;
      return this.#complain(`mqtt: ${result.type}`, result.why, backoff);
    }
    if (this.#ending.signal.aborted) {
      await result.link.close();
      return 0;
    }
    const since = clock.now();
    const why = await this.#serve(result.link);
    // One that ends at once is no better than one that does not come up.
    if (clock.now() - since > RECONNECT_BACKOFF.max) this.#backoff.reset();
    return this.#complain("mqtt: connection lost", why, this.#backoff);
  }

  #dial(): ReturnType<DialMqtt> {
    const { dial, entropy } = this.#options;
    const { server, ca, username, password } = this.config;
    const settings = {
      server,
      ca,
      username,
      password: password?.reveal(),
      clientId: `sightline-${entropy(CLIENT_ID_BYTES).toHex()}`,
      will: { topic: this.#topics.status, payload: "offline" },
    };
    return dial(settings, (message) => this.#onMessage(message), this.#ending.signal);
  }

  /** Resolves with why the connection is over. */
  async #serve(link: MqttLink): Promise<string> {
    const { clock, onBug } = this.#options;
    const { everyCommand, everyOrder, everyState } = this.#topics;
    this.#link = link;
    this.#remnants = 0;
    this.#lastFailure = undefined;
    this.#log.info("mqtt: connected");
    this.#board.attach(link);
    let isOver = false;
    void link.ended.then(() => isOver = true);
    for (const topic of [everyCommand, everyOrder]) {
      if (await link.subscribe(topic) || isOver) continue;
      this.#log.warn("mqtt: no commands, as the broker refuses the subscription", { topic });
    }
    // What is retained of cameras that are no more comes with this, and is cleared.
    await link.subscribe(everyState);
    const cancel = clock.setTimer(REMNANTS_COME_WITHIN, () => {
      link.unsubscribe(everyState).catch(onBug);
    });
    const why = await link.ended;
    cancel();
    this.#link = undefined;
    this.#board.detach();
    return why;
  }

  #wait(delay: Duration): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.setTimer(delay, resolve);
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
  }

  /** The same again and again is told once; returns how long to wait now. */
  #complain(message: string, why: string, backoff: Backoff): Duration {
    if (this.#ending.signal.aborted) return 0;
    const wait = backoff.next();
    const failure = `${message} ${why}`;
    const level = failure === this.#lastFailure ? "debug" : "warn";
    this.#lastFailure = failure;
    this.#log[level](message, { why, retryMs: Math.round(wait) });
    return wait;
  }

  #onEvent(event: HubEvent): void {
    if (event.type === "config") return;
    if (event.type === "camera" && event.change === "removed") this.#forget(event.camera);
    else this.#showSoon(event.camera);
  }

  /** Once the hub is done with what it tells of: a camera that is added is not on its list yet. */
  #showSoon(name: string): void {
    if (this.#toShow.size === 0) {
      queueMicrotask(() => {
        for (const name of this.#toShow) this.#show(name);
        this.#toShow.clear();
      });
    }
    this.#toShow.add(name);
  }

  #onMessage({ topic, payload, retained }: MqttMessage): void {
    const commanded = this.#topics.cameraOf(topic, "set");
    if (commanded !== undefined) return this.#onCommand(commanded, payload, retained);
    const ordered = this.#topics.cameraOf(topic, "control");
    if (ordered !== undefined) return this.#onOrder(ordered, payload, retained);
    const shown = this.#topics.cameraOf(topic, "state");
    if (shown !== undefined && retained) this.#onRemnant(shown);
  }

  /** The broker holds a state of this camera, maybe from a life before. */
  #onRemnant(name: string): void {
    const present = this.#options.hub.get(name)?.name;
    if (present === name || nameProblem(name) !== undefined) return;
    this.#remnants += 1;
    if (this.#remnants > MAX_REMNANTS) return;
    if (present === undefined) clearCamera(this.#board, this.#topics, name);
    else clearSpelling(this.#board, this.#topics, name);
  }

  #onCommand(name: string, payload: Uint8Array, retained: boolean): void {
    const camera = this.#options.hub.get(name)?.name;
    if (camera === undefined) return this.#log.debug("mqtt: a command for a camera there is not");
    // It would start the camera again at each connection.
    if (retained) return this.#log.warn("mqtt: a retained command is passed over", { camera });
    const command = parseCommand(payload);
    if (command !== undefined) return this.#commands.run(camera, command);
    this.#log.warn('mqtt: a command is neither ON, OFF nor {"for":"10m"}', { camera });
  }

  #onOrder(name: string, payload: Uint8Array, retained: boolean): void {
    const camera = this.#options.hub.get(name)?.name;
    if (camera === undefined) return this.#log.debug("mqtt: an order for a camera there is not");
    // It would be given anew at each connection.
    if (retained) return this.#log.warn("mqtt: a retained order is passed over", { camera });
    const order = parseOrder(payload);
    if (order !== undefined) return this.#commands.run(camera, order);
    this.#log.warn('mqtt: an order is not as {"type":"light","on":true}', { camera });
  }

  #show(name: string): void {
    const status = this.#options.hub.get(name);
    if (status === undefined) return;
    this.#publisher(status.name).show(status);
    this.#snapshots.follow(status);
  }

  #showPicture(name: string, jpeg: Uint8Array): void {
    const status = this.#options.hub.get(name);
    if (status !== undefined) this.#publisher(status.name).showPicture(status, jpeg);
  }

  #publisher(name: string): CameraPublisher {
    const known = this.#publishers.get(name);
    if (known !== undefined) return known;
    const { version } = this.#options;
    const publisher = new CameraPublisher(this.#board, this.#topics, version);
    this.#publishers.set(name, publisher);
    return publisher;
  }

  #forget(name: string): void {
    this.#snapshots.leave(name);
    this.#publishers.delete(name);
    clearCamera(this.#board, this.#topics, name);
  }

  #forgetAll(): void {
    for (const name of [...this.#publishers.keys()]) this.#forget(name);
    this.#board.clear(bridgeDiscovery(this.#topics, this.#options.version).topic);
    this.#board.clear(this.#topics.status);
  }
}
