import { type Command, NOTHING, type Nothing, NOTHING_EXAMPLE, payloadOf } from "../command.ts";
import { child, record, text, type ValueOf } from "../xml_record.ts";

const LINK_TYPE = record({ type: child("type", text()) });

export type LinkType = ValueOf<typeof LINK_TYPE>;

/** Asks how the camera is connected; clients want the answer only as a sign of life. */
export const PING: Command<Nothing, LinkType> = {
  name: "answer a ping",
  id: 93,
  scope: "device",
  request: NOTHING,
  reply: payloadOf(LINK_TYPE, "LinkType"),
  retries: 0,
  requests: [NOTHING_EXAMPLE],
  replies: [{
    body: "<body><LinkType><type>LAN</type></LinkType></body>",
    value: { type: "LAN" },
  }],
};
