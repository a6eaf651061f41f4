import { DecodeError } from "../../../bytes/decode_error.ts";
import { type Command, NOTHING, type Nothing, NOTHING_EXAMPLE } from "../command.ts";

export interface TalkData {
  readonly channel: number;
  /** One or more whole packets of ADPCM in the camera's own media format. */
  readonly media: Uint8Array;
}

/** Sound for the camera's loudspeaker. Whether cameras answer is not known, nor waited for. */
export const TALK_DATA: Command<TalkData, Nothing> = {
  name: "play what is said",
  id: 202,
  scope: "channel",
  request: {
    read({ extension, payload }) {
      if (payload.type === "binary") {
        return { channel: extension?.channel ?? 0, media: payload.bytes };
      }
      throw new DecodeError(`Cannot decode talk as it must be binary: is ${payload.type}`);
    },
    write: ({ channel, media }) => ({
      extension: { binary: true, channel },
      payload: { type: "binary", bytes: media },
    }),
  },
  reply: NOTHING,
  retries: 0,
  requests: [],
  replies: [NOTHING_EXAMPLE],
};
