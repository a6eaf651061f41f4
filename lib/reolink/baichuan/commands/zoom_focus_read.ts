import { CHANNEL, CHANNEL_EXAMPLE, type Command, payloadOf } from "../command.ts";
import { child, int, optional, record, type ValueOf, VERSION } from "../xml_record.ts";

const POSITION = record({
  max: child("maxPos", int()),
  min: child("minPos", int()),
  current: child("curPos", int()),
});

const PTZ_ZOOM_FOCUS = record({
  channel: child("channelId", int()),
  /** In thousandths: 1000 is no zoom at all. */
  zoom: optional("zoom", POSITION),
  focus: optional("focus", POSITION),
}, VERSION);

export type ZoomFocus = ValueOf<typeof PTZ_ZOOM_FOCUS>;

export const READ_ZOOM_FOCUS: Command<{ readonly channel: number }, ZoomFocus> = {
  name: "tell its zoom and focus",
  id: 294,
  scope: "channel",
  request: CHANNEL,
  reply: payloadOf(PTZ_ZOOM_FOCUS, "PtzZoomFocus"),
  requests: [CHANNEL_EXAMPLE],
  replies: [{
    body: '<body><PtzZoomFocus version="1.1"><channelId>0</channelId><zoom><maxPos>5000</maxPos>' +
      "<minPos>1000</minPos><curPos>2000</curPos></zoom></PtzZoomFocus></body>",
    value: { channel: 0, zoom: { max: 5000, min: 1000, current: 2000 } },
  }],
};
