import { type BcMessage, NO_PAYLOAD } from "../codec.ts";
import { BcClass, type BcHeader } from "../header.ts";

/** A camera asks over UDP whether the client is still there. */
export const KEEP_ALIVE_ID = 234;

/** The answer, which repeats bytes 12 to 15 and is of a request's class. [observed] */
export function keepAliveAnswer({ channel, stream, num }: BcHeader): BcMessage {
  return {
    header: { id: KEEP_ALIVE_ID, channel, stream, num, code: 200, messageClass: BcClass.modern },
    payload: NO_PAYLOAD,
  };
}
