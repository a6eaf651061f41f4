import { CHANNEL, CHANNEL_EXAMPLE, type Command, payloadOf } from "../command.ts";
import { LED_STATE, type LedState } from "./led.ts";

export const READ_LED: Command<{ readonly channel: number }, LedState> = {
  name: "tell the state of its lights",
  id: 208,
  scope: "channel",
  request: CHANNEL,
  reply: payloadOf(LED_STATE, "LedState"),
  requests: [CHANNEL_EXAMPLE],
  replies: [{
    body: '<body><LedState version="1.1"><channelId>0</channelId><ledVersion>2</ledVersion>' +
      "<state>auto</state><lightState>open</lightState></LedState></body>",
    value: { channel: 0, version: 2, infrared: "auto", status: "open" },
  }],
};
