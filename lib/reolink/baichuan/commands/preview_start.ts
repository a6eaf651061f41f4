import { type Command, NOTHING, type Nothing, NOTHING_EXAMPLE, payloadOf } from "../command.ts";
import type { ValueOf } from "../xml_record.ts";
import { PREVIEW } from "./preview.ts";

export type PreviewStart = ValueOf<typeof PREVIEW>;

/**
 * Asks for a stream. The reply, and all media after it, come under the id and number of the request,
 * as binary payloads: one stream of bytes, whose first may be in the reply itself. [capture]
 */
export const START_PREVIEW: Command<PreviewStart, Nothing> = {
  name: "start a stream",
  id: 3,
  scope: "channel",
  request: payloadOf(PREVIEW, "Preview"),
  reply: NOTHING,
  requests: [{
    body: '<body><Preview version="1.1"><channelId>0</channelId><handle>256</handle>' +
      "<streamType>subStream</streamType></Preview></body>",
    value: { channel: 0, handle: 256, stream: "sub" },
  }, {
    body: '<body><Preview version="1.1"><channelId>1</channelId><handle>1024</handle>' +
      "<streamType>externStream</streamType></Preview></body>",
    value: { channel: 1, handle: 1024, stream: "extern" },
  }],
  replies: [NOTHING_EXAMPLE],
};
