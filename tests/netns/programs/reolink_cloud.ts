/** The simulated Reolink cloud on the sockets of this host. */

import { drive } from "../../../lib/io/drive.ts";
import type { UdpSocket } from "../../../lib/io/types.ts";
import { systemWorld } from "../../../lib/io/world.ts";
import { ReolinkCloud } from "../../../lib/sim/reolink/cloud.ts";
import { REOLINK_CLOUD, UIDS } from "../reolink_plan.ts";

const { clock, entropy, openUdp } = systemWorld;
const cloud = new ReolinkCloud({
  ...REOLINK_CLOUD,
  uids: Object.values(UIDS),
  entropy,
  epoch: clock.wallClock() - clock.now(),
});
const sockets = new Map<string, UdpSocket>();
for (const [name, at] of cloud.sockets) sockets.set(name, await openUdp(at));
drive(cloud, {
  sockets,
  clock,
  onEvent(event) {
    if (event.type === "online") console.log(`online ${event.uid}`);
  },
  onError(error) {
    throw error;
  },
});
console.log("ready");
