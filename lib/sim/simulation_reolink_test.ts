import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryUdp } from "../../tests/support/memory_udp.ts";
import { settled, VirtualClock } from "../../tests/support/virtual_clock.ts";
import { parseEndpoint } from "../endpoint.ts";
import { silentLog } from "../log/log.ts";
import { decodeSignaling, encodeSignaling } from "../reolink/signaling/datagram.ts";
import type { SignalingMessage } from "../reolink/signaling/message.ts";
import { Rng } from "./rng.ts";
import { parseScenario } from "./scenario.ts";
import { type SimulationWorld, startReolink } from "./simulation_reolink.ts";

const UID = "95270000TESTCAM0";
const CLIENT = { address: "127.0.0.1", port: 50_000 };

test("a client cannot make the simulation send to other machines, whatever it says", async () => {
  const udp = new MemoryUdp();
  const clock = new VirtualClock();
  const reached = new Set<string>();
  const listener = { local: CLIENT, close: () => Promise.resolve() };
  const world: SimulationWorld = {
    clock,
    entropy: new Rng(1).entropy,
    async openUdp(at) {
      const socket = await udp.openUdp(at);
      const { send } = socket;
      return Object.assign(socket, {
        send(to: typeof CLIENT, bytes: Uint8Array) {
          reached.add(to.address);
          send.call(socket, to, bytes);
        },
      });
    },
    listenTcp: () => Promise.resolve(listener),
  };
  const scenario = parseScenario({ reolink: { cameras: [{ uid: UID }] } });
  const signal = new AbortController().signal;
  const simulation = await startReolink(world, scenario, { log: silentLog, signal });
  await settled();
  clock.pass(1_000);
  const client = udp.bind(CLIENT);
  const [server] = simulation.description.servers;
  const say = (to: typeof CLIENT, message: SignalingMessage) => {
    client.send(to, encodeSignaling({ tid: 1, message }));
    clock.pass(100);
    const last = client.received.at(-1);
    return last && decodeSignaling(last.bytes).message;
  };
  const directions = say(parseEndpoint(server ?? ""), { type: "C2M_Q", uid: UID, p: "MAC" });
  assert.ok(directions?.type === "M2C_Q_R" && directions.reg !== undefined);
  const cli = { address: "192.0.2.1", port: 53 };
  say(directions.reg, { type: "C2R_C", uid: UID, cli, relay: cli, cid: 5, family: 4, p: "MAC" });
  clock.pass(12_000);
  const knocks = client.received.map(({ bytes }) => decodeSignaling(bytes).message)
    .filter(({ type }) => type === "D2C_T");
  assert.ok(knocks.length >= 20, "the camera knocks where the client really is");
  assert.deepEqual([...reached], ["127.0.0.1"]);
  simulation.network.close();
  await simulation.network.ended;
});
