/** What a Reolink camera can be told to do, and how it is told. @module */

import type { ControlOrder, PtzDirection } from "../../config/control_order.ts";
import { changeLed, changePir } from "../../reolink/baichuan/actions.ts";
import { BaichuanError } from "../../reolink/baichuan/baichuan_error.ts";
import type { CameraInfo } from "../../reolink/baichuan/camera_info.ts";
import type { BaichuanClient } from "../../reolink/baichuan/client.ts";
import type { Camera } from "../../reolink/baichuan/command.ts";
import { isAble } from "../../reolink/baichuan/commands/ability.ts";
import { SWITCH_FLOODLIGHT } from "../../reolink/baichuan/commands/floodlight.ts";
import { CONTROL_PTZ_PRESET } from "../../reolink/baichuan/commands/ptz_preset.ts";
import { READ_PTZ_PRESETS } from "../../reolink/baichuan/commands/ptz_presets.ts";
import { REBOOT } from "../../reolink/baichuan/commands/reboot.ts";
import { PLAY_SIREN, sirenOrder } from "../../reolink/baichuan/commands/siren.ts";
import { READ_ZOOM_FOCUS } from "../../reolink/baichuan/commands/zoom_focus_read.ts";
import { CONTROL_ZOOM_FOCUS } from "../../reolink/baichuan/commands/zoom_focus_write.ts";
import type { Move } from "../../reolink/baichuan/ptz_mover.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import { type Control, tidyPresets } from "../controls.ts";
import { LinkError } from "../link/link_error.ts";
import { settleOrAbort } from "../settle_or_abort.ts";

/** Kinds of mounts that turn, tilt and zoom. [observed] */
const PANS: ReadonlySet<number> = new Set([2, 3, 5, 6, 7]);
const TILTS: ReadonlySet<number> = new Set([2, 3, 5, 6]);
const ZOOMS: ReadonlySet<number> = new Set([1, 2, 5]);

/** Bits of `audioVersion` and `ledCtrl`. [observed] */
const SIREN = 1 << 2;
const FLOODLIGHT = (1 << 1) | (1 << 2);

/**
 * What a camera says that it can be told; `undefined` where it says nothing of itself. Its mount,
 * light and siren it tells as what it supports, the rest as what this account may change.
 */
export async function readReolinkControls(
  camera: Camera,
  { support, abilities }: Pick<CameraInfo, "support" | "abilities">,
): Promise<readonly Control[] | undefined> {
  if (support === undefined && abilities === undefined) return undefined;
  const { channel } = camera;
  const item = support?.items.find((one) => one.channel === channel);
  const may = (name: string) => abilities !== undefined && isAble(abilities, name, true, channel);
  const has = (bits: number | undefined, mask: number) => ((bits ?? 0) & mask) !== 0;
  // A camera that says nothing of what the account may do can still say that it has the thing.
  const mount = abilities === undefined || may("control") ? item?.ptzType ?? 0 : 0;
  return [
    ...when(has(item?.ledControl, FLOODLIGHT), "light"),
    ...when(has(item?.audioVersion, SIREN), "siren"),
    ...when(may("ledState"), "led"),
    ...when(may("rfAlarm"), "pir"),
    ...await readMount(camera, mount),
    ...when(may("reboot"), "reboot"),
  ];
}

/** Has it do something; false where it cannot be told that. Rejects with `LinkError`. */
export async function controlReolink(
  client: BaichuanClient,
  order: ControlOrder,
  signal: AbortSignal,
): Promise<boolean> {
  const told = tell(client, order, signal);
  if (told === undefined) return false;
  try {
    // A movement ends with the signal by itself, and what becomes of it is waited for.
    const isMove = order.type === "ptz";
    const done = await settleOrAbort(told.then(() => true), isMove ? undefined : signal);
    if (done === undefined) throw new LinkError(TOO_LATE);
    return done;
  } catch (error) {
    if (!(error instanceof BaichuanError)) throw error;
    const reason = error.reason === "silent" ? "timeout" : "peer";
    throw new LinkError({ ...TOO_LATE, reason, detail: error.message }, error);
  }
}

function tell(
  client: BaichuanClient,
  order: ControlOrder,
  signal: AbortSignal,
): Promise<unknown> | undefined {
  const { channel } = client;
  switch (order.type) {
    case "light": {
      const duration = Math.ceil(order.for / 1_000);
      return client.request(SWITCH_FLOODLIGHT, { channel, on: order.on, duration });
    }
    case "siren":
      return client.request(PLAY_SIREN, sirenOrder(channel, order.on ? 1 : "off"));
    case "led":
      return changeLed(client, { status: order.on ? "open" : "close" });
    case "pir":
      return changePir(client, { enabled: order.on });
    case "ptz": {
      const direction = DIRECTIONS[order.direction];
      const { speed, for: duration } = order;
      return direction && move(client, { direction, speed, duration }, signal);
    }
    case "preset":
      return client.request(CONTROL_PTZ_PRESET, {
        channel,
        presets: [{ id: order.id, command: "toPos" }],
      });
    case "zoom": {
      const { position } = order;
      return client.request(CONTROL_ZOOM_FOCUS, { channel, command: "zoomPos", position });
    }
    case "reboot":
      return client.request(REBOOT, {});
  }
}

/** Of zooming for a while there is no command. */
const DIRECTIONS: Readonly<Record<PtzDirection, Move["direction"] | undefined>> = {
  left: "left",
  right: "right",
  up: "up",
  down: "down",
  "left-up": "leftUp",
  "left-down": "leftDown",
  "right-up": "rightUp",
  "right-down": "rightDown",
  in: undefined,
  out: undefined,
};

/** The session stops it in time, and before it says goodbye; whoever goes away stops it at once. */
async function move(client: BaichuanClient, move: Move, signal: AbortSignal): Promise<void> {
  const onAbort = () => void client.stopPtz().catch(ignoreRefusal);
  signal.addEventListener("abort", onAbort);
  try {
    const moved = client.movePtz(move);
    if (signal.aborted) onAbort();
    await moved;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function readMount(camera: Camera, mount: number): Promise<readonly Control[]> {
  // Diagonals are said not to work, so they are not offered.
  const directions: readonly PtzDirection[] = [
    ...(PANS.has(mount) ? ["left", "right"] as const : []),
    ...(TILTS.has(mount) ? ["up", "down"] as const : []),
  ];
  return [
    ...(directions.length > 0 ? [{ type: "ptz", directions } as const] : []),
    ...(directions.length > 0 ? await readPresets(camera) : []),
    ...(ZOOMS.has(mount) ? await readZoom(camera) : []),
  ];
}

async function readPresets(camera: Camera): Promise<readonly Control[]> {
  const answer = await tolerate(camera.request(READ_PTZ_PRESETS, { channel: camera.channel }));
  if (answer === undefined) return [];
  const presets = answer.presets.map(({ id, name = "" }) => ({ id, name }));
  return [{ type: "preset", presets: tidyPresets(presets) }];
}

async function readZoom(camera: Camera): Promise<readonly Control[]> {
  const answer = await tolerate(camera.request(READ_ZOOM_FOCUS, { channel: camera.channel }));
  if (answer?.zoom === undefined) return [];
  const { min, max } = answer.zoom;
  return max > min ? [{ type: "zoom", min, max }] : [];
}

function when(condition: boolean, type: "light" | "siren" | "led" | "pir" | "reboot"): Control[] {
  return condition ? [{ type }] : [];
}

async function tolerate<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    ignoreRefusal(error);
    return undefined;
  }
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof BaichuanError)) throw error;
}

const TOO_LATE: TunnelEnd = {
  reason: "timeout",
  stage: "control",
  detail: "the camera did not answer the order in time",
  advice: "",
};
