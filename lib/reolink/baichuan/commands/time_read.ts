import { type Command, NOTHING, type Nothing, NOTHING_EXAMPLE, payloadOf } from "../command.ts";
import { SYSTEM_GENERAL, type SystemGeneral } from "./time.ts";

export const READ_TIME: Command<Nothing, SystemGeneral> = {
  name: "tell the time",
  id: 104,
  scope: "device",
  request: NOTHING,
  reply: payloadOf(SYSTEM_GENERAL, "SystemGeneral"),
  requests: [NOTHING_EXAMPLE],
  replies: [{
    body:
      '<body><SystemGeneral version="1.1"><timeZone>-25200</timeZone><osdFormat>DMY</osdFormat>' +
      "<year>2024</year><month>2</month><day>29</day><hour>23</hour><minute>59</minute>" +
      "<second>58</second><deviceId>0</deviceId><timeFormat>0</timeFormat>" +
      "<language>English</language><deviceName>Yard</deviceName></SystemGeneral></body>",
    value: {
      utcOffset: 25200,
      osdFormat: "DMY",
      year: 2024,
      month: 2,
      day: 29,
      hour: 23,
      minute: 59,
      second: 58,
      deviceId: "0",
      timeFormat: 0,
      language: "English",
      deviceName: "Yard",
    },
  }],
};
