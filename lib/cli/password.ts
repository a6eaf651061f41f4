import { type CameraAddress, withPassword as setPassword } from "../config/camera_address.ts";
import { ConfigError } from "../config/config_error.ts";
import { Secret } from "../config/secret.ts";
import type { ParsedArgs } from "./args.ts";
import type { CliContext } from "./context.ts";

/** Where a password may come from besides the address; for help texts. */
export const PASSWORD_HELP = [
  "The password may come from the address, from SIGHTLINE_PASSWORD or from --password-stdin; other",
  "users of this machine can see what is in the address.",
];

const MAX_PASSWORD_BYTES = 4_096;

/** What standard input or the environment say. */
export async function readPassword(
  { flags }: ParsedArgs,
  { env, readStdin }: CliContext,
): Promise<Secret | undefined> {
  if (flags.has("password-stdin")) {
    const password = (await readStdin(MAX_PASSWORD_BYTES)).replace(/\r?\n$/, "");
    // Each attempt with what is none counts towards the camera's lock.
    if (password === "") throw new ConfigError("Standard input must have the password: is empty");
    if (/[\r\n]/.test(password)) {
      throw new ConfigError("Standard input must be one line, the password: has more");
    }
    return new Secret(password);
  }
  const fromEnv = env["SIGHTLINE_PASSWORD"];
  return fromEnv === undefined || fromEnv === "" ? undefined : new Secret(fromEnv);
}

/**
 * The address with its password filled in from standard input or the environment, where it has none
 * of its own. One on the command line still works, but is visible to everybody on this machine.
 */
export async function withPassword<Address extends CameraAddress>(
  address: Address,
  parsed: ParsedArgs,
  context: CliContext,
): Promise<Address> {
  if (address.credentials?.password === undefined) {
    const password = await readPassword(parsed, context);
    return password === undefined ? address : setPassword(address, password);
  }
  if (parsed.flags.has("password-stdin")) {
    throw new ConfigError("The password must come from one place: it is in the address, too");
  }
  context.log.warn("the password on the command line can be seen by other users of this machine", {
    instead: "SIGHTLINE_PASSWORD or --password-stdin",
  });
  return address;
}
