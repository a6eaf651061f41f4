import { isPtcpDatagram, SegmentFlag } from "../../lib/dahua/ptcp/segment.ts";
import { PtcpSession } from "../../lib/dahua/ptcp/session.ts";
import type { SessionEvent } from "../../lib/dahua/ptcp/session_options.ts";
import { DAHUA_SOCKETS, DahuaTunnel } from "../../lib/dahua/tunnel.ts";
import type { DahuaTunnelEvent } from "../../lib/dahua/tunnel_event.ts";
import type { Endpoint, Instant } from "../../lib/machine.ts";
import type { DahuaDevice } from "../../lib/sim/dahua/device.ts";
import type { DahuaSimEvent } from "../../lib/sim/dahua/topology.ts";
import { type NetworkEvent, SimNetwork } from "../../lib/sim/network.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { Pair } from "../support/pair.ts";
import { EPOCH, virtualDahua } from "../support/virtual_topologies.ts";
import { VirtualWorld } from "../support/virtual_world.ts";
import { SEGMENTS } from "./machines.ts";
import { BAICHUAN_CONVERSATIONS } from "./reolink_baichuan.ts";
import { BCUDP_CONVERSATIONS } from "./reolink_bcudp.ts";
import { REOLINK_SIGNALING_CONVERSATIONS } from "./reolink_signaling.ts";
import { REOLINK_SIM_CONVERSATIONS } from "./reolink_sim.ts";
import { type ConversationTarget, liedTo, type Tamper } from "./target.ts";

/** Virtual time one conversation may take, and its end. */
const LENGTH = 40_000;
const GOODBYE = 5_000;

/** The client's sockets: towards the device, and towards the agent. */
const CLIENT = [
  { address: "127.0.0.1", port: 20_000 },
  { address: "127.0.0.1", port: 20_001 },
] as const;

/** Every pair or group of machines that talk to each other. */
export const CONVERSATIONS: readonly ConversationTarget[] = [
  ...BAICHUAN_CONVERSATIONS,
  ...BCUDP_CONVERSATIONS,
  ...REOLINK_SIGNALING_CONVERSATIONS,
  ...REOLINK_SIM_CONVERSATIONS,
  { type: "conversation", name: "PtcpSession to PtcpSession", seeds: SEGMENTS, hold: holdSessions },
  { type: "conversation", name: "DahuaTunnel to simulator", seeds: SEGMENTS, hold: holdTunnel },
];

/** A client opens realms and writes to them, the device echoes. */
function holdSessions(seed: number, tamper: Tamper): void {
  const { entropy } = new Rng(seed);
  const client = new PtcpSession({ role: "connect", entropy });
  const device = new PtcpSession({ role: "listen", entropy });
  const pair = new Pair(client, device, serve, {
    seed,
    link: { delay: 10, jitter: 5, loss: 0.01, duplicate: 0.01 },
    tap: (_from, bytes) => withoutReset(tamper(bytes)),
  });
  function serve(): void {
    const { now } = pair;
    for (let event = device.pollEvent(); event; event = device.pollEvent()) {
      if (event.type === "bind") device.acceptRealm(now, event.realm);
      echo(device, now, event);
    }
    for (let event = client.pollEvent(); event; event = client.pollEvent()) {
      if (event.type === "realmOpen") client.writeRealm(now, event.realm, new Uint8Array(9_000));
      echo(client, now, event);
    }
  }
  client.connect(pair.now);
  for (const port of [80, 554, 37777]) client.openRealm(pair.now, port);
  pair.pass(LENGTH);
  client.close(pair.now);
  pair.pass(GOODBYE);
}

function echo(session: PtcpSession, now: Instant, event: SessionEvent): void {
  if (event.type !== "realmReadable") return;
  const { realm } = event;
  const read = () => session.readRealm(now, realm);
  for (let bytes = read(); bytes !== undefined; bytes = read()) {
    if (session.realmSpace(realm) > 0) session.writeRealm(now, realm, bytes);
  }
}

/** From the serial number to streams that the device echoes, every party being lied to. */
function holdTunnel(seed: number, tamper: Tamper): void {
  const serial = "SIMULATED000001";
  const nat = (["none", "cone", "symmetric"] as const)[seed % 3];
  const scenario = parseScenario({
    seed,
    dahua: { cameras: [{ serial, nat, link: { delay: "10ms", loss: 0.01 } }] },
  });
  const { entropy } = new Rng(seed);
  const { cloud, devices, nodes } = virtualDahua(scenario, entropy);
  const device = devices.get(serial);
  const server = cloud.sockets.get("main");
  if (device === undefined || server === undefined) throw new Error("the scenario has both");
  const lie = (bytes: Uint8Array) => withoutReset(tamper(bytes));

  const network = new SimNetwork<DahuaSimEvent | DahuaTunnelEvent>();
  for (const node of nodes) network.add({ ...node, machine: liedTo(node.machine, lie) });
  const world = new VirtualWorld(network);
  world.runFor(1_000);
  const [toDevice, toAgent] = CLIENT;
  const tunnel = new DahuaTunnel(world.now, {
    serial,
    server,
    way: "auto",
    localCandidates: [toDevice],
    entropy,
    wallClockOffset: EPOCH,
  });
  const sockets = new Map<string, Endpoint>([
    [DAHUA_SOCKETS.device, toDevice],
    [DAHUA_SOCKETS.agent, toAgent],
  ]);
  network.add({ name: "client", machine: liedTo(tunnel, lie), sockets });
  world.onEvent = ({ node, event }: NetworkEvent<DahuaSimEvent | DahuaTunnelEvent>) => {
    world.command(node, (now) => {
      if (node === "client") useTunnel(now, tunnel, event as DahuaTunnelEvent);
      else serveStreams(now, device, event as DahuaSimEvent);
    });
  };
  world.command("client", () => {});
  world.runFor(LENGTH);
  world.command("client", (now) => tunnel.close(now));
  world.runFor(GOODBYE);
}

/** Opens two streams, writes to them and reads what comes. */
function useTunnel(now: Instant, tunnel: DahuaTunnel, event: DahuaTunnelEvent): void {
  // By the time the event is heard of, the tunnel may have ended.
  if (event.type === "open" && tunnel.state === "open") {
    for (const port of [80, 554]) tunnel.openStream(now, port);
  }
  if (event.type === "streamOpen") tunnel.writeStream(now, event.stream, new Uint8Array(9_000));
  if (event.type === "streamReadable") {
    while (tunnel.readStream(now, event.stream) !== undefined);
  }
}

/** Takes every stream and echoes what comes. */
function serveStreams(now: Instant, { streams }: DahuaDevice, event: DahuaSimEvent): void {
  if (event.type === "dial") streams.accept(now, event.stream);
  if (event.type !== "readable") return;
  const { stream } = event;
  const read = () => streams.read(now, stream);
  for (let bytes = read(); bytes !== undefined; bytes = read()) {
    if (streams.space(stream) > 0) streams.write(now, stream, bytes);
  }
}

/** Nothing protects PTCP against a forged reset, which would only end the conversation early. */
function withoutReset(bytes: Uint8Array): Uint8Array {
  if (!isPtcpDatagram(bytes) || bytes.byteLength <= 13) return bytes;
  const spared = bytes.slice();
  spared[13] = (bytes[13] ?? 0) & ~SegmentFlag.reset;
  return spared;
}
