import {
  type Command,
  NOTHING,
  type Nothing,
  NOTHING_EXAMPLE,
  payloadOf,
  type Push,
} from "../command.ts";
import {
  child,
  int,
  listOf,
  optional,
  record,
  text,
  type ValueOf,
  VERSION,
} from "../xml_record.ts";

const CHANNEL_INFO = record({
  channel: child("channelId", int()),
  /** `standby` while it sleeps. */
  loginState: optional("loginState", text()),
});

export type ChannelInfo = ValueOf<typeof CHANNEL_INFO>;

const CONTENT = payloadOf(listOf("ChannelInfo", CHANNEL_INFO, VERSION), "ChannelInfoList");

const EXAMPLE = {
  body: '<body><ChannelInfoList version="1.1"><ChannelInfo><channelId>0</channelId>' +
    "<loginState>standby</loginState></ChannelInfo></ChannelInfoList></body>",
  value: [{ channel: 0, loginState: "standby" }],
};

export const READ_CHANNEL_LIST: Command<Nothing, readonly ChannelInfo[]> = {
  name: "list its channels",
  id: 145,
  scope: "device",
  request: NOTHING,
  reply: CONTENT,
  requests: [NOTHING_EXAMPLE],
  replies: [EXAMPLE],
};

/** The same list, when a channel has fallen asleep or woken. */
export const CHANNEL_LIST: Push<readonly ChannelInfo[]> = {
  id: 145,
  content: CONTENT,
  examples: [EXAMPLE],
};
