import { isIpv4 } from "../endpoint.ts";
import type { UdpSocket, World } from "../io/types.ts";
import type { Endpoint } from "../machine.ts";

/** A datagram on its way through a socket. */
export interface TappedDatagram {
  readonly direction: "in" | "out";
  /** Counts the sockets opened, from 1: an address may come again, this does not. */
  readonly socket: number;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Borrowed for the call. */
  readonly bytes: Uint8Array;
}

export type Tap = (datagram: TappedDatagram) => void;

/** The same world, in which `tap` hears every datagram of every UDP socket opened from now on. */
export function withTap(world: World, tap: Tap): World {
  let sockets = 0;
  return {
    ...world,
    async openUdp(at) {
      const socket = await world.openUdp(at);
      sockets += 1;
      return tapped(socket, sockets, tap, () => world.localAddresses());
    },
  };
}

function tapped(
  socket: UdpSocket,
  id: number,
  tap: Tap,
  own: () => readonly string[],
): UdpSocket {
  const { port } = socket.local;
  let addresses: readonly string[] | undefined;
  const localFor = (remote: Endpoint): Endpoint => {
    const { address } = socket.local;
    if (isIpv4(address) && address !== "0.0.0.0") return { address, port };
    return { address: ownAddress(remote.address, addresses ??= own()), port };
  };
  return {
    local: socket.local,
    get dropped() {
      return socket.dropped;
    },
    receive(handler) {
      socket.receive((from, bytes) => {
        tap({ direction: "in", socket: id, local: localFor(from), remote: from, bytes });
        handler(from, bytes);
      });
    },
    send(to, bytes) {
      tap({ direction: "out", socket: id, local: localFor(to), remote: to, bytes });
      socket.send(to, bytes);
    },
    close: () => socket.close(),
  };
}

/** From which of our addresses a datagram goes to `remote`, as far as can be told from here. */
function ownAddress(remote: string, own: readonly string[]): string {
  if (remote.startsWith("127.")) return "127.0.0.1";
  const network = remote.slice(0, remote.lastIndexOf(".") + 1);
  return own.find((address) => address.startsWith(network)) ?? own[0] ?? "0.0.0.0";
}
