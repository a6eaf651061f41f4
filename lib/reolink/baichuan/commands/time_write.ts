import { type Command, NOTHING, type Nothing, NOTHING_EXAMPLE, payloadOf } from "../command.ts";
import { SYSTEM_GENERAL, type SystemGeneral } from "./time.ts";

/** Sets the clock: what is left out stays as it is. The camera adds daylight saving time itself. */
export const WRITE_TIME: Command<SystemGeneral, Nothing> = {
  name: "set its clock",
  id: 105,
  scope: "device",
  request: payloadOf(SYSTEM_GENERAL, "SystemGeneral"),
  reply: NOTHING,
  requests: [{
    body: '<body><SystemGeneral version="1.1"><timeZone>18000</timeZone><year>2024</year>' +
      "<month>1</month><day>2</day><hour>3</hour><minute>4</minute><second>5</second>" +
      "<timeFormat>0</timeFormat></SystemGeneral></body>",
    value: {
      utcOffset: -18000,
      year: 2024,
      month: 1,
      day: 2,
      hour: 3,
      minute: 4,
      second: 5,
      timeFormat: 0,
    },
  }, {
    body: '<body><SystemGeneral version="1.1"><timeZone>0</timeZone><year>2024</year>' +
      "<month>1</month><day>2</day><hour>3</hour><minute>4</minute><second>5</second>" +
      "</SystemGeneral></body>",
    value: { utcOffset: 0, year: 2024, month: 1, day: 2, hour: 3, minute: 4, second: 5 },
  }],
  replies: [NOTHING_EXAMPLE],
};
