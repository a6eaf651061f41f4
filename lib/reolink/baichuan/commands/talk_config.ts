import {
  channelPayload,
  type Command,
  NOTHING,
  type Nothing,
  NOTHING_EXAMPLE,
} from "../command.ts";
import { child, int, record, text, type ValueOf, VERSION } from "../xml_record.ts";
import { AUDIO_CONFIG } from "./talk_ability.ts";

const TALK_CONFIG = record({
  channel: child("channelId", int()),
  duplex: child("duplex", text()),
  mode: child("audioStreamMode", text()),
  /** As offered, without its priority. */
  config: child("audioConfig", AUDIO_CONFIG),
}, VERSION);

export type TalkConfig = ValueOf<typeof TALK_CONFIG>;

/** Opens the camera's loudspeaker. Status 422 where somebody else has it. */
export const START_TALK: Command<TalkConfig, Nothing> = {
  name: "be talked to",
  id: 201,
  scope: "channel",
  request: channelPayload(TALK_CONFIG, "TalkConfig"),
  reply: NOTHING,
  requests: [{
    extension: '<Extension version="1.1"><channelId>0</channelId></Extension>',
    body: '<body><TalkConfig version="1.1"><channelId>0</channelId><duplex>FDX</duplex>' +
      "<audioStreamMode>followVideoStream</audioStreamMode><audioConfig>" +
      "<audioType>adpcm</audioType><sampleRate>16000</sampleRate>" +
      "<samplePrecision>16</samplePrecision><lengthPerEncoder>1024</lengthPerEncoder>" +
      "<soundTrack>mono</soundTrack></audioConfig></TalkConfig></body>",
    value: {
      channel: 0,
      duplex: "FDX",
      mode: "followVideoStream",
      config: {
        audioType: "adpcm",
        sampleRate: 16000,
        samplePrecision: 16,
        samplesPerBlock: 1024,
        soundTrack: "mono",
      },
    },
  }],
  replies: [NOTHING_EXAMPLE],
};
