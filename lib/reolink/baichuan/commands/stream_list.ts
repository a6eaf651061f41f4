import { DecodeError } from "../../../bytes/decode_error.ts";
import { type Command, NOTHING, type Nothing, NOTHING_EXAMPLE, payloadOf } from "../command.ts";
import {
  child,
  children,
  type ElementCodec,
  int,
  listOf,
  optional,
  record,
  text,
  type ValueOf,
  VERSION,
} from "../xml_record.ts";
import { xmlElement } from "../../../xml/xml.ts";

/** `1024,1536,2048` */
function numbers(): ElementCodec<readonly number[]> {
  return {
    read({ name, text }) {
      const values = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
      if (values.length <= 64 && values.every((value) => /^\d{1,9}$/.test(value))) {
        return values.map(Number);
      }
      throw new DecodeError(`Cannot decode Baichuan XML as ${name} must be a list of numbers`);
    },
    write: (name, values) => xmlElement(name, values.join(",")),
  };
}

const ENCODE_TABLE = record({
  /** `mainStream`, `subStream` or `externStream`. */
  type: child("type", text()),
  resolution: child(
    "resolution",
    record({ width: child("width", int()), height: child("height", int()) }),
  ),
  /** An index into its table, or the value itself: nothing tells the two apart. [observed] */
  defaultFramerate: optional("defaultFramerate", int()),
  /** The same, in kbit/s. */
  defaultBitrate: optional("defaultBitrate", int()),
  framerates: optional("framerateTable", numbers()),
  bitrates: optional("bitrateTable", numbers()),
});

const STREAM_INFO = record({
  /** Bit n stands for channel n. */
  channelBits: optional("channelBits", int()),
  tables: children("encodeTable", ENCODE_TABLE),
});

/** A selectable set of resolutions. */
export type StreamInfo = ValueOf<typeof STREAM_INFO>;

export type EncodeTable = ValueOf<typeof ENCODE_TABLE>;

export const STREAM_LIST = listOf("StreamInfo", STREAM_INFO, VERSION);

export const READ_STREAM_LIST: Command<Nothing, readonly StreamInfo[]> = {
  name: "list its streams",
  id: 146,
  scope: "device",
  request: NOTHING,
  reply: payloadOf(STREAM_LIST, "StreamInfoList"),
  requests: [NOTHING_EXAMPLE],
  replies: [{
    body: '<body><StreamInfoList version="1.1"><StreamInfo><channelBits>1</channelBits>' +
      "<encodeTable><type>mainStream</type>" +
      "<resolution><width>2560</width><height>1440</height></resolution>" +
      "<defaultFramerate>15</defaultFramerate><defaultBitrate>2048</defaultBitrate>" +
      "<framerateTable>15,12,10</framerateTable><bitrateTable>1024,2048</bitrateTable>" +
      "</encodeTable></StreamInfo></StreamInfoList></body>",
    value: [{
      channelBits: 1,
      tables: [{
        type: "mainStream",
        resolution: { width: 2560, height: 1440 },
        defaultFramerate: 15,
        defaultBitrate: 2048,
        framerates: [15, 12, 10],
        bitrates: [1024, 2048],
      }],
    }],
  }],
};
