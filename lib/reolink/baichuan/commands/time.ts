/** A camera's clock, as it is read and set. @module */

import type { ElementCodec } from "../xml_record.ts";
import { child, int, optional, record, text, type ValueOf, VERSION } from "../xml_record.ts";

/** Cameras count seconds west of Greenwich: seven hours east of it are -25200. [observed] */
function secondsEast(): ElementCodec<number> {
  const number = int();
  return {
    // Not -0.
    read: (element) => 0 - number.read(element),
    write: (name, value) => number.write(name, 0 - value),
  };
}

const DATE_AND_TIME = {
  year: child("year", int()),
  /** 1 to 12. */
  month: child("month", int()),
  day: child("day", int()),
  hour: child("hour", int()),
  minute: child("minute", int()),
  second: child("second", int()),
};

/** `utcOffset` is in seconds east of UTC, without daylight saving time. */
export const SYSTEM_GENERAL = record({
  utcOffset: child("timeZone", secondsEast()),
  osdFormat: optional("osdFormat", text()),
  ...DATE_AND_TIME,
  deviceId: optional("deviceId", text()),
  /** 0 for 24 hours. */
  timeFormat: optional("timeFormat", int()),
  language: optional("language", text()),
  deviceName: optional("deviceName", text()),
}, VERSION);

export type SystemGeneral = ValueOf<typeof SYSTEM_GENERAL>;

/** Time of day as a camera writes it. */
export type LocalTime = Pick<
  SystemGeneral,
  "utcOffset" | "year" | "month" | "day" | "hour" | "minute" | "second"
>;

/**
 * What a camera's clock shows.
 *
 * @param wallClock Milliseconds since 1970-01-01 UTC.
 * @param utcOffset Seconds east of UTC.
 */
export function localTime(wallClock: number, utcOffset: number): LocalTime {
  const date = new Date(wallClock + 1_000 * utcOffset);
  return {
    utcOffset,
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

/** Milliseconds since 1970-01-01 UTC at which a camera's clock shows this. */
export function wallClockOf(time: LocalTime): number {
  const { utcOffset, year, month, day, hour, minute, second } = time;
  return Date.UTC(year, month - 1, day, hour, minute, second) - 1_000 * utcOffset;
}
