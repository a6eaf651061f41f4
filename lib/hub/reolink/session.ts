/**
 * A Reolink camera that is logged in to: a tunnel or a TCP connection with a Baichuan session on it,
 * shared by everything that is asked of the camera.
 *
 * @module
 */

import type { ReolinkAddress } from "../../config/camera_address.ts";
import type { World } from "../../io/types.ts";
import type { Duration } from "../../machine.ts";
import type { Account } from "../../reolink/baichuan/account.ts";
import { BaichuanError, BaichuanLoginError } from "../../reolink/baichuan/baichuan_error.ts";
import type { CameraInfo } from "../../reolink/baichuan/camera_info.ts";
import { type BaichuanClient, connectBaichuan } from "../../reolink/baichuan/client.ts";
import type { BatteryInfo } from "../../reolink/baichuan/commands/battery.ts";
import type { PushEvent } from "../../reolink/baichuan/session_events.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import type { CameraEvent } from "../camera.ts";
import type { Way } from "../camera_status.ts";
import type { Link, LinkFigures, OpenWay } from "../link/link.ts";
import { LinkError } from "../link/link_error.ts";
import type { PreviewSession } from "../media/preview_pull.ts";
import { readReolinkControls } from "./control.ts";
import type { ReolinkLink, ReolinkLinkEvent } from "./link.ts";
import { startReolinkLink } from "./start_link.ts";

/** How often the battery is asked for while the camera is awake for us anyway. */
const BATTERY_EVERY: Duration = 60_000;

export interface ReolinkSessionOptions {
  readonly address: ReolinkAddress;
  readonly world: World;
  /** How often the cloud may call the camera, which wakes one that sleeps; see `startReolinkLink()`. */
  readonly calls?: number;
  /** Looks for it on the LAN alone, for so long; see `startReolinkLink()`. */
  readonly onLanFor?: Duration;
  readonly onEvent: (event: CameraEvent) => void;
  /** The camera may have been woken: it is being called, or was met. */
  readonly onCalled: () => void;
}

/** One use of a session, which keeps it from being let go until it is released. */
export interface SessionUse extends PreviewSession {
  readonly client: BaichuanClient;
  /** Harmless when done already. */
  release(): void;
}

export class ReolinkSession implements Link<void, SessionUse> {
  readonly #options: ReolinkSessionOptions;
  readonly #link: ReolinkLink;
  readonly #onUses: (count: number) => void;
  readonly #opened = Promise.withResolvers<OpenWay | undefined>();
  readonly #ended = Promise.withResolvers<TunnelEnd>();
  readonly #leaving = new AbortController();
  #client: BaichuanClient | undefined;
  #uses = 0;
  #cancelBattery = () => {};

  private constructor(
    options: ReolinkSessionOptions,
    link: ReolinkLink,
    onUses: (count: number) => void,
  ) {
    this.#options = options;
    this.#link = link;
    this.#onUses = onUses;
    this.#guard(this.#run());
  }

  /**
   * Begins to reach the camera and to log in. Rejects with `LinkError` when not even a beginning can
   * be made, which for a camera by address is the connection itself.
   */
  static async start(
    options: ReolinkSessionOptions,
    signal: AbortSignal,
    onUses: (count: number) => void,
  ): Promise<ReolinkSession> {
    const { address, world, calls, onLanFor } = options;
    const link = await startReolinkLink({
      address,
      world,
      onEvent: (event) => handleLink(event, options),
      ...(calls !== undefined && { calls }),
      ...(onLanFor !== undefined && { onLanFor }),
    }, signal);
    return new ReolinkSession(options, link, onUses);
  }

  get opened(): Promise<OpenWay | undefined> {
    return this.#opened.promise;
  }

  get ended(): Promise<TunnelEnd> {
    return this.#ended.promise;
  }

  get isOpen(): boolean {
    return this.#client?.isOpen === true && this.#link.isOpen;
  }

  get figures(): LinkFigures {
    const { figures } = this.#link;
    return { ...figures, rtt: figures.rtt ?? this.#client?.roundTrip };
  }

  openStream(): SessionUse {
    const client = this.#client;
    if (client === undefined || !this.isOpen) throw new LinkError(JUST_ENDED);
    let isReleased = false;
    this.#count(1);
    return {
      client,
      ended: this.ended,
      release: () => {
        if (!isReleased) this.#count(-1);
        isReleased = true;
      },
    };
  }

  close(): void {
    this.#leaving.abort();
    // Without a session, nobody is there to say goodbye.
    if (this.#client === undefined) this.#link.close();
  }

  #count(step: number): void {
    this.#uses += step;
    this.#onUses(this.#uses);
  }

  async #run(): Promise<void> {
    const way = await this.#link.opened;
    if (way === undefined) return this.#finish(await this.#link.ended);
    const { onEvent, onCalled } = this.#options;
    onCalled();
    onEvent({ type: "connecting", state: "authenticating" });
    const client = await this.#logIn();
    if (client === undefined) return;
    this.#client = client;
    onEvent({ type: "connected", way: way.way });
    this.#opened.resolve(way);
    this.#guard(this.#learn(client));
    await this.#endWith(await client.ended);
  }

  /** The camera, logged in to; `undefined` when that was the end. */
  async #logIn(): Promise<BaichuanClient | undefined> {
    const { address, world: { clock } } = this.#options;
    try {
      return await connectBaichuan(this.#link.stream, {
        account: accountOf(address),
        channel: address.channel,
        clock,
        onEvent: (event) => this.#handlePush(event),
      }, this.#leaving.signal);
    } catch (error) {
      if (!(error instanceof BaichuanLoginError)) throw error;
      await this.#endWith(error.end);
      return undefined;
    }
  }

  /** The session is over: so is the link, unless it was the link that broke. */
  async #endWith(end: TunnelEnd): Promise<void> {
    this.#link.close();
    const linkEnd = await this.#link.ended;
    const isOwn = end.reason === "auth" || end.reason === "local" || linkEnd.reason === "local";
    this.#finish(isOwn ? end : linkEnd);
  }

  /** What goes wrong unforeseen is a bug of ours, for whoever waits for the end to hear of. */
  #guard(work: Promise<unknown>): void {
    work.catch((error) => {
      this.#opened.resolve(undefined);
      this.#ended.reject(error);
    });
  }

  #finish(end: TunnelEnd): void {
    this.#cancelBattery();
    this.#opened.resolve(undefined);
    this.#ended.resolve(end);
  }

  /** Finds out what the camera is, while it does what it was wanted for. */
  async #learn(client: BaichuanClient): Promise<void> {
    const { onEvent } = this.#options;
    const info = await client.info();
    const { model, firmware, support, hasBattery } = info;
    onEvent({ type: "note", message: "logged in", fields: { model, firmware } });
    this.#guard(this.#learnControls(client, info));
    if (hasBattery !== false) {
      const isThere = await this.#askBattery(client);
      // One that tells nothing of itself may only have to wake up.
      const isNone = isThere === false && hasBattery === undefined && support !== undefined;
      if (!isNone) return this.#askBatteryLater(client);
    }
    onEvent({ type: "power", runsOnBattery: false });
    // Others are kept awake by it.
    await client.watchEvents().catch(ignoreRefusal);
  }

  async #learnControls(client: BaichuanClient, info: CameraInfo): Promise<void> {
    const controls = await readReolinkControls(client, info);
    // What it did not get to say before its end would pass for what it does not have.
    if (controls !== undefined && client.isOpen) {
      this.#options.onEvent({ type: "controls", controls });
    }
  }

  /** Whether it tells of its battery; `undefined` where it does not answer. */
  async #askBattery(client: BaichuanClient): Promise<boolean | undefined> {
    try {
      this.#handleBattery(await client.battery());
      return true;
    } catch (error) {
      if (!(error instanceof BaichuanError)) throw error;
      return error.reason === "refused" ? false : undefined;
    }
  }

  #askBatteryLater(client: BaichuanClient): void {
    if (!client.isOpen) return;
    this.#cancelBattery = this.#options.world.clock.setTimer(BATTERY_EVERY, () => {
      this.#guard(this.#askBattery(client).then(() => this.#askBatteryLater(client)));
    });
  }

  #handlePush(event: PushEvent): void {
    const { address: { channel }, onEvent } = this.#options;
    const isOwn = (one: { readonly channel: number }) => one.channel === channel;
    switch (event.type) {
      case "battery": {
        const own = event.batteries.find(isOwn);
        return own && this.#handleBattery(own);
      }
      case "sightings": {
        const own = event.sightings.find(isOwn);
        if (own === undefined) return;
        const { motion, visitor, kinds } = own;
        return onEvent({ type: "sighting", sighting: { motion, visitor, kinds } });
      }
      default:
        return;
    }
  }

  #handleBattery({ percent, chargeStatus }: BatteryInfo): void {
    const { onEvent } = this.#options;
    const battery = {
      percent: Math.min(100, Math.max(0, percent)),
      charging: chargeStatus === "charging",
    };
    onEvent({ type: "power", runsOnBattery: true });
    onEvent({ type: "battery", battery });
  }
}

/** Nobody misses what a camera does not tell. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof BaichuanError)) throw error;
}

/** What the way to the camera says, in the hub's words. */
function handleLink(event: ReolinkLinkEvent, options: ReolinkSessionOptions): void {
  const { onEvent, onCalled } = options;
  switch (event.type) {
    case "state":
      if (event.state === "open" || event.state === "closed") return;
      return onEvent({ type: "connecting", state: event.state });
    case "stage": {
      const { stage, status, detail } = event;
      const way = WAY_OF_STAGE[stage];
      // A register that lets us shake hands has called the camera.
      if (way !== undefined && status === "started") onCalled();
      if (status !== "dropped") onEvent({ type: "step", stage, status });
      if (way !== undefined && status === "failed") onEvent({ type: "wayFailed", way, detail });
      return;
    }
    default:
      return;
  }
}

const WAY_OF_STAGE: Readonly<Record<string, Way>> = { local: "lan", map: "map", relay: "relay" };

/** Whom nobody is named for. */
const DEFAULT_USER = "admin";

function accountOf({ credentials }: ReolinkAddress): Account {
  const { user, password } = credentials ?? {};
  return { user: user || DEFAULT_USER, ...(password !== undefined && { password }) };
}

const JUST_ENDED: TunnelEnd = {
  reason: "timeout",
  stage: "open",
  detail: "the connection to the camera has just ended",
  advice: "Try again.",
};
