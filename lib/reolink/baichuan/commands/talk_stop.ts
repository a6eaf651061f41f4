import {
  CHANNEL,
  CHANNEL_EXAMPLE,
  type Command,
  NOTHING,
  type Nothing,
  NOTHING_EXAMPLE,
} from "../command.ts";

/** Closes the loudspeaker, whoever has it, at once: what was still to be played is lost. */
export const STOP_TALK: Command<{ readonly channel: number }, Nothing> = {
  name: "end the talk",
  id: 11,
  scope: "channel",
  request: CHANNEL,
  reply: NOTHING,
  retries: 0,
  requests: [CHANNEL_EXAMPLE],
  replies: [NOTHING_EXAMPLE],
};
