import { parseXml, type XmlElement } from "../../../xml/xml.ts";
import {
  type Command,
  elementOf,
  NOTHING,
  type Nothing,
  NOTHING_EXAMPLE,
  SILENT_SUCCESS,
} from "../command.ts";
import { xmlPayload } from "../codec.ts";
import { SENSOR } from "./pir.ts";

const EXAMPLE = '<rfAlarmCfg version="1.1"><rfID>1</rfID><enable>0</enable></rfAlarmCfg>';

export interface PirChange {
  readonly channel: number;
  /** `rfAlarmCfg` as it was read, with changes. */
  readonly element: XmlElement;
}

/** Floodlights are said to have id 204 for this. */
export const WRITE_PIR: Command<PirChange, Nothing> = {
  name: "change the settings of its sensor",
  id: 213,
  scope: "channel",
  request: {
    read: (content) => ({
      ...SENSOR.read(content),
      element: elementOf(content, "rfAlarmCfg"),
    }),
    write: ({ channel, element }) => ({
      ...SENSOR.write({ channel }),
      payload: xmlPayload(element),
    }),
  },
  reply: NOTHING,
  silentSuccess: SILENT_SUCCESS,
  retryPause: 500,
  requests: [{
    extension: '<Extension version="1.1"><rfId>1</rfId></Extension>',
    body: `<body>${EXAMPLE}</body>`,
    value: { channel: 1, element: parseXml(EXAMPLE) },
  }],
  replies: [NOTHING_EXAMPLE],
};
