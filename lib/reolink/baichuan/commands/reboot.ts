import { type Command, NOTHING, type Nothing, NOTHING_EXAMPLE } from "../command.ts";

export const REBOOT: Command<Nothing, Nothing> = {
  name: "reboot",
  id: 23,
  scope: "device",
  request: NOTHING,
  reply: NOTHING,
  requests: [NOTHING_EXAMPLE],
  replies: [NOTHING_EXAMPLE],
};
