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

/**
 * The address with its password filled in from standard input or the environment, where it has none
 * of its own. One on the command line still works, but is visible to everybody on this machine.
 */
export async function withPassword<Address extends CameraAddress>(
  address: Address,
  { flags }: ParsedArgs,
  { env, readStdin, log }: CliContext,
): Promise<Address> {
  const given = address.credentials?.password;
  if (flags.has("password-stdin")) {
    if (given !== undefined) {
      throw new ConfigError("The password must come from one place: it is in the address, too");
    }
    const text = await readStdin(MAX_PASSWORD_BYTES);
    return setPassword(address, new Secret(text.replace(/\r?\n$/, "")));
  }
  if (given !== undefined) {
    log.warn("the password on the command line can be seen by other users of this machine", {
      instead: "SIGHTLINE_PASSWORD or --password-stdin",
    });
    return address;
  }
  const fromEnv = env["SIGHTLINE_PASSWORD"];
  if (fromEnv === undefined || fromEnv === "") return address;
  return setPassword(address, new Secret(fromEnv));
}
