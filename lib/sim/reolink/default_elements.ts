/**
 * Settings that a camera keeps as its clients wrote them, since nobody knows all there is in them;
 * and what they are before anybody has. At least what public clients insist on is there [observed].
 *
 * @module
 */

import { VERSION } from "../../reolink/baichuan/xml_record.ts";
import { type XmlElement, xmlElement } from "../../xml/xml.ts";

type Leaf = string | number | readonly XmlElement[];

/** Children by name; a number or text is a child's text. */
export function elementsFrom(leaves: Readonly<Record<string, Leaf>>): readonly XmlElement[] {
  return Object.entries(leaves).map(([name, leaf]) => {
    return xmlElement(name, typeof leaf === "number" ? String(leaf) : leaf);
  });
}

/** An element that says its version, as most do. */
export function versioned(name: string, leaves: Readonly<Record<string, Leaf>>): XmlElement {
  return xmlElement(name, elementsFrom(leaves), VERSION);
}

/** The sensor that wakes a battery camera: on at all hours. */
export const DEFAULT_PIR: XmlElement = versioned("rfAlarmCfg", {
  rfID: 0,
  enable: 1,
  sensitivity: 90,
  sensiValue: 9,
  reduceFalseAlarm: 0,
  timeBlockList: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    .map((weekDay) => {
      const block = elementsFrom({ enable: 1, weekDay, beginHour: 0, endHour: 23 });
      return xmlElement("timeBlock", block);
    }),
  alarmHandle: [xmlElement("item", elementsFrom({ channel: 0, handleType: "push" }))],
});

/** Services of the camera: an element each. */
export const DEFAULT_PORTS: readonly XmlElement[] = [
  versioned("ServerPort", { serverPort: 9000 }),
  versioned("HttpPort", { httpPort: 80, enable: 0 }),
  versioned("HttpsPort", { httpsPort: 443, enable: 0 }),
  versioned("RtspPort", { rtspPort: 554, enable: 0 }),
  versioned("RtmpPort", { rtmpPort: 1935, enable: 0 }),
  versioned("OnvifPort", { onvifPort: 8000, enable: 0 }),
];

export const DEFAULT_FLOODLIGHT_TASK: XmlElement = versioned("FloodlightTask", {
  channel: 0,
  alarmMode: 1,
  enable: 0,
  lastAlarmMode: 2,
  preview_auto: 0,
  duration: 300,
  brightness_cur: 100,
  brightness_max: 100,
  brightness_min: 1,
  schedule: elementsFrom({ startHour: 18, startMin: 0, endHour: 6, endMin: 0 }),
  lightSensThreshold: elementsFrom({ min: 1000, max: 2300, lightCur: 1000, darkCur: 1900 }),
  FloodlightScheduleList: elementsFrom({ maxNum: 32 }),
  nightLongViewMultiBrightness: elementsFrom({
    enable: 0,
    alarmBrightness: elementsFrom({ min: 1, max: 100, cur: 100, def: 100 }),
    alarmDelay: elementsFrom({ min: 5, max: 600, cur: 10, def: 10 }),
  }),
  detectType: "none",
});

/** What a camera tells of its picture after a login; clients need no more of it than that it comes. */
export const PICTURE_SETTINGS: XmlElement = versioned("VideoInput", {
  channelId: 0,
  bright: 128,
  contrast: 128,
  saturation: 128,
  hue: 128,
  sharpen: 128,
});

/** The accounts of a camera that has one. */
export function userList(user: string): XmlElement {
  const account = { userName: user, userId: 0, userLevel: 1, loginState: 1, userSetState: "none" };
  return xmlElement("UserList", [xmlElement("User", elementsFrom(account))], VERSION);
}
