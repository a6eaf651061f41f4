/** The simulated cloud on the sockets of this host. */

import { drive } from "../../../lib/io/drive.ts";
import type { UdpSocket } from "../../../lib/io/types.ts";
import { systemWorld } from "../../../lib/io/world.ts";
import { DahuaCloud } from "../../../lib/sim/dahua/cloud.ts";
import { BACKSTAGE_KEY, CLOUD, SERIALS } from "../plan.ts";

const { clock, entropy, openUdp } = systemWorld;
const cloud = new DahuaCloud({
  ...CLOUD,
  serials: Object.values(SERIALS),
  backstageKey: BACKSTAGE_KEY,
  entropy,
  epoch: clock.wallClock() - clock.now(),
});
const sockets = new Map<string, UdpSocket>();
for (const [name, at] of cloud.sockets) sockets.set(name, await openUdp(at));
drive(cloud, {
  sockets,
  clock,
  onEvent: () => {},
  onError(error) {
    throw error;
  },
});
console.log("ready");
