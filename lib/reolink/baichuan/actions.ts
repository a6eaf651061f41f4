/** Actions that take more than one request. @module */

import type { Camera } from "./command.ts";
import type { LedState } from "./commands/led.ts";
import { READ_LED } from "./commands/led_read.ts";
import { WRITE_LED } from "./commands/led_write.ts";
import { changePirSettings, type PirSettings } from "./commands/pir.ts";
import { READ_PIR } from "./commands/pir_read.ts";
import { WRITE_PIR } from "./commands/pir_write.ts";
import { localTime } from "./commands/time.ts";
import { READ_TIME } from "./commands/time_read.ts";
import { WRITE_TIME } from "./commands/time_write.ts";

/** The settings of the sensor that wakes a battery camera. */
export async function readPir(camera: Camera): Promise<PirSettings> {
  const { settings } = await camera.request(READ_PIR, { channel: camera.channel });
  return settings ?? {};
}

/** Changes the settings given; all others stay, including those we do not understand. */
export async function changePir(camera: Camera, changes: PirSettings): Promise<void> {
  const { channel } = camera;
  const { element } = await camera.request(READ_PIR, { channel });
  await camera.request(WRITE_PIR, { channel, element: changePirSettings(element, changes) });
}

/** Changes the infrared light, the light that shows its state, or both. */
export async function changeLed(
  camera: Camera,
  changes: Pick<LedState, "infrared" | "status">,
): Promise<void> {
  const { channel } = camera;
  const { version: _, ...state } = await camera.request(READ_LED, { channel });
  await camera.request(WRITE_LED, { ...state, ...changes });
}

/**
 * Sets the camera's clock, in the time zone it is in.
 *
 * @param wallClock Milliseconds since 1970-01-01 UTC.
 */
export async function setClock(camera: Camera, wallClock: number): Promise<void> {
  const { utcOffset } = await camera.request(READ_TIME, {});
  await camera.request(WRITE_TIME, { ...localTime(wallClock, utcOffset), timeFormat: 0 });
}
