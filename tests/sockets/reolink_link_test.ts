import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCameraAddress } from "../../lib/config/camera_address.ts";
import { startReolinkLink } from "../../lib/hub/reolink/start_link.ts";
import { systemWorld } from "../../lib/io/world.ts";
import { silentLog } from "../../lib/log/log.ts";
import { connectBaichuan } from "../../lib/reolink/baichuan/client.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { startSimulation } from "../../lib/sim/simulation.ts";

const UID = "95270000SIMULATE";
const ACCOUNT = { user: "admin", password: { reveal: () => "sightline" } };

/** Bytes of a stream that are enough to believe in it. */
const ENOUGH = 10_000;

for (const way of ["lan", "map", "relay", "tcp"] as const) {
  test(`startReolinkLink() streams from a simulated camera on real sockets, way ${way}`, async () => {
    const stop = new AbortController();
    const scenario = parseScenario({ reolink: { cameras: [{ uid: UID }] } });
    const options = { log: silentLog, signal: stop.signal };
    const simulation = await startSimulation(systemWorld, scenario, options);
    try {
      const { servers, cameras: [camera] } = simulation.description.reolink;
      const address = parseCameraAddress(
        way === "tcp"
          ? `reolink://${camera?.lan}`
          : `reolink://${UID}?way=${way}&server=${servers.join(",")}`,
      );
      assert.ok(address.vendor === "reolink");
      const link = await startReolinkLink(
        { address, world: systemWorld, onEvent: () => {} },
        stop.signal,
      );
      assert.equal((await link.opened)?.way, way);
      const client = await connectBaichuan(
        link.stream,
        { account: ACCOUNT, clock: systemWorld.clock },
        stop.signal,
      );
      const enough = Promise.withResolvers<void>();
      let received = 0;
      await client.startPreview("main", (bytes) => {
        received += bytes.byteLength;
        if (received >= ENOUGH) enough.resolve();
      });
      await enough.promise;
      assert.ok((link.figures.received[way] ?? 0) >= ENOUGH);
      assert.equal((await client.close()).reason, "local");
      assert.equal((await link.ended).reason, "local");
    } finally {
      stop.abort();
      await simulation.ended;
    }
  });
}
