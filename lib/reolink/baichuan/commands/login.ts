import { type Command, type ContentCodec, elementOf, elementsOf } from "../command.ts";
import { xmlPayload } from "../codec.ts";
import { child, int, optional, record, text, type ValueOf, VERSION } from "../xml_record.ts";
import { STREAM_LIST, type StreamInfo } from "./stream_list.ts";

/** Name and password of an account; both hashed with the nonce, but for the goodbye. */
export const LOGIN_USER = record({
  userName: child("userName", text()),
  password: child("password", text()),
  version: optional("userVer", int()),
}, VERSION);

/** The same on every path, the relay included. [observed] */
const LOGIN_NET = record({
  type: optional("type", text()),
  udpPort: optional("udpPort", int()),
}, VERSION);

export type LoginUser = ValueOf<typeof LOGIN_USER>;

/** `LoginUser` and what goes with it. */
export const LOGIN_REQUEST: ContentCodec<LoginUser> = {
  read: (content) => LOGIN_USER.read(elementOf(content, "LoginUser")),
  write: (user) => ({
    payload: xmlPayload(
      LOGIN_USER.write("LoginUser", { version: 1, ...user }),
      LOGIN_NET.write("LoginNet", { type: "LAN", udpPort: 0 }),
    ),
  }),
};

/** What a camera says of itself. Floodlights have no resolution. */
const DEVICE_INFO = record({
  firmware: optional("firmVersion", text()),
  inputs: optional("IOInputPortNum", text()),
  outputs: optional("IOOutputPortNum", text()),
  disks: optional("diskNum", text()),
  /** `ipc`, `wifi_solo_ipc`, `nvr`, `wifi_nvr`, `homehub` and others. */
  type: optional("type", text()),
  channels: optional("channelNum", int()),
  audioChannels: optional("audioNum", text()),
  ipChannels: optional("ipChannel", text()),
  analogChannels: optional("analogChnNum", text()),
  resolution: optional(
    "resolution",
    record({
      name: optional("resolutionName", text()),
      width: child("width", int()),
      height: child("height", int()),
    }),
  ),
  language: optional("language", text()),
  sdCard: optional("sdCard", text()),
  ptzMode: optional("ptzMode", text()),
  /** `IPC`, `NVR`, `WIFI_NVR` or `HOMEHUB`. */
  typeInfo: optional("typeInfo", text()),
  softwareVersion: optional("softVer", text()),
  hardwareVersion: optional("hardVer", text()),
  norm: optional("norm", text()),
}, VERSION);

export type DeviceInfo = ValueOf<typeof DEVICE_INFO>;

export interface LoginReply {
  readonly device: DeviceInfo;
  /** Left out by some cameras. */
  readonly streams?: readonly StreamInfo[];
}

const REPLY: ContentCodec<LoginReply> = {
  read(content) {
    const device = DEVICE_INFO.read(elementOf(content, "DeviceInfo"));
    const list = elementsOf(content).find(({ name }) => name === "StreamInfoList");
    return list === undefined ? { device } : { device, streams: STREAM_LIST.read(list) };
  },
  write({ device, streams }) {
    const info = DEVICE_INFO.write("DeviceInfo", device);
    if (streams === undefined) return { payload: xmlPayload(info) };
    return { payload: xmlPayload(info, STREAM_LIST.write("StreamInfoList", streams)) };
  },
};

/** The second request of a login: the one with the password in it. Never sent twice. */
export const LOGIN: Command<LoginUser, LoginReply> = {
  name: "log in",
  id: 1,
  scope: "device",
  request: LOGIN_REQUEST,
  reply: REPLY,
  retries: 0,
  requests: [{
    body: '<body><LoginUser version="1.1"><userName>9F07915E819A076E2E14169830769D6</userName>' +
      "<password>33E80EF5686450922D3D8E489CEA908</password><userVer>1</userVer></LoginUser>" +
      '<LoginNet version="1.1"><type>LAN</type><udpPort>0</udpPort></LoginNet></body>',
    value: {
      userName: "9F07915E819A076E2E14169830769D6",
      password: "33E80EF5686450922D3D8E489CEA908",
      version: 1,
    },
  }],
  replies: [
    {
      body: '<body><DeviceInfo version="1.1"><firmVersion>v3</firmVersion><type>ipc</type>' +
        "<channelNum>1</channelNum><resolution><resolutionName>2560*1440</resolutionName>" +
        "<width>2560</width><height>1440</height></resolution><typeInfo>IPC</typeInfo>" +
        '</DeviceInfo><StreamInfoList version="1.1"></StreamInfoList></body>',
      value: {
        device: {
          firmware: "v3",
          type: "ipc",
          channels: 1,
          resolution: { name: "2560*1440", width: 2560, height: 1440 },
          typeInfo: "IPC",
        },
        streams: [],
      },
    },
    {
      body: '<body><DeviceInfo version="1.1"></DeviceInfo></body>',
      value: { device: {} },
    },
  ],
};
