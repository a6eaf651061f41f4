import type { UdpSocket, World } from "../io/types.ts";
import type { Endpoint } from "../machine.ts";

/** Sees every datagram that leaves or comes; `bytes` is borrowed. Must not throw. */
export interface Watcher {
  onSent(to: Endpoint, bytes: Uint8Array): void;
  onReceived(from: Endpoint, bytes: Uint8Array): void;
}

/** The same world, with somebody who looks over the shoulder of its UDP sockets. */
export function watchedWorld(world: World, watcher: Watcher): World {
  return {
    ...world,
    openUdp: async (at) => watch(await world.openUdp(at), watcher),
  };
}

function watch(socket: UdpSocket, watcher: Watcher): UdpSocket {
  return {
    local: socket.local,
    get dropped() {
      return socket.dropped;
    },
    receive(handler) {
      socket.receive((from, bytes) => {
        watcher.onReceived(from, bytes);
        handler(from, bytes);
      });
    },
    send(to, bytes) {
      watcher.onSent(to, bytes);
      socket.send(to, bytes);
    },
    close: () => socket.close(),
  };
}
