import { type Command, NOTHING, type Nothing, NOTHING_EXAMPLE, payloadOf } from "../command.ts";
import { child, children, int, optional, record, type ValueOf, VERSION } from "../xml_record.ts";

const SUPPORT_ITEM = record({
  channel: child("chnID", int()),
  /** Pan with 2, 3, 5, 6, 7; tilt with 2, 3, 5, 6; zoom with 1, 2, 5. */
  ptzType: optional("ptzType", int()),
  /** Above 0 where the camera runs on a battery. */
  battery: optional("battery", int()),
  doorbell: optional("doorbellVersion", int()),
  /** Bit 2 for a siren. */
  audioVersion: optional("audioVersion", int()),
  /** Bits 1 and 2 for a floodlight. */
  ledControl: optional("ledCtrl", int()),
  motion: optional("motion", int()),
  /** Bit 1 people, 2 vehicles, 3 faces, 4 animals, 17 packages. */
  aiType: optional("aitype", int()),
});

const SUPPORT = record({
  channels: optional("channelNum", int()),
  audioChannels: optional("audioNum", int()),
  audioTalk: optional("audioTalk", int()),
  /** 1 where there is no third stream. */
  noExternStream: optional("noExternStream", int()),
  items: children("item", SUPPORT_ITEM),
}, VERSION);

export type Support = ValueOf<typeof SUPPORT>;

export const READ_SUPPORT: Command<Nothing, Support> = {
  name: "tell what it can do",
  id: 199,
  scope: "device",
  request: NOTHING,
  reply: payloadOf(SUPPORT, "Support"),
  requests: [NOTHING_EXAMPLE],
  replies: [{
    body: '<body><Support version="1.1"><channelNum>1</channelNum><audioTalk>1</audioTalk>' +
      "<noExternStream>1</noExternStream><item><chnID>0</chnID><ptzType>3</ptzType>" +
      "<battery>1</battery></item></Support></body>",
    value: {
      channels: 1,
      audioTalk: 1,
      noExternStream: 1,
      items: [{ channel: 0, ptzType: 3, battery: 1 }],
    },
  }],
};
