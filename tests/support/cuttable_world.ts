import { systemWorld } from "../../lib/io/world.ts";
import type { UdpSocket, World } from "../../lib/io/types.ts";

/** A world whose UDP can be cut, as when somebody pulls a plug between here and the internet. */
export interface CuttableWorld extends World {
  /** While true, nothing is sent, and nothing that comes is received. */
  isCut: boolean;
}

/** @param world Where everything else comes from. */
export function cuttableWorld(world: World = systemWorld): CuttableWorld {
  const cuttable: CuttableWorld = {
    ...world,
    isCut: false,
    async openUdp(at) {
      const socket = await world.openUdp(at);
      return cut(socket, () => cuttable.isCut);
    },
  };
  return cuttable;
}

function cut(socket: UdpSocket, isCut: () => boolean): UdpSocket {
  return {
    local: socket.local,
    receive(handler) {
      socket.receive((from, bytes) => {
        if (!isCut()) handler(from, bytes);
      });
    },
    send(to, bytes) {
      if (!isCut()) socket.send(to, bytes);
    },
    get dropped() {
      return socket.dropped;
    },
    close: () => socket.close(),
  };
}
