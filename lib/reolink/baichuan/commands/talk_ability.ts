import { CHANNEL, CHANNEL_EXAMPLE, type Command, payloadOf } from "../command.ts";
import {
  child,
  int,
  nested,
  optional,
  record,
  text,
  type ValueOf,
  VERSION,
} from "../xml_record.ts";

/** A way of encoding sound that the camera can play. */
export const AUDIO_CONFIG = record({
  priority: optional("priority", int()),
  /** `adpcm` */
  audioType: child("audioType", text()),
  /** Samples in a second. */
  sampleRate: child("sampleRate", int()),
  /** Bits of a sample. */
  samplePrecision: child("samplePrecision", int()),
  /** Samples in a block: half as many bytes, and four more of state. */
  samplesPerBlock: child("lengthPerEncoder", int()),
  soundTrack: child("soundTrack", text()),
});

export type AudioConfig = ValueOf<typeof AUDIO_CONFIG>;

const TALK_ABILITY = record({
  duplexes: nested("duplexList", "duplex", text()),
  modes: nested("audioStreamModeList", "audioStreamMode", text()),
  configs: nested("audioConfigList", "audioConfig", AUDIO_CONFIG),
}, VERSION);

export type TalkAbility = ValueOf<typeof TALK_ABILITY>;

export const READ_TALK_ABILITY: Command<{ readonly channel: number }, TalkAbility> = {
  name: "tell how to talk to it",
  id: 10,
  scope: "channel",
  request: CHANNEL,
  reply: payloadOf(TALK_ABILITY, "TalkAbility"),
  requests: [CHANNEL_EXAMPLE],
  replies: [{
    body: '<body><TalkAbility version="1.1"><duplexList><duplex>FDX</duplex></duplexList>' +
      "<audioStreamModeList><audioStreamMode>followVideoStream</audioStreamMode>" +
      "</audioStreamModeList><audioConfigList><audioConfig><priority>0</priority>" +
      "<audioType>adpcm</audioType><sampleRate>16000</sampleRate>" +
      "<samplePrecision>16</samplePrecision><lengthPerEncoder>1024</lengthPerEncoder>" +
      "<soundTrack>mono</soundTrack></audioConfig></audioConfigList></TalkAbility></body>",
    value: {
      duplexes: ["FDX"],
      modes: ["followVideoStream"],
      configs: [{
        priority: 0,
        audioType: "adpcm",
        sampleRate: 16000,
        samplePrecision: 16,
        samplesPerBlock: 1024,
        soundTrack: "mono",
      }],
    },
  }],
};
