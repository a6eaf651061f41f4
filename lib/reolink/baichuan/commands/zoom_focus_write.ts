import {
  channelPayload,
  type Command,
  NOTHING,
  type Nothing,
  NOTHING_EXAMPLE,
} from "../command.ts";
import { child, int, record, type ValueOf, VERSION, word } from "../xml_record.ts";

const START_ZOOM_FOCUS = record({
  channel: child("channelId", int()),
  /** `focusPos` is after the model of `zoomPos`. [inferred] */
  command: child("command", word("zoomPos", "focusPos")),
  /** In thousandths for zoom: 1000 is no zoom at all. */
  position: child("movePos", int()),
}, VERSION);

export type StartZoomFocus = ValueOf<typeof START_ZOOM_FOCUS>;

export const CONTROL_ZOOM_FOCUS: Command<StartZoomFocus, Nothing> = {
  name: "zoom or focus",
  id: 295,
  scope: "channel",
  request: channelPayload(START_ZOOM_FOCUS, "StartZoomFocus"),
  reply: NOTHING,
  retries: 0,
  requests: [{
    extension: '<Extension version="1.1"><channelId>0</channelId></Extension>',
    body: '<body><StartZoomFocus version="1.1"><channelId>0</channelId>' +
      "<command>zoomPos</command><movePos>2000</movePos></StartZoomFocus></body>",
    value: { channel: 0, command: "zoomPos", position: 2000 },
  }],
  replies: [NOTHING_EXAMPLE],
};
