import { tryDecode } from "../../bytes/try_decode.ts";
import type { BcMessage } from "./codec.ts";
import type { Push } from "./command.ts";
import { ALARM_EVENTS, sightingOf } from "./commands/alarm_events.ts";
import { BATTERY_LIST } from "./commands/battery.ts";
import { CHANNEL_LIST } from "./commands/channel_list.ts";
import { FLOODLIGHT_STATUS_LIST } from "./commands/floodlight_status.ts";
import type { PushEvent } from "./session_events.ts";

/** Ids of messages that come unasked and have nothing in them that we understand. */
const IMAGE_SETTINGS = 78;
const MOBILE_NETWORK = 255;

type Reader = (message: BcMessage) => PushEvent | undefined;

const READERS: ReadonlyMap<number, Reader> = new Map([
  reader(ALARM_EVENTS, (events) => ({ type: "sightings", sightings: events.map(sightingOf) })),
  reader(BATTERY_LIST, (batteries) => ({ type: "battery", batteries })),
  reader(FLOODLIGHT_STATUS_LIST, (lights) => ({ type: "floodlight", lights })),
  reader(CHANNEL_LIST, (channels) => ({ type: "channels", channels })),
  [IMAGE_SETTINGS, () => ({ type: "push", id: IMAGE_SETTINGS })],
  [MOBILE_NETWORK, () => ({ type: "push", id: MOBILE_NETWORK })],
]);

/** Whether a camera sends messages with this id unasked. */
export function isPush(id: number): boolean {
  return READERS.has(id);
}

/** What a message sent unasked says, or `undefined` where it cannot be read. */
export function readPush(message: BcMessage): PushEvent | undefined {
  return READERS.get(message.header.id)?.(message);
}

function reader<T>(
  { id, content }: Push<T>,
  toEvent: (value: T) => PushEvent,
): readonly [number, Reader] {
  return [id, (message) => {
    const value = tryDecode(() => content.read(message));
    return value === undefined ? undefined : toEvent(value);
  }];
}
