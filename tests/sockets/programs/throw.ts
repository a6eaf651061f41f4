/** Has a bug in what it does with a datagram. */
import { openUdp } from "../../../lib/io/udp_socket.ts";

const socket = await openUdp({ address: "127.0.0.1", port: 0 });
socket.receive(() => {
  throw new Error("a bug in a handler");
});
socket.send(socket.local, Uint8Array.of(1));
