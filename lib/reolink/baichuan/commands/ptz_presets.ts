import { CHANNEL, CHANNEL_EXAMPLE, type Command, payloadOf } from "../command.ts";
import {
  child,
  int,
  listOf,
  optional,
  record,
  text,
  type ValueOf,
  VERSION,
} from "../xml_record.ts";

const PRESET = record({
  id: child("id", int()),
  name: optional("name", text()),
  /** `setPos` to remember where the camera looks, `toPos` to go there. */
  command: optional("command", text()),
});

export const PTZ_PRESETS = record({
  channel: child("channelId", int()),
  presets: child("presetList", listOf("preset", PRESET)),
}, VERSION);

/** Places a camera has been told to remember, and in a request what to do about them. */
export type PtzPresets = ValueOf<typeof PTZ_PRESETS>;

export const READ_PTZ_PRESETS: Command<{ readonly channel: number }, PtzPresets> = {
  name: "list its presets",
  id: 190,
  scope: "channel",
  request: CHANNEL,
  reply: payloadOf(PTZ_PRESETS, "PtzPreset"),
  requests: [CHANNEL_EXAMPLE],
  replies: [{
    body: '<body><PtzPreset version="1.1"><channelId>0</channelId><presetList><preset><id>1</id>' +
      "<name>gate</name><command>toPos</command></preset></presetList></PtzPreset></body>",
    value: { channel: 0, presets: [{ id: 1, name: "gate", command: "toPos" }] },
  }],
};
