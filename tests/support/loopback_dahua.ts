import { formatEndpoint } from "../../lib/endpoint.ts";
import { drive } from "../../lib/io/drive.ts";
import type { UdpSocket } from "../../lib/io/types.ts";
import { systemWorld } from "../../lib/io/world.ts";
import type { DahuaDevice } from "../../lib/sim/dahua/device.ts";
import {
  buildDahua,
  type DahuaSimEvent,
  publicEndpointsNeeded,
} from "../../lib/sim/dahua/topology.ts";
import { SimNetwork } from "../../lib/sim/network.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";

/** A simulated cloud with one camera on real sockets, into which a test can look. */
export interface LoopbackDahua {
  /** Host and port of the main server. */
  readonly server: string;
  readonly device: DahuaDevice;
  close(): void;
}

/** Starts a scenario; resolves once its camera is online. Nothing is behind the camera's ports. */
export async function startLoopbackDahua(value: unknown): Promise<LoopbackDahua> {
  const { clock, entropy, openUdp } = systemWorld;
  const scenario = parseScenario(value);
  const sockets: UdpSocket[] = [];
  while (sockets.length < publicEndpointsNeeded(scenario)) {
    sockets.push(await openUdp({ address: "127.0.0.1", port: 0 }));
  }
  const { nodes, devices } = buildDahua({
    scenario,
    endpoints: sockets.map(({ local }) => local),
    entropy,
    epoch: clock.wallClock() - clock.now(),
  });
  const network = new SimNetwork<DahuaSimEvent>();
  for (const node of nodes) network.add(node);
  const [device] = devices.values();
  const [main] = sockets;
  if (device === undefined || main === undefined) throw new Error("a scenario has a camera");
  const online = Promise.withResolvers<void>();
  const driver = drive(network, {
    sockets: new Map(sockets.map((socket) => [formatEndpoint(socket.local), socket])),
    clock,
    onEvent: ({ event }) => {
      if (event.type === "online") online.resolve();
    },
    onError: online.reject,
  });
  await online.promise;
  return { server: formatEndpoint(main.local), device, close: () => driver.close() };
}
