import { type Command, NOTHING, type Nothing, NOTHING_EXAMPLE, payloadOf } from "../command.ts";
import { child, int, record, type ValueOf, VERSION } from "../xml_record.ts";

/** In dBm, so below 0. */
const WIFI_SIGNAL = record({ signal: child("signal", int()) }, VERSION);

export type WifiSignal = ValueOf<typeof WIFI_SIGNAL>;

export const READ_WIFI_SIGNAL: Command<Nothing, WifiSignal> = {
  name: "tell how well it is heard",
  id: 115,
  scope: "device",
  request: NOTHING,
  reply: payloadOf(WIFI_SIGNAL, "WifiSignal"),
  requests: [NOTHING_EXAMPLE],
  replies: [{
    body: '<body><WifiSignal version="1.1"><signal>-61</signal></WifiSignal></body>',
    value: { signal: -61 },
  }],
};
