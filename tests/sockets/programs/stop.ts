/** Holds sockets open until it is told to stop; with `stuck`, does not care. */
import process from "node:process";
import { openStdout } from "../../../lib/io/line_writer.ts";
import { stopSignal } from "../../../lib/io/signals.ts";
import { systemWorld } from "../../../lib/io/world.ts";

const at = { address: "127.0.0.1", port: 0 };
const { openUdp, listenTcp, dialTcp } = systemWorld;
const stop = stopSignal();
const stdout = openStdout();
const udp = await openUdp(at);
udp.receive(() => {});
const listener = await listenTcp(at, (accepted) => {
  stop.addEventListener("abort", () => accepted.abort());
});
const stream = await dialTcp(listener.local, stop);

stop.addEventListener("abort", () => void end());
stdout.writeLine("ready");

async function end(): Promise<void> {
  stdout.writeLine("stopping");
  if (process.argv.includes("stuck")) return;
  udp.close();
  stream.abort();
  await listener.close();
}
