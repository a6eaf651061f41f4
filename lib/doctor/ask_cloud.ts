import type { CameraAddress, HostPort } from "../config/camera_address.ts";
import { VENDOR_SERVERS } from "../hub/reolink/tunnel_link.ts";
import { settleOrAbort } from "../hub/settle_or_abort.ts";
import { drive } from "../io/drive.ts";
import type { UdpSocket, World } from "../io/types.ts";
import type { Duration, Endpoint, Machine } from "../machine.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import { DahuaQuery } from "./dahua_query.ts";
import type { QueryEvent, QueryOutcome } from "./query.ts";
import { QUERY_SOCKET, ReolinkQuery } from "./reolink_query.ts";

export interface AskOptions {
  readonly world: World;
  /** Whom to ask; several only of Reolink. */
  readonly servers: readonly Endpoint[];
  /** How long to listen to all of them once one of them knows it. */
  readonly patience?: Duration;
}

/** The servers an address names, or its vendor's own. */
export function serversOf(address: CameraAddress): readonly HostPort[] {
  if (address.vendor === "dahua") return [address.server];
  return address.servers.length > 0 ? address.servers : VENDOR_SERVERS;
}

/**
 * Asks a cloud whether it knows a camera, on a socket of its own; the camera is not bothered. An
 * abort ends it with `undefined`. Rejects on a bug of ours only.
 */
export async function askCloud(
  address: CameraAddress,
  { world, servers, patience }: AskOptions,
  signal: AbortSignal,
): Promise<QueryOutcome | undefined> {
  const { clock, entropy } = world;
  const now = clock.now();
  const [server] = servers;
  if (server === undefined) return { type: "unanswered", end: NOBODY };
  if (address.vendor === "dahua") {
    const { serial, dialect } = address;
    const wallClockOffset = clock.wallClock() - now;
    const via = QUERY_SOCKET;
    const options = { serial, server, dialect, via, entropy, wallClockOffset };
    return await run(new DahuaQuery(now, options), world, signal);
  }
  if (address.target.type !== "uid") return { type: "unanswered", end: NOBODY };
  const { uid } = address.target;
  const options = { uid, servers, entropy, ...(patience !== undefined && { patience }) };
  return await run(new ReolinkQuery(now, options), world, signal);
}

async function run(
  query: Machine<QueryEvent>,
  world: World,
  signal: AbortSignal,
): Promise<QueryOutcome | undefined> {
  let socket: UdpSocket;
  try {
    socket = await world.openUdp({ address: "0.0.0.0", port: 0 });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { type: "unanswered", end: { ...NO_SOCKET, detail } };
  }
  const closed = Promise.withResolvers<QueryOutcome>();
  const driver = drive<QueryEvent, Machine<QueryEvent>>(query, {
    sockets: new Map([[QUERY_SOCKET, socket]]),
    clock: world.clock,
    onEvent: ({ outcome }) => closed.resolve(outcome),
    onError: closed.reject,
  });
  try {
    return await settleOrAbort(closed.promise, signal);
  } finally {
    driver.close();
  }
}

const NO_SOCKET: TunnelEnd = {
  reason: "local",
  stage: "starting",
  detail: "",
  advice: "Check that this machine has a network and free ports.",
};

const NOBODY: TunnelEnd = {
  reason: "local",
  stage: "lookup",
  detail: "there is no server to ask",
  advice: "",
};
