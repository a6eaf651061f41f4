import { isIpv4 } from "../endpoint.ts";
import { ConfigError } from "./config_error.ts";
import type { PortForward } from "./daemon_config.ts";

const RULE = "must be [BIND:]PORT:DEVICEPORT, e.g. 8554:554 or 0.0.0.0:8080:80";

/** Reads `[BIND:]PORT:DEVICEPORT`. Loopback unless told otherwise; port 0 takes any free one. */
export function parseForward(text: string): PortForward {
  const parts = text.split(":");
  const address = parts.length === 3 ? parts[0] ?? "" : "127.0.0.1";
  const [port, devicePort] = parts.slice(-2).map(readPort);
  if (parts.length < 2 || parts.length > 3 || port === undefined || !devicePort) {
    throw new ConfigError(`Forward "${text}" ${RULE}`);
  }
  if (!isIpv4(address)) {
    throw new ConfigError(`Forward "${text}" must bind an IPv4 address: has "${address}"`);
  }
  return { listen: { address, port }, devicePort };
}

function readPort(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? Number(text) : undefined;
}
