import type { Scope } from "./command.ts";

/**
 * What goes into byte 12 of a request.
 *
 * Plain cameras repeat it and do not care. Recorders and hubs do: they refuse what is for the device
 * as a whole when it names a channel, and then a login looks as if the password were wrong, while
 * 250 was taken by every device tried [observed]. So `level` is the default: 250 for the device, the
 * channel plus 1 for a channel, 251 for events. `channel` is what some clients do that know plain
 * cameras only: the channel, always.
 */
export type Addressing = "level" | "channel";

const DEVICE = 250;
const EVENTS = 251;

/** The highest channel: it goes out plus 1, and 250 and 251 have a meaning of their own. */
const MAX_CHANNEL = DEVICE - 2;

/** Byte 12 for a request of this scope. Throws `RangeError` for a channel out of range. */
export function channelByte(addressing: Addressing, scope: Scope, channel: number): number {
  if (!Number.isInteger(channel) || channel < 0 || channel > MAX_CHANNEL) {
    throw new RangeError(`Cannot address a channel as it must be 0 to ${MAX_CHANNEL}: ${channel}`);
  }
  if (addressing === "channel") return channel;
  switch (scope) {
    case "device":
      return DEVICE;
    case "events":
      return EVENTS;
    case "channel":
      return channel + 1;
  }
}
