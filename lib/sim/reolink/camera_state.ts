import type { Duration, Instant } from "../../machine.ts";
import type { BatteryInfo } from "../../reolink/baichuan/commands/battery.ts";
import { FLOODLIGHT_STATUS_LIST } from "../../reolink/baichuan/commands/floodlight_status.ts";
import { ALARM_EVENTS } from "../../reolink/baichuan/commands/alarm_events.ts";
import type { LedState } from "../../reolink/baichuan/commands/led.ts";
import type { PtzControl } from "../../reolink/baichuan/commands/ptz_control.ts";
import type { PtzPresets } from "../../reolink/baichuan/commands/ptz_presets.ts";
import type { AudioPlayInfo } from "../../reolink/baichuan/commands/siren.ts";
import type { StreamKind } from "../../reolink/baichuan/commands/preview.ts";
import type { Content, Push } from "../../reolink/baichuan/command.ts";
import type { XmlElement } from "../../xml/xml.ts";
import type { CameraSettings } from "./camera_settings.ts";
import {
  DEFAULT_FLOODLIGHT_TASK,
  DEFAULT_PIR,
  DEFAULT_PORTS,
  userList,
} from "./default_elements.ts";
import { Loudspeaker } from "./loudspeaker.ts";
import { MaterialStore } from "./material.ts";
import type { Power } from "./power.ts";
import { Preview } from "./preview.ts";

/** What a camera says to clients unasked. */
export interface CameraPush {
  readonly id: number;
  readonly content: Content;
  /** Only for those that have asked for events. */
  readonly isEvent: boolean;
}

/** A client that has logged in. Its identity counts. */
export interface CameraClient {
  onPush(push: CameraPush): void;
}

/** Figures of a camera, for tests to see that clients let it be. All but `previews` only grow. */
export interface CameraCounters {
  logins: number;
  /** With a wrong name or password. */
  wrongLogins: number;
  /** For whatever reason. */
  refusedLogins: number;
  /** Clients that came to be connected, by whatever way. */
  sessions: number;
  /** Streams running now, and the most there ever were. */
  previews: number;
  mostPreviews: number;
  snapshots: number;
  reboots: number;
}

/** Clients logged in at once; the next login is refused. */
export const MAX_CLIENTS = 12;

/** A Lithium cell, empty and full, in millivolts. */
const EMPTY_CELL = 3_300;
const FULL_CELL = 4_180;

/** At this charge and below, a camera calls it low. */
const LOW_PERCENT = 10;

/** Presets kept; more are not taken. */
const MAX_PRESETS = 64;

export interface CameraStateOptions {
  readonly settings: CameraSettings;
  readonly power: Power;
  readonly bootedAt: Instant;
  /** Time of day at instant 0, in milliseconds since 1970. */
  readonly epoch: number;
  readonly materials: MaterialStore;
}

/** What all clients of a camera share: its settings as they are now, and what it does and sees. */
export class CameraState {
  readonly settings: CameraSettings;
  readonly power: Power;
  readonly counters: CameraCounters = {
    logins: 0,
    wrongLogins: 0,
    refusedLogins: 0,
    sessions: 0,
    previews: 0,
    mostPreviews: 0,
    snapshots: 0,
    reboots: 0,
  };
  readonly talk = new Loudspeaker();

  led: LedState = { channel: 0, version: 2, infrared: "auto", status: "open" };
  /** `rfAlarmCfg` */
  pir: XmlElement = DEFAULT_PIR;
  ports: readonly XmlElement[] = DEFAULT_PORTS;
  /** `FloodlightTask` */
  floodlightTask: XmlElement = DEFAULT_FLOODLIGHT_TASK;
  /** `UserList`, without passwords; its first account is the one that may log in. */
  users: XmlElement;
  /** The last order. */
  siren: AudioPlayInfo | undefined;
  /** The last order that it has not been told to stop. */
  ptz: PtzControl = { channel: 0, speed: 0, command: "stop" };
  /** The preset it went to last. */
  preset: number | undefined;
  zoom = 1_000;
  focus = 100;
  name: string;
  /** Seconds east of UTC. */
  utcOffset = 0;
  /** What its clock is ahead of the true time. */
  clockOffset: Duration = 0;
  /** As long as something moves. */
  motion: readonly string[] | undefined;

  readonly #options: CameraStateOptions;
  readonly #clients = new Set<CameraClient>();
  readonly #presets = new Map<number, string>();
  #hasTold = false;
  #floodlight = false;
  #floodlightUntil: Instant | undefined;

  constructor(options: CameraStateOptions) {
    this.#options = options;
    this.settings = options.settings;
    this.power = options.power;
    this.name = options.settings.name;
    this.users = userList(options.settings.user);
  }

  /** False when there are too many. */
  add(client: CameraClient): boolean {
    if (this.#clients.size >= MAX_CLIENTS) return false;
    this.#clients.add(client);
    return true;
  }

  remove(client: CameraClient): void {
    this.#clients.delete(client);
    this.talk.release(client);
  }

  /** Tells everybody, or everybody who wants to know. */
  tell<T>(push: Push<T>, value: T): void {
    const isEvent = push.id === ALARM_EVENTS.id;
    const told = { id: push.id, content: push.content.write(value), isEvent };
    for (const client of this.#clients) client.onPush(told);
    this.#hasTold = true;
  }

  /** Whether clients were told something since this was asked last. */
  takeTold(): boolean {
    const told = this.#hasTold;
    this.#hasTold = false;
    return told;
  }

  /** Whether it has been awake for long enough to do what takes it longer to start. */
  isReady(now: Instant): boolean {
    return now - this.power.wokenAt >= this.settings.quirks.notReadyFor;
  }

  /** What its clock shows, as milliseconds since 1970 UTC. */
  wallClock(now: Instant): number {
    return this.#options.epoch + this.clockOffset + now;
  }

  battery(now: Instant): BatteryInfo {
    const { charge, adapter } = this.settings.battery;
    const percent = Math.round(this.power.percent(now));
    return {
      channel: 0,
      chargeStatus: charge,
      adapterStatus: adapter,
      voltage: Math.round(EMPTY_CELL + (FULL_CELL - EMPTY_CELL) * percent / 100),
      current: charge === "charging" ? 396 : -396,
      temperature: 32,
      percent,
      lowPower: percent <= LOW_PERCENT,
      version: 2,
    };
  }

  /** A stream from now on, or `undefined` where the camera has none of the kind. */
  startPreview(now: Instant, kind: StreamKind): Preview | undefined {
    const { streams, audio, quirks, faults } = this.settings;
    const video = streams[kind];
    if (video === "none") return undefined;
    const { materials, bootedAt, epoch } = this.#options;
    const material = materials.get(video, audio);
    this.counters.previews += 1;
    this.counters.mostPreviews = Math.max(this.counters.mostPreviews, this.counters.previews);
    const clock = epoch + this.clockOffset;
    return new Preview(now, { material, quirks, faults, bootedAt, epoch: clock });
  }

  endPreview(): void {
    this.counters.previews -= 1;
  }

  get floodlight(): boolean {
    return this.#floodlight;
  }

  /** @param duration Milliseconds until it goes off by itself. */
  switchFloodlight(now: Instant, on: boolean, duration: Duration): void {
    this.#floodlightUntil = on && duration > 0 ? now + duration : undefined;
    if (on === this.#floodlight) return;
    this.#floodlight = on;
    this.tell(FLOODLIGHT_STATUS_LIST, [{ channel: 0, on }]);
  }

  get presets(): PtzPresets["presets"] {
    return Array.from(this.#presets, ([id, name]) => ({ id, name, command: "toPos" }));
  }

  /** False when there is no room. */
  setPreset(id: number, name: string): boolean {
    if (!this.#presets.has(id) && this.#presets.size >= MAX_PRESETS) return false;
    this.#presets.set(id, name);
    return true;
  }

  hasPreset(id: number): boolean {
    return this.#presets.has(id);
  }

  /** Something begins to move, of these kinds, or nothing does any more. */
  setMotion(kinds: readonly string[] | undefined): void {
    this.motion = kinds;
    this.tell(ALARM_EVENTS, [this.motionEvent()]);
  }

  /** What it sees, as clients are told. */
  motionEvent() {
    const { motion } = this;
    const status = motion === undefined ? "none" : "MD";
    const aiType = motion === undefined || motion.length === 0 ? "none" : motion.join(",");
    return { channel: 0, status, aiType, recording: 0, timeStamp: 0 };
  }

  handleTimeout(now: Instant): void {
    if (this.#floodlightUntil === undefined || this.#floodlightUntil > now) return;
    this.switchFloodlight(now, false, 0);
  }

  pollTimeout(): Instant | undefined {
    return this.#floodlightUntil;
  }
}
