import type { CameraAddress } from "../lib/config/camera_address.ts";
import type { ApiConfig } from "../lib/config/daemon_config.ts";
import type { DoctorDesk } from "../lib/doctor/doctor_desk.ts";
import type { Cause } from "../lib/hub/cause.ts";
import type { BudgetSpent, Hub } from "../lib/hub/hub.ts";
import type { Clock } from "../lib/io/types.ts";
import type { Log } from "../lib/log/log.ts";
import type { Endpoint } from "../lib/machine.ts";
import type { WebhookFigures } from "../lib/webhook/webhooks.ts";

/** The hub and the rest of the program, as the API needs them. */
export interface AppOptions {
  readonly hub: Hub;
  /** The present settings of the API: a reload of the file changes tokens, hosts and origins. */
  readonly settings: () => Pick<ApiConfig, "tokens" | "allowedHosts" | "allowedOrigins">;
  /** Where the API listens, once that is known. */
  readonly listening: () => Endpoint;
  /** Where RTSP is served, for the URLs in answers. */
  readonly rtsp: () => Endpoint;
  readonly readiness: () => readonly ReadinessCheck[];
  readonly processStats: () => ProcessStats;
  readonly doctor: Doctor;
  /** In the order of the configuration. */
  readonly webhooks?: () => readonly WebhookFigures[];
  /** `undefined` where no broker is configured. */
  readonly isMqttConnected?: () => boolean | undefined;
  /** As in `sightline version`. */
  readonly version: { readonly version: string; readonly runtime: string };
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<AppLimits>;
}

/** Who examines cameras. */
export interface Doctor extends Pick<DoctorDesk, "begin"> {
  /** Of a camera of the daemon, by its name. */
  addressOf(name: string): CameraAddress | undefined;
  /** See `CameraHub.visit()`. */
  visit(address: CameraAddress, cause: Cause): BudgetSpent | (() => void);
}

/** Something the daemon needs to do its work; a sleeping or lost camera is none of it. */
export interface ReadinessCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What is wrong, as a clause. */
  readonly detail?: string;
}

export interface ProcessStats {
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Of all threads, in user and kernel mode, since the process started. */
  readonly cpuSeconds: number;
  /** Since the process started. */
  readonly uptimeSeconds: number;
}

/** How much may be asked of the API. */
export interface AppLimits {
  /** Requests a second of one client, and how many at once above that. */
  readonly requests: Rate;
  /** Those of them that change something. */
  readonly changes: Rate;
  /** Those without a valid token. */
  readonly refusals: Rate;
  readonly bodyBytes: number;
  /** Open streams of events. */
  readonly eventStreams: number;
  /** Live pictures watched over HTTP. */
  readonly liveStreams: number;
}

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export const DEFAULT_APP_LIMITS: AppLimits = {
  requests: { perSecond: 2_000, burst: 4_000 },
  changes: { perSecond: 20, burst: 100 },
  refusals: { perSecond: 1, burst: 20 },
  bodyBytes: 16 << 10,
  eventStreams: 32,
  liveStreams: 32,
};

/** The API as an HTTP server runs it. */
export interface App {
  /** Answers a request; never rejects. `peer` is the address it came from, without the port. */
  readonly fetch: (request: Request, peer: string) => Promise<Response>;
  /** Ends what is still streamed. */
  close(): void;
}
