import {
  channelPayload,
  type Command,
  NOTHING,
  type Nothing,
  NOTHING_EXAMPLE,
} from "../command.ts";
import { child, flag, int, record, type ValueOf, VERSION } from "../xml_record.ts";

const AUDIO_PLAY_INFO = record({
  channel: child("channelId", int()),
  /** 0 plays `times` rounds, 2 plays until switched off. */
  mode: child("playMode", int()),
  /** Seconds. */
  duration: child("playDuration", int()),
  times: child("playTimes", int()),
  on: child("onOff", flag()),
}, VERSION);

export type AudioPlayInfo = ValueOf<typeof AUDIO_PLAY_INFO>;

/** What to ask of the siren: a number of rounds, or on and off. [observed] */
export function sirenOrder(channel: number, order: number | "on" | "off"): AudioPlayInfo {
  if (typeof order === "number") return { channel, mode: 0, duration: 0, times: order, on: true };
  return { channel, mode: 2, duration: 10, times: 1, on: order === "on" };
}

export const PLAY_SIREN: Command<AudioPlayInfo, Nothing> = {
  name: "sound its siren",
  id: 263,
  scope: "channel",
  request: channelPayload(AUDIO_PLAY_INFO, "audioPlayInfo"),
  reply: NOTHING,
  retries: 0,
  requests: [{
    extension: '<Extension version="1.1"><channelId>0</channelId></Extension>',
    body: '<body><audioPlayInfo version="1.1"><channelId>0</channelId><playMode>2</playMode>' +
      "<playDuration>10</playDuration><playTimes>1</playTimes><onOff>0</onOff>" +
      "</audioPlayInfo></body>",
    value: { channel: 0, mode: 2, duration: 10, times: 1, on: false },
  }],
  replies: [NOTHING_EXAMPLE],
};
