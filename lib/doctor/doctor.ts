/**
 * The doctor: every step towards a camera, once, each told as it happens, and what follows from all
 * of them together.
 *
 * It walks on the program's own legs: the tunnels, sessions and pulls that serve viewers, each pinned
 * to one way, on sockets that are watched. What it finds is data; what that means is `diagnose()`.
 *
 * @module
 */

import type { CameraAddress, HostPort } from "../config/camera_address.ts";
import type { World } from "../io/types.ts";
import type { Endpoint } from "../machine.ts";
import { Chart } from "./chart.ts";
import { DAHUA_SIGHTING } from "./dahua_sighting.ts";
import { diagnose, type Diagnosis } from "./diagnose.ts";
import { examineDahua } from "./examine_dahua.ts";
import { examineReolink } from "./examine_reolink.ts";
import type { Findings } from "./findings.ts";
import { REOLINK_SIGHTING } from "./reolink_sighting.ts";
import type { Step } from "./step.ts";
import { watchedWorld } from "./watched_world.ts";

export interface DoctorOptions {
  readonly world: World;
  /** Whether a camera may be called that may run on a battery. */
  readonly mayWake: boolean;
  /** Further clouds to ask when the camera's own does not know it. */
  readonly clouds: readonly HostPort[];
  /** Hears of each step as soon as it is over. */
  readonly onStep: (step: Step) => void;
}

export interface Examination {
  readonly findings: Findings;
  readonly diagnosis: Diagnosis;
}

/** Examines a camera. An abort ends it soon, with what was found so far. */
export async function examine(
  address: CameraAddress,
  { world, mayWake, clouds, onStep }: DoctorOptions,
  signal: AbortSignal,
): Promise<Examination> {
  const isDahua = address.vendor === "dahua";
  const sighting = isDahua ? DAHUA_SIGHTING : REOLINK_SIGHTING;
  const chart = new Chart({ address, clock: world.clock, sighting, onStep });
  const own: Endpoint[] = [];
  const watched = watchedWorld(world, chart.book);
  const options = { world: withOwn(watched, own), chart, clouds, signal };
  if (address.vendor === "dahua") await examineDahua(address, options);
  else await examineReolink(address, { ...options, mayWake });
  if (!signal.aborted) {
    chart.noteSilence();
    // Without a server, it was all about TCP, or about names.
    if (chart.book.servers.length > 0) chart.noteNat(own);
  }
  const { findings } = chart;
  return { findings, diagnosis: diagnose(findings) };
}

/** The same world; remembers the endpoints of its sockets, as far as this machine knows them. */
function withOwn(world: World, own: Endpoint[]): World {
  return {
    ...world,
    async openUdp(at) {
      const socket = await world.openUdp(at);
      const { address, port } = socket.local;
      const addresses = address === "0.0.0.0"
        ? ["127.0.0.1", ...world.localAddresses()]
        : [address];
      own.push(...addresses.map((known) => ({ address: known, port })));
      return socket;
    },
  };
}
