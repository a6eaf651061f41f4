/**
 * The configuration of the daemon as the rest of the program has it: every default filled in, every
 * password resolved. `load_config.ts` makes it from YAML.
 *
 * @module
 */

import type { LogLevel } from "../log/log.ts";
import type { Duration, Endpoint } from "../machine.ts";
import type { CameraAddress } from "./camera_address.ts";
import type { EventType } from "./event_types.ts";
import type { Secret } from "./secret.ts";

export interface DaemonConfig {
  readonly api: ApiConfig;
  readonly rtsp: RtspConfig;
  /** In the order of the file; no name twice. */
  readonly cameras: readonly CameraConfig[];
  readonly webhooks: readonly WebhookConfig[];
  readonly mqtt: MqttConfig | undefined;
  readonly log: LogConfig;
  /** Nothing is recorded where it is not given. */
  readonly recorder?: RecorderConfig | undefined;
}

export interface ApiConfig {
  /** Beyond loopback only with `tokens`. Port 0 takes any free one. */
  readonly listen: Endpoint;
  /** Whoever may call; everybody on this machine where there are none. No name twice. */
  readonly tokens: readonly ApiToken[];
  /** Names and addresses, without port, a request's Host may have besides those listened on. */
  readonly allowedHosts: readonly string[];
  /** Origins of web pages that may call from a browser, e.g. `https://home.example:8123`. */
  readonly allowedOrigins: readonly string[];
}

export interface ApiToken {
  readonly name: string;
  readonly token: Secret;
}

export interface RtspConfig {
  /** Port 0 takes any free one. */
  readonly listen: Endpoint;
  /** Whoever may watch; everybody where there are none. */
  readonly users: readonly RtspUser[];
}

export interface RtspUser {
  readonly user: string;
  readonly password: Secret;
}

/**
 * - `on-demand`: reached while somebody watches or a lease runs
 * - `always`: kept open
 * - `manual`: reached while a lease runs; viewers alone do not start it
 */
export const CAMERA_MODES = ["on-demand", "always", "manual"] as const;

export type CameraMode = (typeof CAMERA_MODES)[number];

export interface CameraConfig {
  /** Good as one segment of a URL as it is; see `camera_name.ts`. */
  readonly name: string;
  readonly address: CameraAddress;
  readonly mode: CameraMode;
  /** How long it stays open after its last viewer has left. */
  readonly idle: Duration;
  /** Ports of a Dahua device, as ports of this machine. */
  readonly forward: readonly PortForward[];
  /** Of a battery camera; the program's own where it is not given. */
  readonly wakeBudget: WakeBudgetConfig | undefined;
}

/** A local address and the port of the device behind it. Local port 0 takes any free one. */
export interface PortForward {
  readonly listen: Endpoint;
  readonly devicePort: number;
}

/** How often and how long a battery camera may be woken. What is left out is not limited. */
export interface WakeBudgetConfig {
  readonly wakesPerHour: number | undefined;
  readonly awakePerDay: Duration | undefined;
  /** Charge in per cent below which it is not woken, from 0 to 100. */
  readonly minBattery: number | undefined;
}

export interface WebhookConfig {
  readonly url: URL;
  /** Key of the signature; unsigned where it is not given. */
  readonly secret: Secret | undefined;
  /** Types of events it wants; all where it is empty. */
  readonly events: readonly EventType[];
}

export interface MqttConfig {
  /** `mqtt:` or `mqtts:`. */
  readonly server: URL;
  /** PEM of the authorities one of which has signed the broker's certificate; the system's without. */
  readonly ca: string | undefined;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  /** Where Home Assistant looks for devices. */
  readonly discoveryPrefix: string;
  /** What our own topics begin with, without a slash at the end. */
  readonly topic: string;
}

/** The flight recorder: what cameras did before they stalled or failed. */
export interface RecorderConfig {
  /** The folder its files go to. */
  readonly dir: string;
  /** Files kept; the oldest go first. */
  readonly maxFiles: number;
}

export interface LogConfig {
  /** The command line's where it is not given. */
  readonly level: LogLevel | undefined;
  readonly format: "text" | "json" | undefined;
}

export const DEFAULT_API_LISTEN: Endpoint = { address: "127.0.0.1", port: 8580 };
export const DEFAULT_RTSP_LISTEN: Endpoint = { address: "127.0.0.1", port: 8554 };
export const DEFAULT_IDLE: Duration = 30_000;
