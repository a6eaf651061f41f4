/** A camera's infrared light and its status light. @module */

import { child, int, optional, record, text, type ValueOf, VERSION } from "../xml_record.ts";

export const LED_STATE = record({
  channel: child("channelId", int()),
  /** Only read, never written. */
  version: optional("ledVersion", int()),
  /** Infrared: `auto`, `open` for on, `close` for off. */
  infrared: optional("state", text()),
  /** The light that shows its state: `open` or `close`. */
  status: optional("lightState", text()),
}, VERSION);

export type LedState = ValueOf<typeof LED_STATE>;
