/**
 * Which of many cameras are online: one question to the cloud for each, and nothing to the cameras.
 * Only what was named is asked for, a few at a time and not in a rush.
 *
 * @module
 */

import type { CameraAddress, HostPort } from "../config/camera_address.ts";
import type { World } from "../io/types.ts";
import type { Duration, Endpoint } from "../machine.ts";
import { askCloud, serversOf } from "./ask_cloud.ts";
import { delay } from "./delay.ts";

/** Cameras asked for at once. */
export const MAX_AT_ONCE = 4;

/** How far apart questions begin. */
export const PACE: Duration = 250;

/**
 * - `online`: the cloud hears from it; a battery camera may sleep all the same
 * - `offline`: the cloud does not know it, or has not heard from it lately: it does not tell which
 * - `unanswered`: the cloud did not say
 */
export type Presence = "online" | "offline" | "unanswered";

export interface OnlineFinding {
  readonly presence: Presence;
  readonly took: Duration;
  /** Why it is not online, as a clause; empty otherwise. */
  readonly detail: string;
}

export interface OnlineOptions<One> {
  readonly world: World;
  /** What is asked for, in order. */
  readonly cameras: readonly One[];
  readonly addressOf: (camera: One) => CameraAddress;
  /** Hears of each camera as soon as it is known. */
  readonly onFinding: (camera: One, finding: OnlineFinding) => void;
}

/** Asks for all of them. An abort ends it soon, with those that are left not asked for. */
export async function findOnline<One>(
  options: OnlineOptions<One>,
  signal: AbortSignal,
): Promise<void> {
  const { world, cameras, addressOf, onFinding } = options;
  const names = new Names(world, signal);
  const queue = [...cameras];
  let nextAt = world.clock.now();
  const work = async () => {
    for (let camera = queue.shift(); camera !== undefined; camera = queue.shift()) {
      const wait = nextAt - world.clock.now();
      nextAt = Math.max(nextAt, world.clock.now()) + PACE;
      if (wait > 0) await delay(world.clock, wait, signal);
      if (signal.aborted) return;
      const finding = await ask(addressOf(camera), names, world, signal);
      if (finding === undefined) return;
      onFinding(camera, finding);
    }
  };
  await Promise.all(Array.from({ length: MAX_AT_ONCE }, work));
}

async function ask(
  address: CameraAddress,
  names: Names,
  world: World,
  signal: AbortSignal,
): Promise<OnlineFinding | undefined> {
  const began = world.clock.now();
  const wanted = serversOf(address);
  const servers = await names.resolve(wanted);
  if (signal.aborted) return undefined;
  if (servers.length === 0) {
    const hosts = [...new Set(wanted.map(({ host }) => host))].join(", ");
    const took = world.clock.now() - began;
    return { presence: "unanswered", took, detail: `cannot resolve ${hosts}` };
  }
  const outcome = await askCloud(address, { world, servers }, signal);
  if (outcome === undefined) return undefined;
  const took = world.clock.now() - began;
  const detail = outcome.type === "online" ? "" : outcome.end.detail;
  return { presence: outcome.type, took, detail };
}

/** Names of servers, each resolved once. */
class Names {
  readonly #world: World;
  readonly #signal: AbortSignal;
  readonly #known = new Map<string, Promise<readonly string[]>>();

  constructor(world: World, signal: AbortSignal) {
    this.#world = world;
    this.#signal = signal;
  }

  /** The endpoints of those that can be resolved. */
  async resolve(servers: readonly HostPort[]): Promise<readonly Endpoint[]> {
    const found = await Promise.all(servers.map(async ({ host, port }) => {
      const addresses = await this.#lookUp(host);
      return addresses.map((address) => ({ address, port }));
    }));
    return found.flat();
  }

  #lookUp(host: string): Promise<readonly string[]> {
    const known = this.#known.get(host) ??
      this.#world.resolveAll(host, this.#signal).catch(() => []);
    this.#known.set(host, known);
    return known;
  }
}
