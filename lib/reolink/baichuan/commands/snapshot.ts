import { channelPayload, type Command, payloadOf } from "../command.ts";
import { child, int, optional, record, text, type ValueOf, VERSION, word } from "../xml_record.ts";

const SNAP_REQUEST = record({
  channel: child("channelId", int()),
  logicChannel: optional("logicChannel", int()),
  time: optional("time", int()),
  fullFrame: optional("fullFrame", int()),
  stream: child("streamType", word("main", "sub")),
}, VERSION);

const SNAP_REPLY = record({
  channel: optional("channelId", int()),
  fileName: optional("fileName", text()),
  time: optional("time", int()),
  /** In bytes. */
  size: optional("pictureSize", int()),
}, VERSION);

export type SnapRequest = ValueOf<typeof SNAP_REQUEST>;

export type SnapReply = ValueOf<typeof SNAP_REPLY>;

/**
 * Asks for a picture. What is answered at once only tells its size; the JPEG follows in messages of
 * the same id with a number of their own, status 200 and with the last one 201. [observed]
 */
export const SNAPSHOT: Command<SnapRequest, SnapReply> = {
  name: "take a picture",
  id: 109,
  scope: "channel",
  request: channelPayload(SNAP_REQUEST, "Snap"),
  reply: payloadOf(SNAP_REPLY, "Snap"),
  requests: [{
    extension: '<Extension version="1.1"><channelId>0</channelId></Extension>',
    body: '<body><Snap version="1.1"><channelId>0</channelId><logicChannel>0</logicChannel>' +
      "<time>0</time><fullFrame>0</fullFrame><streamType>main</streamType></Snap></body>",
    value: { channel: 0, logicChannel: 0, time: 0, fullFrame: 0, stream: "main" },
  }],
  replies: [{
    body: '<body><Snap version="1.1"><channelId>0</channelId>' +
      "<fileName>01_20230518140240.jpg</fileName><time>0</time>" +
      "<pictureSize>123456</pictureSize></Snap></body>",
    value: { channel: 0, fileName: "01_20230518140240.jpg", time: 0, size: 123456 },
  }],
};
