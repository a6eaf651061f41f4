import { type Command, NOTHING, type Nothing, NOTHING_EXAMPLE, payloadOf } from "../command.ts";
import { child, optional, record, text, type ValueOf, VERSION } from "../xml_record.ts";

const ENCRYPTION = record({
  type: optional("type", text()),
  /** Opaque: 16 hex digits with older cameras, 22 characters with newer ones. [capture] */
  nonce: child("nonce", text()),
}, VERSION);

export type Encryption = ValueOf<typeof ENCRYPTION>;

/**
 * The first request of a login. Its header asks for a cipher; its body, where older clients put
 * plain MD5 sums of name and password, may be left out, and is.
 */
export const NONCE: Command<Nothing, Encryption> = {
  name: "begin a login",
  id: 1,
  scope: "device",
  request: NOTHING,
  reply: payloadOf(ENCRYPTION, "Encryption"),
  requests: [NOTHING_EXAMPLE],
  replies: [{
    body:
      '<body><Encryption version="1.1"><type>md5</type><nonce>0-Ahn</nonce></Encryption></body>',
    value: { type: "md5", nonce: "0-Ahn" },
  }, {
    body: "<body><Encryption><nonce>0</nonce><authTypeList><authType>sigV1</authType>" +
      "</authTypeList></Encryption></body>",
    value: { nonce: "0" },
    isReadOnly: true,
  }],
};
