import { payloadOf, type Push } from "../command.ts";
import { child, flag, int, listOf, record, type ValueOf, VERSION } from "../xml_record.ts";

const FLOODLIGHT_STATUS = record({
  channel: child("channel", int()),
  on: child("status", flag()),
});

export type FloodlightStatus = ValueOf<typeof FLOODLIGHT_STATUS>;

/** Comes after a login, maybe empty, and whenever a floodlight goes on or off. */
export const FLOODLIGHT_STATUS_LIST: Push<readonly FloodlightStatus[]> = {
  id: 291,
  content: payloadOf(
    listOf("FloodlightStatus", FLOODLIGHT_STATUS, VERSION),
    "FloodlightStatusList",
  ),
  examples: [{
    body: '<body><FloodlightStatusList version="1.1"><FloodlightStatus><channel>0</channel>' +
      "<status>1</status></FloodlightStatus></FloodlightStatusList></body>",
    value: [{ channel: 0, on: true }],
  }, {
    body: '<body><FloodlightStatusList version="1.1"></FloodlightStatusList></body>',
    value: [],
  }],
};
