/**
 * A simulated Reolink camera on the sockets of this host.
 *
 *     reolink_camera.ts UID
 */

import process from "node:process";
import { drive } from "../../../lib/io/drive.ts";
import type { UdpSocket } from "../../../lib/io/types.ts";
import { systemWorld } from "../../../lib/io/world.ts";
import { ReolinkCamera } from "../../../lib/sim/reolink/camera.ts";
import { MaterialStore } from "../../../lib/sim/reolink/material.ts";
import { parseScenario } from "../../../lib/sim/scenario.ts";
import { REOLINK_CLOUD } from "../reolink_plan.ts";

const { clock, entropy, openUdp, localAddresses } = systemWorld;
const [uid = ""] = process.argv.slice(2);
const [address = ""] = localAddresses();
const [settings] = parseScenario({ reolink: { cameras: [{ uid }] } }).reolink.cameras;
if (settings === undefined) throw new Error("a scenario has a camera");
const [middleman] = REOLINK_CLOUD.middlemen;

// What is broadcast reaches only sockets that are bound to no address.
const anywhere = (port: number) => ({ address: "0.0.0.0", port });
const camera = new ReolinkCamera(clock.now(), {
  settings,
  local: { address, port: 18_371 },
  lan: [anywhere(2015), anywhere(2018)],
  probe: anywhere(2000),
  probeAnswerPort: 3000,
  middleman,
  uidSuffix: "0000",
  materials: new MaterialStore(),
  entropy,
  epoch: clock.wallClock() - clock.now(),
});
const sockets = new Map<string, UdpSocket>();
for (const [name, at] of camera.sockets) sockets.set(name, await openUdp(at));
drive(camera, {
  sockets,
  clock,
  onEvent(event) {
    if (event.type === "sessionOpen") console.log(`session ${event.way}`);
  },
  onError(error) {
    throw error;
  },
});
console.log("ready");
