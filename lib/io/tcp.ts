import { connect, createServer, type Server, type Socket } from "node:net";
import type { Endpoint } from "../machine.ts";
import type { ByteStream, DialTcp, ListenTcp } from "./types.ts";
import { formatEndpoint, isIpv4 } from "../endpoint.ts";
import { abortable } from "./abortable.ts";
import {
  checkListenEndpoint,
  DialError,
  type IoErrorCode,
  isPort,
  listenError,
  reasonOf,
} from "./errors.ts";
import { NodeByteStream } from "./tcp_stream.ts";

/** Both ends may close their half alone, and small writes leave at once. */
const SOCKET_OPTIONS = { allowHalfOpen: true, noDelay: true } as const;

/** Listens for TCP connections. Rejects with `ListenError`. */
export const listenTcp: ListenTcp = async (at, onStream) => {
  checkListenEndpoint("TCP", at);
  const server = createServer(SOCKET_OPTIONS, (socket) => onStream(new NodeByteStream(socket)));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError("TCP", at, error)));
    server.listen({ host: at.address, port: at.port }, resolve);
  });
  // A connection that could not be accepted is its peer's loss: the listener goes on.
  server.on("error", () => {});
  return { local: localOf(server, at), close: () => stopAccepting(server) };
};

/** Opens a TCP connection. Rejects with `DialError`, also when `signal` fires first. */
export const dialTcp: DialTcp = async (to, signal) => {
  if (!isIpv4(to.address) || !isPort(to.port) || to.port === 0) {
    throw dialError("bad-address", to, "it must be an IPv4 address and a port from 1 to 65535");
  }
  const aborted = () => dialError("aborted", to, "it was called off", signal.reason);
  if (signal.aborted) throw aborted();
  const socket = connect({ ...SOCKET_OPTIONS, host: to.address, port: to.port });
  try {
    return await abortable(connected(socket), signal, aborted);
  } catch (error) {
    socket.destroy();
    if (error instanceof DialError) throw error;
    const [code, reason] = reasonOf(error);
    throw dialError(code, to, reason, error);
  }
};

function connected(socket: Socket): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("connect", () => resolve(new NodeByteStream(socket)));
  });
}

/** The port is free at once; the server's own callback would wait for the last connection. */
function stopAccepting(server: Server): Promise<void> {
  server.close();
  return Promise.resolve();
}

function localOf(server: Server, at: Endpoint): Endpoint {
  const address = server.address();
  if (address === null || typeof address === "string") return at;
  return { address: address.address, port: address.port };
}

function dialError(code: IoErrorCode, to: Endpoint, reason: string, cause?: unknown): DialError {
  return new DialError(code, `Cannot connect to TCP ${formatEndpoint(to)} as ${reason}`, cause);
}
