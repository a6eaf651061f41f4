import { xmlPayload } from "../codec.ts";
import { elementsOf, type Push } from "../command.ts";
import {
  child,
  children,
  int,
  listOf,
  optional,
  record,
  text,
  type ValueOf,
  VERSION,
} from "../xml_record.ts";

const SMART_TYPE = record({
  type: child("type", text()),
  /** Above 0 while it is seen. */
  index: optional("index", int()),
  parts: children(
    "subList",
    record({ type: optional("type", text()), index: optional("index", int()) }),
  ),
});

const ALARM_EVENT = record({
  channel: child("channelId", int()),
  /** `MD`, `visitor` or `none`, maybe more than one. */
  status: child("status", text()),
  /** Classes of what is seen, joined by `&` or `,`; or `none`. */
  aiType: optional("AItype", text()),
  recording: optional("recording", int()),
  timeStamp: optional("timeStamp", int()),
  smartTypes: optional("smartAiTypeList", listOf("smartAiType", SMART_TYPE)),
}, VERSION);

export type AlarmEvent = ValueOf<typeof ALARM_EVENT>;

/** What one channel sees. */
export interface Sighting {
  readonly channel: number;
  readonly motion: boolean;
  /** Somebody rings. */
  readonly visitor: boolean;
  /** What it is, in the camera's words: `people`, `vehicle`, `dog_cat`, `face`, `package`, … */
  readonly kinds: readonly string[];
}

/** What an event amounts to. */
export function sightingOf(
  { channel, status, aiType = "", smartTypes = [] }: AlarmEvent,
): Sighting {
  const named = aiType.split(/[&,]/).map((kind) => kind.trim().slice(0, 32));
  const smart = smartTypes.filter(({ index, parts }) => {
    return (index ?? 0) > 0 || parts.some((part) => (part.index ?? 0) > 0);
  });
  const kinds = [...named, ...smart.map(({ type }) => type.slice(0, 32))]
    .filter((kind) => kind !== "" && kind !== "none" && kind !== "other").slice(0, 16);
  const motion = status.includes("MD") || named.includes("other") || kinds.length > 0;
  return { channel, motion, visitor: status.includes("visitor"), kinds: [...new Set(kinds)] };
}

const LIST = listOf("AlarmEvent", ALARM_EVENT, VERSION);

/** Comes with other lists too, about day and night for one; those are empty here. */
export const ALARM_EVENTS: Push<readonly AlarmEvent[]> = {
  id: 33,
  content: {
    read: (content) => {
      return elementsOf(content).filter(({ name }) => name === "AlarmEventList")
        .flatMap((list) => LIST.read(list));
    },
    write: (events) => ({ payload: xmlPayload(LIST.write("AlarmEventList", events)) }),
  },
  examples: [
    {
      body:
        '<body><AlarmEventList version="1.1"><AlarmEvent version="1.1"><channelId>0</channelId>' +
        "<status>MD</status><AItype>people</AItype><recording>0</recording>" +
        "<timeStamp>0</timeStamp></AlarmEvent></AlarmEventList></body>",
      value: [{ channel: 0, status: "MD", aiType: "people", recording: 0, timeStamp: 0 }],
    },
    {
      body:
        '<body><AlarmEventList version="1.1"><AlarmEvent version="1.1"><channelId>1</channelId>' +
        "<status>none</status><smartAiTypeList><smartAiType><type>crossline</type>" +
        "<index>0</index><subList><index>1</index></subList></smartAiType></smartAiTypeList>" +
        "</AlarmEvent></AlarmEventList></body>",
      value: [{
        channel: 1,
        status: "none",
        smartTypes: [{ type: "crossline", index: 0, parts: [{ index: 1 }] }],
      }],
    },
    {
      body: "<body><DayNightEventList><DayNightEvent/></DayNightEventList></body>",
      value: [],
      isReadOnly: true,
    },
  ],
};
