import { ConfigError } from "./config_error.ts";
import { isIpv4 } from "../endpoint.ts";
import type { Endpoint } from "../machine.ts";

/** Reads `ADDRESS:PORT` of this machine; port 0 takes any free one. */
export function parseEndpointArgument(text: string, what: string): Endpoint {
  const [address = "", port = "", ...rest] = text.split(":");
  const isPort = /^\d{1,5}$/.test(port) && Number(port) <= 65535;
  if (!isIpv4(address) || !isPort || rest.length > 0) {
    throw new ConfigError(`${what} must be ADDRESS:PORT, e.g. 127.0.0.1:8554: is "${text}"`);
  }
  return { address, port: Number(port) };
}
