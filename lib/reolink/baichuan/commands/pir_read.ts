import { parseXml, type XmlElement } from "../../../xml/xml.ts";
import { type Command, elementOf } from "../command.ts";
import { xmlPayload } from "../codec.ts";
import { type PirSettings, readPirSettings, SENSOR } from "./pir.ts";

export interface PirConfig {
  /** `rfAlarmCfg` in the camera's own words, to be given back with changes. */
  readonly element: XmlElement;
  /** What of it we understand. Always there when read; not looked at when written. */
  readonly settings?: PirSettings;
}

const EXAMPLE = '<rfAlarmCfg version="1.1"><rfID>0</rfID><enable>1</enable>' +
  "<sensitivity>90</sensitivity><timeBlockList><timeBlock><enable>1</enable>" +
  "</timeBlock></timeBlockList></rfAlarmCfg>";

export const READ_PIR: Command<{ readonly channel: number }, PirConfig> = {
  name: "tell the settings of its sensor",
  id: 212,
  scope: "channel",
  request: SENSOR,
  reply: {
    read(content) {
      const element = elementOf(content, "rfAlarmCfg");
      return { element, settings: readPirSettings(element) };
    },
    write: ({ element }) => ({ payload: xmlPayload(element) }),
  },
  retryPause: 500,
  // For 3 s after it has woken, a camera says "not yet". [observed]
  retries: 8,
  requests: [{
    extension: '<Extension version="1.1"><rfId>2</rfId></Extension>',
    value: { channel: 2 },
  }],
  replies: [{
    body: `<body>${EXAMPLE}</body>`,
    value: { element: parseXml(EXAMPLE), settings: { enabled: true, sensitivity: 90 } },
  }],
};
