/**
 * Camera addresses: one URL names a camera, the same on the command line, in the config and the API.
 *
 *     dahua://[user[:password]@]SERIAL[?channel=1&subtype=0&way=auto&server=HOST:PORT&dialect=dh]
 *     reolink://[user[:password]@]UID[?stream=main&channel=0&way=auto&server=HOST:PORT,…]
 *     reolink://[user[:password]@]192.168.1.20[:9000]
 *
 * @module
 */

import { isIpv4 } from "../endpoint.ts";
import { ConfigError } from "./config_error.ts";
import { redactAddress } from "./redact_address.ts";
import { REDACTED, Secret } from "./secret.ts";

export interface Credentials {
  readonly user: string;
  readonly password: Secret | undefined;
}

/** A server by name or address. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface DahuaAddress {
  readonly vendor: "dahua";
  readonly serial: string;
  readonly credentials: Credentials | undefined;
  /** From 1. */
  readonly channel: number;
  /** 0 main, 1 sub, 2 third stream. */
  readonly subtype: number;
  readonly way: "auto" | "lan" | "direct" | "relay";
  readonly server: HostPort;
  readonly dialect: "dh" | "nf";
}

export interface ReolinkAddress {
  readonly vendor: "reolink";
  /** The UID, or the address of a camera on the LAN. */
  readonly target:
    | { readonly type: "uid"; readonly uid: string }
    | {
      readonly type: "host";
      readonly host: string;
      readonly port: number;
    };
  readonly credentials: Credentials | undefined;
  readonly stream: "main" | "sub" | "extern";
  /** From 0. */
  readonly channel: number;
  readonly way: "auto" | "lan" | "map" | "relay";
  /** The vendor's own rendezvous servers when empty. */
  readonly servers: readonly HostPort[];
}

export type CameraAddress = DahuaAddress | ReolinkAddress;

/** What a camera is known by, whatever else an address says of how to reach it. */
export function cameraIdOf(address: CameraAddress): string {
  if (address.vendor === "dahua") return `dahua ${address.serial}`;
  const { target } = address;
  return target.type === "uid" ? `reolink ${target.uid}` : `reolink ${target.host}:${target.port}`;
}

/** The vendor's rendezvous server; OEM clouds have their own. */
const DAHUA_SERVER: HostPort = { host: "www.easy4ipcloud.com", port: 8800 };

const BAICHUAN_PORT = 9000;

/** Whom a password belongs to where nobody is named. */
const DEFAULT_USER = "admin";

/** What is wrong with an address. */
export class CameraAddressError extends ConfigError {
  /** The rule it breaks, as a clause: `must have channel from 1 to 512: has "0"`. */
  readonly rule: string;

  constructor(address: string, rule: string) {
    super(`Camera address "${redactAddress(address)}" ${rule}`);
    this.rule = rule;
  }
}

/** The address with a password from elsewhere, for the user it names. */
export function withPassword<Address extends CameraAddress>(
  address: Address,
  password: Secret,
): Address {
  return { ...address, credentials: { user: address.credentials?.user || DEFAULT_USER, password } };
}

/** Reads a camera address. Throws `CameraAddressError`, which never has the password. */
export function parseCameraAddress(text: string): CameraAddress {
  const [, reserved] = /^[a-z]+:\/\/[^@]*?([/?#]).*@/i.exec(text) ?? [];
  if (reserved !== undefined) {
    const code = encodeURIComponent(reserved);
    fail(text, `must have user name and password percent-encoded: write ${reserved} as ${code}`);
  }
  const match = /^([a-z]+):\/\/(?:([^/?#]*)@)?([^@/?#]*)\/?(?:\?([^#]*))?$/i.exec(text);
  const scheme = match?.[1]?.toLowerCase();
  const name = match?.[3] ?? "";
  if (match === null || (scheme !== "dahua" && scheme !== "reolink")) {
    fail(text, "must look like dahua://SERIAL or reolink://UID");
  }
  if (name === "") fail(text, "must name a serial number, UID or address behind ://");
  const credentials = match[2] === undefined ? undefined : parseCredentials(text, match[2]);
  const query = new Query(text, match[4] ?? "");
  const address = scheme === "dahua"
    ? parseDahua(text, name, credentials, query)
    : parseReolink(text, name, credentials, query);
  query.finish();
  return address;
}

function parseDahua(
  text: string,
  serial: string,
  credentials: Credentials | undefined,
  query: Query,
): DahuaAddress {
  if (!/^[A-Za-z0-9]{8,32}$/.test(serial)) {
    fail(text, `must have a serial number of 8 to 32 letters and digits: has "${shown(serial)}"`);
  }
  return {
    vendor: "dahua",
    serial,
    credentials,
    channel: query.integer("channel", 1, 1, 512),
    subtype: query.integer("subtype", 0, 0, 8),
    way: query.oneOf("way", ["auto", "lan", "direct", "relay"]),
    server: query.server("server") ?? DAHUA_SERVER,
    dialect: query.oneOf("dialect", ["dh", "nf"]),
  };
}

function parseReolink(
  text: string,
  name: string,
  credentials: Credentials | undefined,
  query: Query,
): ReolinkAddress {
  return {
    vendor: "reolink",
    target: parseReolinkTarget(text, name),
    credentials,
    stream: query.oneOf("stream", ["main", "sub", "extern"]),
    channel: query.integer("channel", 0, 0, 255),
    way: query.oneOf("way", ["auto", "lan", "map", "relay"]),
    servers: query.servers("server"),
  };
}

function parseReolinkTarget(text: string, name: string): ReolinkAddress["target"] {
  const [host = "", ...rest] = name.split(":");
  if (isIpv4(host)) {
    const port = rest.length === 0 ? String(BAICHUAN_PORT) : rest.join(":");
    const number = readPort(port);
    if (number === undefined) {
      // What is no number there may be a password.
      const has = /^\d+$/.test(port) ? port : REDACTED;
      fail(text, `must have a port from 1 to 65535: has "${has}"`);
    }
    return { type: "host", host, port: number };
  }
  if (!/^[A-Za-z0-9]{8,32}$/.test(name)) {
    fail(
      text,
      `must have a UID of 8 to 32 letters and digits, or an IPv4 address: has "${shown(name)}"`,
    );
  }
  return { type: "uid", uid: name.toUpperCase() };
}

function parseCredentials(text: string, userinfo: string): Credentials {
  const colon = userinfo.indexOf(":");
  const user = colon < 0 ? userinfo : userinfo.slice(0, colon);
  const password = colon < 0 ? undefined : decode(text, userinfo.slice(colon + 1));
  return {
    user: decode(text, user),
    password: password === undefined ? undefined : new Secret(password),
  };
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return fail(text, "must have user name and password percent-encoded: write % as %25");
  }
}

/** The parameters behind the question mark: each known one is taken once, and none may be left. */
class Query {
  readonly #address: string;
  readonly #left = new Map<string, string>();
  readonly #known: string[] = [];

  constructor(address: string, query: string) {
    this.#address = address;
    for (const [name, value] of new URLSearchParams(query)) {
      if (this.#left.has(name)) fail(address, `must have each parameter once: has ${name} twice`);
      this.#left.set(name, value);
    }
  }

  /** The value of a parameter that must be one of these; the first is the default. */
  oneOf<const Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word {
    const value = this.#take(name);
    if (value === undefined) return words[0];
    const word = words.find((candidate) => candidate === value);
    return word ?? fail(this.#address, `must have ${name}=${words.join("|")}: has "${value}"`);
  }

  integer(name: string, byDefault: number, min: number, max: number): number {
    const value = this.#take(name);
    if (value === undefined) return byDefault;
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max) {
      fail(this.#address, `must have ${name} from ${min} to ${max}: has "${value}"`);
    }
    return number;
  }

  server(name: string): HostPort | undefined {
    const servers = this.servers(name);
    if (servers.length > 1) fail(this.#address, `must have one ${name}: has ${servers.length}`);
    return servers[0];
  }

  servers(name: string): readonly HostPort[] {
    const value = this.#take(name);
    if (value === undefined) return [];
    return value.split(",").map((server) =>
      readHostPort(server) ?? fail(this.#address, `must have ${name}=HOST:PORT: has "${server}"`)
    );
  }

  /** Fails when there is a parameter nobody took. */
  finish(): void {
    for (const name of this.#left.keys()) {
      const known = this.#known.join(", ");
      fail(this.#address, `must have no parameter named "${name}"; there are: ${known}`);
    }
  }

  #take(name: string): string | undefined {
    this.#known.push(name);
    const value = this.#left.get(name);
    this.#left.delete(name);
    return value;
  }
}

/** Reads `HOST:PORT`, or gives `undefined`. */
export function readHostPort(text: string): HostPort | undefined {
  const match = /^([A-Za-z0-9._-]+):(\d+)$/.exec(text);
  const port = readPort(match?.[2] ?? "");
  const host = match?.[1];
  return host === undefined || port === undefined ? undefined : { host, port };
}

function readPort(text: string): number | undefined {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port >= 1 && port <= 65535 ? port : undefined;
}

/** A name in its place; a password may have got there. */
function shown(name: string): string {
  return name.includes(":") ? REDACTED : name;
}

function fail(address: string, rule: string): never {
  throw new CameraAddressError(address, rule);
}
