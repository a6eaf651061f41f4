import { CHANNEL, CHANNEL_EXAMPLE, type Command, payloadOf, type Push } from "../command.ts";
import {
  child,
  flag,
  int,
  listOf,
  optional,
  record,
  text,
  type ValueOf,
  VERSION,
} from "../xml_record.ts";

export const BATTERY_INFO = record({
  channel: child("channelId", int()),
  /** `charging`, `chargeComplete` or `none`. */
  chargeStatus: optional("chargeStatus", text()),
  /** Where power comes from: `solarPanel`, `adapter`, `none`. */
  adapterStatus: optional("adapterStatus", text()),
  /** Millivolts. */
  voltage: optional("voltage", int()),
  /** Milliamperes; below 0 while it drains or, on some, charges. */
  current: optional("current", int()),
  /** Degrees Celsius. */
  temperature: optional("temperature", int()),
  /** 0 to 100. */
  percent: child("batteryPercent", int()),
  lowPower: optional("lowPower", flag()),
  version: optional("batteryVersion", int()),
});

export type BatteryInfo = ValueOf<typeof BATTERY_INFO>;

const XML = "<channelId>0</channelId><chargeStatus>charging</chargeStatus>" +
  "<adapterStatus>solarPanel</adapterStatus><voltage>4083</voltage><current>-396</current>" +
  "<temperature>32</temperature><batteryPercent>87</batteryPercent><lowPower>0</lowPower>" +
  "<batteryVersion>2</batteryVersion>";

const VALUE: BatteryInfo = {
  channel: 0,
  chargeStatus: "charging",
  adapterStatus: "solarPanel",
  voltage: 4083,
  current: -396,
  temperature: 32,
  percent: 87,
  lowPower: false,
  version: 2,
};

export const READ_BATTERY: Command<{ readonly channel: number }, BatteryInfo> = {
  name: "tell the state of its battery",
  id: 253,
  scope: "channel",
  request: CHANNEL,
  reply: payloadOf(BATTERY_INFO, "BatteryInfo"),
  requests: [CHANNEL_EXAMPLE],
  replies: [{ body: `<body><BatteryInfo>${XML}</BatteryInfo></body>`, value: VALUE }],
};

/** Comes after a login and from time to time. */
export const BATTERY_LIST: Push<readonly BatteryInfo[]> = {
  id: 252,
  content: payloadOf(listOf("BatteryInfo", BATTERY_INFO, VERSION), "BatteryList"),
  examples: [{
    body: `<body><BatteryList version="1.1"><BatteryInfo>${XML}</BatteryInfo></BatteryList></body>`,
    value: [VALUE],
  }],
};
