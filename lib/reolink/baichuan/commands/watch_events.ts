import { type Command, NOTHING, type Nothing, NOTHING_EXAMPLE } from "../command.ts";

/** Asks for `ALARM_EVENTS` from now on. Keeps a battery camera awake. */
export const WATCH_EVENTS: Command<Nothing, Nothing> = {
  name: "report what it sees",
  id: 31,
  scope: "events",
  request: NOTHING,
  reply: NOTHING,
  requests: [NOTHING_EXAMPLE],
  replies: [NOTHING_EXAMPLE],
};
