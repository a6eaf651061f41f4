import { type Command, NOTHING, type Nothing, NOTHING_EXAMPLE, payloadOf } from "../command.ts";
import type { ValueOf } from "../xml_record.ts";
import { PREVIEW_END } from "./preview.ts";

export type PreviewStop = ValueOf<typeof PREVIEW_END>;

/** Ends a stream. Without it a battery camera goes on until it notices itself. [observed] */
export const STOP_PREVIEW: Command<PreviewStop, Nothing> = {
  name: "stop a stream",
  id: 4,
  scope: "channel",
  request: payloadOf(PREVIEW_END, "Preview"),
  reply: NOTHING,
  retries: 0,
  requests: [{
    body:
      '<body><Preview version="1.1"><channelId>0</channelId><handle>256</handle></Preview></body>',
    value: { channel: 0, handle: 256 },
  }],
  replies: [NOTHING_EXAMPLE],
};
