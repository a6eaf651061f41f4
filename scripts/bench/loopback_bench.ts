/** What the machine itself can do: datagrams and TCP on loopback, both ends in this process. */
import { dialTcp, listenTcp } from "../../lib/io/tcp.ts";
import type { ByteStream } from "../../lib/io/types.ts";
import { openUdp } from "../../lib/io/udp_socket.ts";
import { type Bench, measure } from "./bench.ts";

const LOOPBACK = { address: "127.0.0.1", port: 0 };
const BYTES = 256 << 20;

/** A PTCP segment as our engine sends it: 24 bytes of header and 1292 of body. */
const DATAGRAM = new Uint8Array(1316);

/** Datagrams under way at once: what a window of 65535 bytes holds. */
const IN_FLIGHT = 48;

const CHUNK = new Uint8Array(64 << 10);

export const bench: Bench = async () => [
  await measure("raw UDP", udpTransfer),
  await measure("plain TCP", tcpTransfer),
];

/** The receiver lets the sender know in-process, so nothing is lost and nothing acknowledged. */
async function udpTransfer(): Promise<number> {
  const [sender, receiver] = await Promise.all([openUdp(LOOPBACK), openUdp(LOOPBACK)]);
  const done = Promise.withResolvers<void>();
  let sent = 0;
  let received = 0;
  function fill(): void {
    while (sent - received < IN_FLIGHT * DATAGRAM.byteLength && sent < BYTES) {
      sender.send(receiver.local, DATAGRAM);
      sent += DATAGRAM.byteLength;
    }
  }
  receiver.receive((_from, bytes) => {
    received += bytes.byteLength;
    if (received >= BYTES) done.resolve();
    else fill();
  });
  fill();
  await done.promise;
  sender.close();
  receiver.close();
  return received;
}

async function tcpTransfer(): Promise<number> {
  const accepted = Promise.withResolvers<ByteStream>();
  const listener = await listenTcp(LOOPBACK, accepted.resolve);
  const stream = await dialTcp(listener.local, new AbortController().signal);
  const received = readToEnd(await accepted.promise);
  for (let sent = 0; sent < BYTES; sent += CHUNK.byteLength) await stream.write(CHUNK);
  await stream.end();
  const bytes = await received;
  stream.abort();
  await listener.close();
  return bytes;
}

async function readToEnd(stream: ByteStream): Promise<number> {
  let received = 0;
  for (let bytes = await stream.read(); bytes !== undefined; bytes = await stream.read()) {
    received += bytes.byteLength;
  }
  return received;
}
