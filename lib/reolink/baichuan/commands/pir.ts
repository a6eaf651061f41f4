/** The sensor that wakes a battery camera. @module */

import { DecodeError } from "../../../bytes/decode_error.ts";
import { type XmlElement, xmlElement } from "../../../xml/xml.ts";
import { NO_PAYLOAD } from "../codec.ts";
import type { ContentCodec } from "../command.ts";
import { flag, int, optional, record, type ValueOf } from "../xml_record.ts";

const PIR = record({
  enabled: optional("enable", flag()),
  sensitivity: optional("sensitivity", int()),
  sensitivityValue: optional("sensiValue", int()),
  reduceFalseAlarms: optional("reduceFalseAlarm", flag()),
});

/** What of a sensor's settings we understand; there is more, such as a timetable. */
export type PirSettings = ValueOf<typeof PIR>;

/**
 * The settings in it that we understand. Throws `DecodeError`, also where it could not be written
 * back.
 */
export function readPirSettings(element: XmlElement): PirSettings {
  assertNames(element);
  return PIR.read(element);
}

function assertNames({ name, attributes, children }: XmlElement): void {
  for (const one of [name, ...attributes.keys()]) {
    if (/^[A-Za-z_][\w.:-]*$/.test(one)) continue;
    const shown = JSON.stringify(one.slice(0, 32));
    throw new DecodeError(`Cannot decode settings as names in them must be plain: ${shown}`);
  }
  children.forEach(assertNames);
}

/** The same element, `rfAlarmCfg`, but for the settings given; nothing else in it is lost. */
export function changePirSettings(element: XmlElement, changes: PirSettings): XmlElement {
  const changed = new Map(PIR.write("", changes).children.map((one) => [one.name, one]));
  const kept = element.children.map((one) => {
    const replacement = changed.get(one.name);
    changed.delete(one.name);
    return replacement ?? one;
  });
  return xmlElement(element.name, [...kept, ...changed.values()], element.attributes);
}

/** An extension that names a sensor: they are counted like channels. */
export const SENSOR: ContentCodec<{ readonly channel: number }> = {
  read: ({ extension }) => ({ channel: extension?.rfId ?? 0 }),
  write: ({ channel }) => ({ extension: { rfId: channel }, payload: NO_PAYLOAD }),
};
