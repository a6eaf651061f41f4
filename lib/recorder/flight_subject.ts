/** Cameras as flights name them: without whoever owns them. @module */

import { type CameraAddress, type HostPort, parseCameraAddress } from "../config/camera_address.ts";
import { Secret } from "../config/secret.ts";
import type { FlightSubject } from "./flight_recorder.ts";
import type { Identities } from "./redactor.ts";

/** An address without account, as `parseCameraAddress()` reads it. */
function formatAddress(address: CameraAddress): string {
  if (address.vendor === "dahua") {
    const { serial, channel, subtype, way, server, dialect } = address;
    const parts = [`channel=${channel}`, `subtype=${subtype}`, `way=${way}`, `dialect=${dialect}`];
    return `dahua://${serial}?${[...parts, `server=${hostPort(server)}`].join("&")}`;
  }
  const { target, stream, channel, way, servers } = address;
  const parts = [`stream=${stream}`, `channel=${channel}`];
  if (target.type === "host") {
    return `reolink://${target.host}:${target.port}?${parts.join("&")}`;
  }
  parts.push(`way=${way}`);
  if (servers.length > 0) parts.push(`server=${servers.map(hostPort).join()}`);
  return `reolink://${target.uid}?${parts.join("&")}`;
}

function hostPort({ host, port }: HostPort): string {
  return `${host}:${port}`;
}

/** What a flight of the camera behind an address is of. */
export function subjectOf(address: CameraAddress): FlightSubject {
  const { vendor, credentials } = address;
  return {
    vendor,
    address: formatAddress(address),
    hasAccount: credentials?.password !== undefined,
    userLength: new TextEncoder().encode(credentials?.user ?? "").byteLength,
  };
}

/** The camera of a flight, with an account that stands in for one nobody told. Throws `ConfigError`. */
export function addressOf({ address, hasAccount, userLength }: FlightSubject): CameraAddress {
  const parsed = parseCameraAddress(address);
  if (!hasAccount && userLength === 0) return parsed;
  // As long as the one that was used: some messages are as long as it makes them.
  const user = STAND_IN.repeat(Math.ceil(userLength / STAND_IN.length)).slice(0, userLength);
  return {
    ...parsed,
    credentials: { user, password: hasAccount ? new Secret(STAND_IN) : undefined },
  };
}

const STAND_IN = "replay";

/**
 * What of a camera is somebody's own.
 *
 * @param names What its owner calls it.
 */
export function identitiesOf(address: CameraAddress, names: readonly string[] = []): Identities {
  const { credentials } = address;
  const user = credentials?.user ?? "";
  const password = credentials?.password;
  return {
    ids: idsOf(address),
    secrets: [password?.reveal() ?? "", user],
    hosts: address.vendor === "dahua"
      ? [address.server.host]
      : address.servers.map(({ host }) => host),
    names,
    ...(password !== undefined && { account: { user, password } }),
  };
}

function idsOf(address: CameraAddress): readonly string[] {
  if (address.vendor === "dahua") return [address.serial];
  return address.target.type === "uid" ? [address.target.uid] : [];
}
