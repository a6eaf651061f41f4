import { type Command, NOTHING, type Nothing, NOTHING_EXAMPLE, payloadOf } from "../command.ts";
import { optional, record, text, type ValueOf, VERSION } from "../xml_record.ts";

const VERSION_INFO = record({
  /** As the user has named it. */
  name: optional("name", text()),
  /** The model. */
  model: optional("type", text()),
  serialNumber: optional("serialNumber", text()),
  build: optional("buildDay", text()),
  hardware: optional("hardwareVersion", text()),
  config: optional("cfgVersion", text()),
  firmware: optional("firmwareVersion", text()),
  detail: optional("detail", text()),
  itemNumber: optional("itemNo", text()),
}, VERSION);

export type VersionInfo = ValueOf<typeof VERSION_INFO>;

export const READ_VERSION: Command<Nothing, VersionInfo> = {
  name: "tell its version",
  id: 80,
  scope: "device",
  request: NOTHING,
  reply: payloadOf(VERSION_INFO, "VersionInfo", "DevInfo"),
  requests: [NOTHING_EXAMPLE],
  replies: [{
    body: '<body><VersionInfo version="1.1"><name>Yard</name><type>E1</type>' +
      "<serialNumber>0000</serialNumber><buildDay>build 19110800</buildDay>" +
      "<hardwareVersion>IPC</hardwareVersion><cfgVersion>v2</cfgVersion>" +
      "<firmwareVersion>v2.0.0.587_19110800</firmwareVersion><detail>x</detail></VersionInfo></body>",
    value: {
      name: "Yard",
      model: "E1",
      serialNumber: "0000",
      build: "build 19110800",
      hardware: "IPC",
      config: "v2",
      firmware: "v2.0.0.587_19110800",
      detail: "x",
    },
  }, {
    body: "<body><DevInfo><name>Yard</name></DevInfo></body>",
    value: { name: "Yard" },
    isReadOnly: true,
  }],
};
