import type { Duration } from "../../machine.ts";
import type { StreamKind } from "../../reolink/baichuan/commands/preview.ts";
import type { CameraFaults, CameraQuirks } from "./camera_faults.ts";
import type { AudioKind, VideoKind } from "./material.ts";

/**
 * What a camera can do about secrecy at most: nothing, the simple cipher, AES for XML, the same
 * under another number as some battery cameras have it [capture], and AES for media too.
 */
export const ENCRYPTIONS = ["none", "bc", "aes", "aes3", "full"] as const;

export type Encryption = typeof ENCRYPTIONS[number];

export const CHARGE_STATES = ["none", "charging", "chargeComplete"] as const;
export const ADAPTERS = ["none", "adapter", "solarPanel"] as const;

export interface BatterySettings {
  /** Charge at the beginning. */
  readonly percent: number;
  /** Per cent an hour takes. */
  readonly drainAwake: number;
  readonly drainAsleep: number;
  readonly charge: typeof CHARGE_STATES[number];
  readonly adapter: typeof ADAPTERS[number];
  readonly wakeTime?: Duration | undefined;
  readonly sleepAfter?: Duration | undefined;
}

/** What a camera is and does, whatever it is connected to. */
export interface CameraSettings {
  /** As printed. */
  readonly uid: string;
  readonly name: string;
  readonly model: string;
  /** Its one account. */
  readonly user: string;
  readonly password: string;
  readonly power: "mains" | "battery";
  readonly battery: BatterySettings;
  readonly streams: Readonly<Record<StreamKind, VideoKind | "none">>;
  readonly audio: AudioKind;
  readonly encryption: Encryption;
  /** It sees something move for a while, again and again. */
  readonly motionEvery?: Duration | undefined;
  readonly faults: CameraFaults;
  readonly quirks: CameraQuirks;
}
