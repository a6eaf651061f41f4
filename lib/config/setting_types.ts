/**
 * Kinds of values that settings have, as schemas: each reads the text of a file into what the program
 * works with. Messages are rules that follow "must".
 *
 * @module
 */

import { z } from "zod";
import { CameraAddressError, parseCameraAddress } from "./camera_address.ts";
import { ConfigError } from "./config_error.ts";
import { DURATION_PATTERN, DURATION_RULE, readDuration } from "./duration.ts";
import { parseEndpointArgument } from "./endpoint_argument.ts";
import { parseForward } from "./port_forward.ts";
import { Secret } from "./secret.ts";

/** Longest span of time a setting may have. */
const MAX_DURATION = 7 * 24 * 3_600_000;

/** Text, and not what YAML takes for a number, `true` or nothing. */
export const TEXT_RULE = "be text; put it in quotes";

const durationRule = `be ${DURATION_RULE}, and at most 168h`;

/** In milliseconds once parsed. */
export const duration = z.string(durationRule).meta({ pattern: DURATION_PATTERN }).transform(
  (text, context) => {
    const read = readDuration(text);
    return read !== undefined && read <= MAX_DURATION ? read : refuse(context, durationRule, text);
  },
);

/** An address of this machine, to listen on. */
export const listenEndpoint = fromParser(
  (text) => parseEndpointArgument(text, ""),
  "be ADDRESS:PORT with an IPv4 address, e.g. 127.0.0.1:8554",
);

export const forward = fromParser(
  parseForward,
  "be [BIND:]PORT:DEVICEPORT, e.g. 127.0.0.1:8081:80",
);

/** Something that shows as `***`. */
export const secret = z.string(TEXT_RULE).min(1, "not be empty").max(4_096)
  .regex(/^[^\r\n]*$/, "be one line")
  .transform((text) => new Secret(text));

/** A secret that travels in a header. */
export const token = z.string(TEXT_RULE).min(1, "not be empty").max(4_096)
  .regex(/^[\x21-\x7e]*$/, "be of printable ASCII characters, without spaces")
  .transform((text) => new Secret(text));

/** Certificates in PEM, one after the other. */
export const certificates = z.string(TEXT_RULE).max(512 << 10)
  .regex(/^-----BEGIN CERTIFICATE-----$/m, "have certificates, as PEM")
  .refine((text) => !/^-----BEGIN .*PRIVATE KEY-----$/m.test(text), "have no private key in it");

export const cameraAddress = z.string(TEXT_RULE).max(1_024).transform((text, context) => {
  try {
    return parseCameraAddress(text);
  } catch (error) {
    if (!(error instanceof CameraAddressError)) throw error;
    return refuse(context, error.rule.replace(/^must /, ""), text);
  }
});

/** A share in per cent, as `20%` or 20. */
export const percent = z.union([z.string(), z.number()], "be from 0% to 100%")
  .transform((input, context) => {
    const number = typeof input === "number"
      ? input
      : Number(/^(\d+(?:\.\d+)?)%?$/.exec(input)?.[1]);
    return number >= 0 && number <= 100 ? number : refuse(context, "be from 0% to 100%", input);
  });

/** A whole number, which may come from a variable and so be text. */
export function count(min: number, max: number) {
  const rule = `be a whole number from ${min} to ${max}`;
  return z.union([z.int(), z.string().regex(/^\d+$/)], rule).transform((input, context) => {
    const number = Number(input);
    return number >= min && number <= max ? number : refuse(context, rule, input);
  });
}

/** A URL with one of these schemes and no user name or password in it. */
export function url(...schemes: readonly string[]) {
  const rule = `be a URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(" or ")}`;
  return z.string(rule).max(2_048).transform((text, context) => {
    const read = URL.parse(text);
    if (read === null || !schemes.includes(read.protocol) || read.hostname === "") {
      return refuse(context, rule, text);
    }
    if (read.username === "" && read.password === "") return read;
    return refuse(context, "have no user name or password in it", text);
  });
}

/** Text that a parser of ours reads; it throws `ConfigError` for what breaks `rule`. */
function fromParser<T>(parse: (text: string) => T, rule: string) {
  return z.string(rule).transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return refuse(context, rule, text);
    }
  });
}

function refuse(context: z.RefinementCtx, message: string, input: unknown): never {
  context.addIssue({ code: "custom", message, input });
  return z.NEVER;
}
