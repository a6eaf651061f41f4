import {
  channelPayload,
  type Command,
  NOTHING,
  type Nothing,
  NOTHING_EXAMPLE,
} from "../command.ts";
import { PTZ_PRESETS, type PtzPresets } from "./ptz_presets.ts";

/** Goes to a place remembered, or remembers one. */
export const CONTROL_PTZ_PRESET: Command<PtzPresets, Nothing> = {
  name: "go to a preset",
  id: 19,
  scope: "channel",
  request: channelPayload(PTZ_PRESETS, "PtzPreset"),
  reply: NOTHING,
  retries: 0,
  requests: [{
    extension: '<Extension version="1.1"><channelId>0</channelId></Extension>',
    body: '<body><PtzPreset version="1.1"><channelId>0</channelId><presetList><preset><id>1</id>' +
      "<name>gate</name><command>setPos</command></preset></presetList></PtzPreset></body>",
    value: { channel: 0, presets: [{ id: 1, name: "gate", command: "setPos" }] },
  }],
  replies: [NOTHING_EXAMPLE],
};
