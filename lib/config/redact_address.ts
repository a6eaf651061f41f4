import { REDACTED } from "./secret.ts";

/** A scheme, or as much of one as people remember; options come with dashes. */
const SCHEME = "-*(?:[a-z]+:\\/\\/|(?:dahua|reolink):\\/?)";

const WITH_COLON = new RegExp(`^((${SCHEME})?([^:@/?]*)):(?!\\/\\/)(.*)$`, "is");

const SECRET_PARAMETER = /([?&](?:pass\w*|pwd|secret|token|key)=)[^&]*/gi;

/** The URL of a daemon, which is no camera's: what follows its host is a port. */
const WEB_HOST = /^https?:\/\/(?:\[[0-9a-f:.]+\]|[\w.-]+)(?::\d{1,5})?(?:[/?]|$)(?!.*@)/is;

const IPV4 = /^\d+(\.\d+){3}$/;

/**
 * An address, good or bad, as it may be shown: everything but the password.
 *
 * Text that is no good address is redacted too, so whatever may be meant as a password counts as
 * one: without its scheme, without what should follow the `@`, or with an `@` that should have been
 * percent-encoded. Ports, forwards and paths stay as they are.
 */
export function redactAddress(text: string): string {
  return redactUser(text).replace(SECRET_PARAMETER, `$1${REDACTED}`);
}

function redactUser(text: string): string {
  if (WEB_HOST.test(text)) return text;
  const [, head = "", scheme, user = "", rest = ""] = WITH_COLON.exec(text) ?? [];
  // Up to the last @, since a password may have one.
  const at = rest.lastIndexOf("@");
  if (at >= 0) return `${head}:${REDACTED}${rest.slice(at)}`;
  const isPort = /^\d*($|[/?])/.test(rest) && IPV4.test(user);
  return scheme === undefined || head === "" || isPort ? text : `${head}:${REDACTED}`;
}
