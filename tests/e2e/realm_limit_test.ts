/** Devices bear a few connections in one session and lose their head beyond that. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCameraAddress } from "../../lib/config/camera_address.ts";
import { createDahuaPool } from "../../lib/hub/dahua/pool.ts";
import type { LinkPoolEvent } from "../../lib/hub/link/link_pool.ts";
import { systemWorld } from "../../lib/io/world.ts";
import {
  dial,
  echo,
  echoOnce,
  portOf,
  readExactly,
  startServer,
  withSim,
} from "../support/forwarding.ts";
import { type Program, startProgram } from "../support/program.ts";

const LENGTH = 100_000;

function scenario(serverPort: number, faults: Record<string, unknown>) {
  const ports = { "80": `127.0.0.1:${serverPort}` };
  return { dahua: { cameras: [{ serial: "SIMULATED000001", ports, faults }] } };
}

/** Sessions the simulated camera has opened so far. */
function sessions({ err }: Program): number {
  return err.filter((line) => /\bsession open\b/.test(line)).length;
}

for (const pastRealmLimit of ["refuse", "ignore", "stall"]) {
  test(`sightline forward carries six connections to a camera that bears four, and would ${pastRealmLimit} the fifth`, async () => {
    const server = await startServer(echo);
    const faults = { realmLimit: 4, pastRealmLimit };
    await withSim(scenario(server.local.port, faults), async (address, sim) => {
      const program = startProgram(["forward", address, "0:80", "--json"]);
      const port = await portOf(program);
      const streams = await Promise.all(Array.from({ length: 6 }, () => dial(port)));
      await Promise.all(streams.map(async (stream) => {
        for (let round = 0; round < 2; round++) {
          const bytes = new Uint8Array(LENGTH).fill(round);
          await Promise.all([stream.write(bytes), readExactly(stream, LENGTH)]);
        }
      }));
      assert.equal(sessions(sim), 2);
      program.stop();
      assert.equal(await program.exit, 0);
    });
    await server.close();
  });
}

test("createDahuaPool() lets both sessions go when nobody uses them, and opens one when asked", async () => {
  const server = await startServer(echo);
  await withSim(scenario(server.local.port, { realmLimit: 2 }), async (text) => {
    const address = parseCameraAddress(text);
    assert.ok(address.vendor === "dahua");
    const idle = Promise.withResolvers<void>();
    const events: LinkPoolEvent[] = [];
    let closed = 0;
    const pool = createDahuaPool({
      address,
      world: systemWorld,
      limits: { streamsPerLink: 2, idle: 500 },
      onTunnelEvent(event) {
        if (event.type === "closed") closed += 1;
      },
      onEvent(event) {
        events.push(event);
        if (event.type === "idle") idle.resolve();
      },
      onBug: idle.reject,
    });
    await pool.start();
    const streams = await Promise.all([1, 2, 3].map(() => pool.openStream(80)));
    for (const stream of streams) await echoOnce(stream);
    assert.equal(closed, 0);
    for (const stream of streams) stream.abort();
    await idle.promise;
    assert.equal(closed, 2);
    await echoOnce(await pool.openStream(80));
    await pool.close();
    assert.deepEqual(events.map(({ type }) => type), ["open", "open", "idle", "open"]);
  });
  await server.close();
});
