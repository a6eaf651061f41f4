import { BaichuanError } from "./baichuan_error.ts";
import type { Camera } from "./command.ts";
import { ABILITY_CATEGORIES, type AbilityInfo, READ_ABILITY } from "./commands/ability.ts";
import type { DeviceInfo, LoginReply } from "./commands/login.ts";
import { READ_STREAM_LIST, type StreamInfo } from "./commands/stream_list.ts";
import { READ_SUPPORT, type Support } from "./commands/support.ts";
import { READ_VERSION, type VersionInfo } from "./commands/version.ts";

/** What a camera says about itself. */
export interface CameraInfo {
  readonly model: string | undefined;
  /** The name its owner gave it. */
  readonly name: string | undefined;
  readonly firmware: string | undefined;
  readonly channels: number;
  /** `undefined` where the camera does not tell. */
  readonly hasBattery: boolean | undefined;
  readonly device: DeviceInfo;
  readonly version: VersionInfo | undefined;
  readonly support: Support | undefined;
  readonly abilities: AbilityInfo | undefined;
  /** Empty where it does not tell. */
  readonly streams: readonly StreamInfo[];
}

/** A camera after the login. */
export interface LoggedInCamera extends Camera {
  readonly login: Pick<LoginReply, "device" | "streams">;
}

/**
 * Asks a camera everything about itself at once. What it refuses is left out, as no camera knows
 * all of these commands.
 *
 * @param user Whose abilities to ask for.
 * @param saysBattery Whether it has mentioned a battery unasked; called last.
 */
export async function readCameraInfo(
  camera: LoggedInCamera,
  user: string,
  saysBattery: () => boolean,
): Promise<CameraInfo> {
  const { device, streams } = camera.login;
  const [version, support, abilities, list] = await Promise.all([
    tolerate(camera.request(READ_VERSION, {})),
    tolerate(camera.request(READ_SUPPORT, {})),
    tolerate(camera.request(READ_ABILITY, { userName: user, categories: ABILITY_CATEGORIES })),
    streams ?? tolerate(camera.request(READ_STREAM_LIST, {})),
  ]);
  return {
    model: version?.model ?? device.type,
    name: version?.name,
    firmware: version?.firmware ?? device.firmware,
    channels: device.channels ?? support?.channels ?? 1,
    hasBattery: saysBattery() || supportsBattery(support, camera.channel),
    device,
    version,
    support,
    abilities,
    streams: list ?? [],
  };
}

function supportsBattery(support: Support | undefined, channel: number): boolean | undefined {
  const item = support?.items.find((one) => one.channel === channel);
  return item?.battery === undefined ? undefined : item.battery > 0;
}

async function tolerate<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof BaichuanError) return undefined;
    throw error;
  }
}
