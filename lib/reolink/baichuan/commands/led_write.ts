import {
  channelPayload,
  type Command,
  NOTHING,
  type Nothing,
  NOTHING_EXAMPLE,
  SILENT_SUCCESS,
} from "../command.ts";
import { LED_STATE, type LedState } from "./led.ts";

export const WRITE_LED: Command<LedState, Nothing> = {
  name: "switch its lights",
  id: 209,
  scope: "channel",
  request: channelPayload(LED_STATE, "LedState"),
  reply: NOTHING,
  silentSuccess: SILENT_SUCCESS,
  requests: [{
    extension: '<Extension version="1.1"><channelId>0</channelId></Extension>',
    body: '<body><LedState version="1.1"><channelId>0</channelId><state>close</state>' +
      "<lightState>close</lightState></LedState></body>",
    value: { channel: 0, infrared: "close", status: "close" },
  }],
  replies: [NOTHING_EXAMPLE],
};
