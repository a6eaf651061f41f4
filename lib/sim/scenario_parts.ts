/** What the schemas of all vendors' scenarios are made of. @module */

import { z } from "zod";
import { DecodeError } from "../bytes/decode_error.ts";
import { DURATION_RULE, readDuration } from "../config/duration.ts";
import { isIpv4, parseEndpoint } from "../endpoint.ts";

const durationRule = `be ${DURATION_RULE}`;

/** As everywhere in the configuration; in milliseconds once parsed. A bare 0 is none at all. */
export const duration = z.union([z.literal(0), z.string()], durationRule)
  .transform((text, context) => {
    const read = text === 0 ? 0 : readDuration(text);
    return read ?? refuse(context, durationRule, text);
  });

/** A share of datagrams, from 0 to 1. */
export const probability = z.number().min(0).max(1);

export const u32 = z.int().min(0).max(0xffff_ffff);

/** A TCP address on this machine: simulated devices reach nothing else. */
export const loopbackEndpoint = z.string().transform((text, context) => {
  const rule = "be an address on this machine such as 127.0.0.1:8554";
  try {
    const endpoint = parseEndpoint(text);
    return endpoint.address.startsWith("127.") ? endpoint : refuse(context, rule, text);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return refuse(context, rule, text);
  }
});

/** An address of this machine alone. */
export const loopbackAddress = z.string().refine(
  (text) => isIpv4(text) && text.startsWith("127."),
  "be an address of this machine such as 127.0.0.1",
);

/** A UDP or TCP port to listen on; 0 takes any free one. */
export const port = z.int().min(0).max(65535);

/** Both directions of the link between a device and the internet, each impaired on its own. */
export const link = z.strictObject({
  delay: duration.default(0),
  /** Up to this much more delay, evenly spread; keeps the order. */
  jitter: duration.default(0),
  loss: probability.default(0),
  duplicate: probability.default(0),
  /** Share of datagrams that arrive `reorderDelay` late, after those sent behind them. */
  reorder: probability.default(0),
  reorderDelay: duration.default(15),
  /** Bytes per second. */
  rate: z.number().positive().optional(),
});

/** Refuses the values that were given more than once for a setting that tells things apart. */
export function refuseRepeated(
  context: z.RefinementCtx,
  values: readonly string[],
  setting: string,
): void {
  values.forEach((input, index) => {
    if (values.indexOf(input) === index) return;
    const path = ["cameras", index, setting];
    context.addIssue({ code: "custom", path, message: "be the only one", input });
  });
}

/** Adds the mistake `message` to the list; the value does not matter any more. */
export function refuse(context: z.RefinementCtx, message: string, input: unknown): never {
  context.addIssue({ code: "custom", message, input });
  return z.NEVER;
}
