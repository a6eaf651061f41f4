import { REDACTED } from "./secret.ts";

/** A scheme, or as much of one as people remember; options come with dashes. */
const SCHEME = "-*(?:[a-z]+:\\/\\/|(?:dahua|reolink):\\/?)";

const WITH_COLON = new RegExp(`^((${SCHEME})?([^:@/?]*)):(?!\\/\\/)(.*)$`, "is");

const SECRET_PARAMETER = /([?&](?:pass\w*|pwd|secret|token|key)=)[^&]*/gi;

const IPV4 = /^\d+(\.\d+){3}$/;

/**
 * What may be an address as it may be shown: everything but the password.
 *
 * It is for text that has been found wrong as much as for good addresses, so it sees a password in
 * whatever may be meant as one: without its scheme, without what should follow the `@`, or with an
 * `@` that should have been percent-encoded. Ports, forwards and paths stay as they are.
 */
export function redactAddress(text: string): string {
  return redactUser(text).replace(SECRET_PARAMETER, `$1${REDACTED}`);
}

function redactUser(text: string): string {
  const [, head = "", scheme, user = "", rest = ""] = WITH_COLON.exec(text) ?? [];
  // Up to the last @, since a password may have one.
  const at = rest.lastIndexOf("@");
  if (at >= 0) return `${head}:${REDACTED}${rest.slice(at)}`;
  const isPort = /^\d*($|[/?])/.test(rest) && IPV4.test(user);
  return scheme === undefined || head === "" || isPort ? text : `${head}:${REDACTED}`;
}
