import {
  channelPayload,
  type Command,
  NOTHING,
  type Nothing,
  NOTHING_EXAMPLE,
} from "../command.ts";
import { child, int, record, type ValueOf, VERSION, word } from "../xml_record.ts";

/** Diagonals are said not to work. */
const PTZ_CONTROL = record({
  channel: child("channelId", int()),
  /** A number without unit; clients use 32. */
  speed: child("speed", int()),
  command: child(
    "command",
    word("left", "right", "up", "down", "leftUp", "leftDown", "rightUp", "rightDown", "stop"),
  ),
}, VERSION);

export type PtzControl = ValueOf<typeof PTZ_CONTROL>;

/**
 * Moves the camera until told to stop. Not asked again after status 400: a movement that begins
 * late could begin after its own stop.
 */
export const CONTROL_PTZ: Command<PtzControl, Nothing> = {
  name: "move",
  id: 18,
  scope: "channel",
  request: channelPayload(PTZ_CONTROL, "PtzControl"),
  reply: NOTHING,
  retries: 0,
  requests: [{
    extension: '<Extension version="1.1"><channelId>0</channelId></Extension>',
    body: '<body><PtzControl version="1.1"><channelId>0</channelId><speed>32</speed>' +
      "<command>leftUp</command></PtzControl></body>",
    value: { channel: 0, speed: 32, command: "leftUp" },
  }],
  replies: [NOTHING_EXAMPLE],
};
