import { type Command, NOTHING, type Nothing, NOTHING_EXAMPLE, payloadOf } from "../command.ts";
import { child, record, text, type ValueOf, VERSION } from "../xml_record.ts";

const UID = record({ uid: child("uid", text()) }, VERSION);

export type Uid = ValueOf<typeof UID>;

export const READ_UID: Command<Nothing, Uid> = {
  name: "tell its UID",
  id: 114,
  scope: "device",
  request: NOTHING,
  reply: payloadOf(UID, "Uid"),
  requests: [NOTHING_EXAMPLE],
  replies: [{
    body: '<body><Uid version="1.1"><uid>95270000TESTCAM0</uid></Uid></body>',
    value: { uid: "95270000TESTCAM0" },
  }],
};
