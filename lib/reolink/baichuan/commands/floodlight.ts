import {
  channelPayload,
  type Command,
  NOTHING,
  type Nothing,
  NOTHING_EXAMPLE,
  SILENT_SUCCESS,
} from "../command.ts";
import { child, flag, int, record, type ValueOf, VERSION } from "../xml_record.ts";

const FLOODLIGHT_MANUAL = record({
  channel: child("channelId", int()),
  on: child("status", flag()),
  /** Seconds; clients use 180. */
  duration: child("duration", int()),
}, VERSION);

export type FloodlightManual = ValueOf<typeof FLOODLIGHT_MANUAL>;

export const SWITCH_FLOODLIGHT: Command<FloodlightManual, Nothing> = {
  name: "switch its floodlight",
  id: 288,
  scope: "channel",
  request: channelPayload(FLOODLIGHT_MANUAL, "FloodlightManual"),
  reply: NOTHING,
  silentSuccess: SILENT_SUCCESS,
  retries: 0,
  requests: [{
    extension: '<Extension version="1.1"><channelId>0</channelId></Extension>',
    body: '<body><FloodlightManual version="1.1"><channelId>0</channelId><status>1</status>' +
      "<duration>180</duration></FloodlightManual></body>",
    value: { channel: 0, on: true, duration: 180 },
  }],
  replies: [NOTHING_EXAMPLE],
};
